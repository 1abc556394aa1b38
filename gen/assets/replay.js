// A stored drawing grows on a canvas: its frames play once, and a reader can drag through them.

const SECONDS = 4;
const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

/** Play the frames of a figure. An event `live` with { step, steps, words } hands the canvas to the live engine. */
export async function replay(figure) {
  const frames = JSON.parse(figure.dataset.frames);
  const [canvas, bar] = ["canvas", ".replay-bar"].map((selector) => figure.querySelector(selector));
  const [button, step, range, probability] = bar.children;
  const context = canvas.getContext("2d");
  const steps = frames.at(-1)[0];
  let animation = 0; // the request for the next picture; 0 while nothing plays
  let shown = frames.length - 1; // the position that is shown
  let live = false;

  const request = (next) => {
    animation = next;
    button.classList.toggle("playing", animation > 0);
    button.setAttribute("aria-label", animation ? "Pause" : "Play");
  };
  const stop = () => {
    cancelAnimationFrame(animation);
    request(0);
  };

  const say = (now, words) => {
    step.textContent = `Step ${now} of ${steps}`;
    probability.textContent = words;
    range.setAttribute("aria-valuetext", `step ${now}`);
  };
  const name = (index) => say(frames[index][0], frames[index][1] && `${figure.dataset.name} ${frames[index][1]}`);

  figure.addEventListener("live", ({ detail }) => {
    live = true;
    stop();
    Object.assign(range, { max: detail.steps, value: detail.step, disabled: true });
    button.hidden = true;
    step.textContent = `Step ${detail.step} of ${detail.steps}`;
    probability.textContent = detail.words;
    bar.hidden = false;
  });

  name(frames.length - 1);
  bar.hidden = false;
  const strip = new Image();
  strip.src = figure.dataset.strip;
  if (!(await strip.decode().then(() => true, () => false)) || live) return;

  const side = strip.naturalHeight;
  const paint = (index, opacity) => {
    context.globalAlpha = opacity;
    context.drawImage(strip, index * side, 0, side, side, 0, 0, side, side);
  };
  /** Show a position between frames: 1.5 is half of the second frame and half of the third. */
  const show = (position) => {
    shown = position;
    const index = Math.floor(position);
    paint(index, 1);
    if (position > index) paint(index + 1, position - index);
    range.value = String(Math.round(position));
    name(Math.round(position));
    canvas.hidden = false;
    canvas.setAttribute("aria-label", `The drawing of ${figure.dataset.name} after ${frames[Math.round(position)][0]} steps`);
  };
  const play = () => {
    const last = frames.length - 1;
    const first = shown < last ? shown : 0;
    const start = performance.now();
    const advance = (now) => {
      show(Math.min(last, first + (Math.max(0, now - start) / 1000 / SECONDS) * last));
      if (shown < last) request(requestAnimationFrame(advance));
      else stop();
    };
    request(requestAnimationFrame(advance));
  };

  canvas.width = canvas.height = side;
  button.disabled = false;
  button.addEventListener("click", () => (animation ? stop() : play()));
  range.addEventListener("input", () => {
    stop();
    show(Number(range.value));
  });
  if (!reducedMotion.matches) play();
}
