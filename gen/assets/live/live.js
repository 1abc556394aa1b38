// Draw it live: the easel on a page, its fields, and what it says. The engine is fetched when a reader asks for it.

const here = (name) => new URL(name, import.meta.url).href;
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const SVG = "http://www.w3.org/2000/svg";
const SHOWN_CALMLY = 16; // steps between two pictures where motion is not wanted

let known = null;
/** The classes by every name, the weights' address, and the two ways of drawing: once, when first needed. */
const facts = () => (known ??= fetch(here("live.json")).then((answer) => answer.json()).then(named).catch((error) => {
  known = null;
  throw error;
}));

/** Text as names are compared: without accents, case and signs. */
const plain = (text) =>
  text.normalize("NFKD").replace(/[^\x00-\x7f]/g, "").toLowerCase().replaceAll("'s", "s").replace(/[^a-z0-9]+/g, " ").trim();

function named(facts) {
  facts.byName = new Map();
  // A class's own name counts before another's synonym.
  for (const own of [true, false])
    facts.classes.forEach(([name, wnid, ...synonyms], index) => {
      for (const word of own ? [name, wnid, String(index)] : synonyms)
        if (!facts.byName.has(plain(word))) facts.byName.set(plain(word), index);
    });
  return facts;
}

/** How many letters have to change to make one word of another (Levenshtein 1966). */
function distance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] !== b[j - 1]));
    row = next;
  }
  return row[b.length];
}

function nearest(facts, typed) {
  const names = facts.classes.map(([name]) => name);
  return names.reduce((best, name) => (distance(plain(name), typed) < distance(plain(best), typed) ? name : best));
}

/** An element with properties and children. */
function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties))
    key in made ? (made[key] = value) : made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const percent = (part) => (part > 0.9995 && part < 1 ? ">99.9%" : `${(100 * part).toFixed(1)}%`);
const button = (name, words, properties = {}) => element("button", { type: "button", name, textContent: words, ...properties });
const labelled = (words, field, ...rest) => element("label", {}, words, " ", field, ...rest);

const LINES = [
  ["view", "z = view(x)", "shifted, turned, scaled"],
  ["forward", "h = network(z)[class]", "the activation"],
  ["backward", "g = ∇ₓ h", "back through the network"],
  ["penalty", "g = g / ‖g‖ − λ ∇ₓV / ‖∇ₓV‖", "roughness has a price"],
  ["step", "x = x + α g", "uphill"],
];

/** α for each way: what is too small, right, and too large. */
const STEP_SIZES = { waves: [0.0005, 0.06, 10], pixels: [0.05, 5, 500], "pixels, unit": [0.001, 0.1, 10] };
const STEPS = { waves: 64, pixels: 128 };

class Easel {
  constructor(part) {
    this.part = part;
    this.kind = part.dataset.kind;
    this.target = Number(part.dataset.target);
    this.name = part.dataset.name;
    this.seed = 0;
    this.state = "idle"; // idle, loading, running, paused, done
    this.picture = null; // the reader's own
    this.curve = [];
    this.build();
    if (this.kind === "bench") this.preset(1);
    this.read();
    addEventListener("hashchange", () => this.read());
  }

  // What it looks like.

  build() {
    const { part, kind } = this;
    const stored = part.querySelector("img");
    this.canvas = element("canvas", { width: 128, height: 128, hidden: true, role: "img" });
    this.status = element("p", { className: "live-status", role: "status" });
    this.progress = element("progress", { max: 1, value: 0, hidden: true, "aria-label": "The network's weights" });
    this.top = element("ol", { className: "live-top", "aria-label": "What the network sees" });
    this.line = document.createElementNS(SVG, "polyline");
    const chart = document.createElementNS(SVG, "svg");
    chart.setAttribute("viewBox", "0 0 320 96");
    chart.setAttribute("aria-hidden", "true");
    chart.append(this.line);
    this.scale = element("figcaption", { textContent: "The activation of the class, step by step" });
    const form = element("form", { noValidate: true });
    this.fields = form.elements;
    this.go = element("button", { type: "submit", name: "go", textContent: "Draw" });
    this.again = button("again", kind === "bench" ? "Start again" : "From other noise", { disabled: true });
    form.append(...this.rows());
    this.copy = button("copy", "Copy link");
    this.save = button("save", "Save PNG", { disabled: true });
    const left = element("div", { className: "live-left" }, element("div", { className: "live-picture" }, ...(stored ? [stored] : []), this.canvas), this.progress);
    const right = element("div", { className: "live-right" }, this.status, this.top, element("figure", { className: "live-curve" }, chart, this.scale));
    const main = element("div", { className: "live-main" }, left, right);
    const listing = kind === "bench" ? [this.listing()] : [];
    part.replaceChildren(form, ...listing, main, element("p", { className: "live-links" }, this.copy, " ", this.save));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.press();
    });
    form.addEventListener("input", ({ target }) => this.changed(target));
    this.again.addEventListener("click", () => this.restart());
    this.copy.addEventListener("click", () => this.copyLink());
    this.save.addEventListener("click", () => this.savePicture());
    this.say(kind === "class" ? `Nothing leaves your machine: the compact AlexNet comes here, ${this.megabytes}, and draws in your browser, ${this.part.dataset.size} pixels wide.` : `The compact AlexNet comes to your browser, ${this.megabytes}, and draws there, ${this.part.dataset.size} pixels wide.`);
  }

  get megabytes() {
    return `${(Number(this.part.dataset.bytes) / 1e6).toFixed(1)} MB`;
  }

  rows() {
    const { kind, name } = this;
    const rows = [];
    const row = (...children) => rows.push(element("p", {}, ...children.flatMap((child) => [child, " "])));
    if (kind !== "class") {
      const list = `live-classes-${kind}`;
      this.names = element("datalist", { id: list });
      const field = element("input", { name: "draw", value: name, autocomplete: "off", spellcheck: false });
      field.setAttribute("list", list);
      field.addEventListener("focus", () => this.suggest(), { once: true });
      rows.push(this.names);
      row(labelled("Draw me a", field), this.go, ...(kind === "draw" ? [this.again] : []));
    } else {
      const file = element("input", { name: "file", type: "file", accept: "image/*" });
      row(this.go, this.again, labelled("or start from a picture of yours (choose, drop or paste it)", file));
      this.takePictures(file);
    }
    if (kind === "bench") {
      const choice = (value, words) => labelled("", element("input", { type: "radio", name: "way", value, checked: value === "pixels" }), words);
      row(element("fieldset", {}, element("legend", { textContent: "What moves" }), choice("pixels", "pixels"), " ", choice("waves", "waves")), labelled("", element("input", { type: "checkbox", name: "jitter" }), "jitter"));
      const slider = (label, name, min, max, step, value) => labelled(label, element("input", { type: "range", name, min, max, step, value }), " ", element("output", { name: `${name}-said` }));
      row(slider("α", "alpha", -4, 4, 0.01, 0), ...["too small", "right", "too large"].map((words, place) => button("preset", words, { value: place })));
      row(slider("steps", "steps", 1, 512, 1, STEPS.pixels), slider("penalty λ", "penalty", 0, 1, 0.05, 0), labelled("seed", element("input", { type: "number", name: "seed", min: 0, max: 4294967295, step: 1, value: 0 })));
      row(button("step", "One step"), button("one-line", "One line"), this.again);
      for (const preset of rows.flatMap((part) => [...part.querySelectorAll("[name=preset]")])) preset.addEventListener("click", () => this.preset(Number(preset.value)));
      const after = (verb) => async () => {
        if (await this.ready()) this.advance(verb);
      };
      rows.at(-1).querySelector("[name=step]").addEventListener("click", after("step"));
      rows.at(-1).querySelector("[name=one-line]").addEventListener("click", after("line"));
    }
    return rows;
  }

  listing() {
    const code = element("code");
    code.append("for (k = 0; k < steps; k++) {\n");
    this.lines = Object.fromEntries(LINES.map(([name, words, remark]) => {
      const span = element("span", { textContent: `  ${words.padEnd(32)}// ${remark}\n` });
      code.append(span);
      return [name, span];
    }));
    code.append("}");
    return element("div", { className: "live-code", tabIndex: 0, role: "group", "aria-label": "What is computed in each step" }, code);
  }

  // Its settings: from the fields, from the address, and as an address.

  /** The name in the field as a class; throws, in words, where there is none. */
  async resolve() {
    if (!this.fields.draw) return;
    const all = await facts();
    const typed = plain(this.fields.draw.value);
    if (!all.byName.has(typed)) throw new Error(typed ? `ImageNet has no class “${this.fields.draw.value.trim()}”. Did you mean ${nearest(all, typed)}?` : "Name one of ImageNet's classes.");
    this.target = all.byName.get(typed);
    this.name = all.classes[this.target][0];
  }

  get way() {
    return this.fields.way?.value ?? "waves";
  }

  get alphas() {
    return STEP_SIZES[this.way === "pixels" && this.penalty ? "pixels, unit" : this.way];
  }

  get penalty() {
    return Number(this.fields.penalty?.value ?? 0);
  }

  settings(all) {
    const size = Number(this.size ?? all.size);
    const method = { ...all.methods[this.way] };
    const bench = this.kind === "bench";
    const moves = bench ? this.fields.jitter.checked : method.jitter > 0;
    const { jitter, scale, rotate } = all.methods.waves;
    Object.assign(method, moves ? { jitter: Math.round((jitter * size) / 224), scale, rotate } : { jitter: 0, scale: 0, rotate: 0 });
    if (bench) Object.assign(method, { alpha: 10 ** Number(this.fields.alpha.value), steps: Number(this.fields.steps.value), penalty: this.penalty });
    return { ...method, size, target: this.target, seed: this.seed, picture: this.picture, trace: bench && !calm.matches };
  }

  changed(field) {
    if (this.kind !== "bench") return;
    if (field.name === "seed") this.seed = Math.max(0, Math.floor(Number(field.value)) || 0);
    if (field.name === "way") {
      this.fields.jitter.checked = this.way === "waves";
      this.fields.penalty.value = this.way === "waves" ? 0.25 : 0;
      this.fields.steps.value = STEPS[this.way];
      this.preset(1);
    }
    // With a penalty the slope is made 1 in size: another α is right then.
    if (field.name === "penalty" && this.way === "pixels" && this.priced !== this.penalty > 0) this.preset(1);
    this.told();
    if (field.name !== "draw") this.stale = true;
  }

  preset(place) {
    this.fields.alpha.value = Math.log10(this.alphas[place]);
    this.told();
    this.stale = true;
  }

  /** Says beside each slider where it stands. */
  told() {
    if (this.kind !== "bench") return;
    this.priced = this.penalty > 0;
    const words = { alpha: `${Number((10 ** Number(this.fields.alpha.value)).toPrecision(2))}`, steps: this.fields.steps.value, penalty: this.fields.penalty.value };
    for (const [name, value] of Object.entries(words)) {
      this.fields[`${name}-said`].value = value;
      this.fields[name].setAttribute("aria-valuetext", value);
    }
  }

  /** The settings that stand in the page's address, if there are any. */
  read() {
    const asked = new URLSearchParams(location.hash.slice(1));
    const drawn = asked.get("draw");
    const number = (key, least, most) => {
      const value = Number(asked.get(key));
      return asked.has(key) && Number.isFinite(value) ? Math.min(Math.max(value, least), most) : null;
    };
    if (drawn !== null) {
      if (this.kind === "class" && plain(drawn) !== plain(this.name)) return;
      this.size = number("size", 64, 448);
      this.seed = Math.floor(number("seed", 0, 2 ** 32 - 1) ?? 0);
      if (this.fields.draw) this.fields.draw.value = drawn;
      if (this.kind === "bench") {
        if (["pixels", "waves"].includes(asked.get("way"))) this.fields.way.value = asked.get("way");
        this.fields.jitter.checked = asked.has("jitter") ? asked.get("jitter") === "1" : this.way === "waves";
        this.fields.penalty.value = number("penalty", 0, 1) ?? (this.way === "waves" ? 0.25 : 0);
        this.fields.seed.value = this.seed;
        this.fields.steps.value = number("steps", 1, 512) ?? STEPS[this.way];
        this.fields.alpha.value = Math.log10(number("alpha", 1e-4, 1e4) ?? this.alphas[1]);
      }
      this.stale = true;
      this.part.scrollIntoView({ block: "center" });
      this.say(`Settings from the address: ${drawn}, seed ${this.seed}. Press ${this.go.textContent}.`);
      this.told();
    }
  }

  get link() {
    const values = { draw: this.fields.draw?.value || this.name, seed: this.seed };
    if (this.size) values.size = this.size;
    if (this.kind === "bench") Object.assign(values, { way: this.way, alpha: Number((10 ** Number(this.fields.alpha.value)).toPrecision(3)), steps: this.fields.steps.value, penalty: this.fields.penalty.value, jitter: this.fields.jitter.checked ? 1 : 0 });
    return `${location.href.split("#")[0]}#${new URLSearchParams(values)}`;
  }

  async copyLink() {
    try {
      await navigator.clipboard.writeText(this.link);
      this.say("The link is copied: it opens with these settings.");
    } catch {
      location.hash = new URL(this.link).hash;
      this.say("The address bar has the link now.");
    }
  }

  savePicture() {
    this.canvas.toBlob((blob) => {
      const link = element("a", { href: URL.createObjectURL(blob), download: `${plain(this.name).replaceAll(" ", "-")}-seed-${this.seed}-live.png` });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    }, "image/png");
  }

  async suggest() {
    const all = await facts().catch(() => null);
    this.names.append(...(all?.classes ?? []).map(([name, wnid, ...synonyms]) => element("option", { value: name, label: synonyms.filter((word) => word !== name).join(", ") })));
  }

  // A picture of the reader's: chosen, dropped or pasted. It is never sent anywhere.

  takePictures(file) {
    const take = (files) => {
      const image = [...(files ?? [])].find((one) => one.type.startsWith("image/"));
      if (image) this.take(image);
      return image;
    };
    file.addEventListener("change", () => take(file.files));
    this.part.addEventListener("dragover", (event) => event.preventDefault());
    this.part.addEventListener("drop", (event) => {
      event.preventDefault();
      take(event.dataTransfer.files);
    });
    addEventListener("paste", (event) => {
      if (take(event.clipboardData?.files)) this.part.scrollIntoView({ block: "center" });
    });
  }

  async take(file) {
    const image = await createImageBitmap(file).catch(() => null);
    if (!image) return this.say("This is no picture that your browser can read.");
    if (!(await this.ready())) return;
    const { size } = this.settings(await facts());
    this.resize(size);
    const side = Math.min(image.width, image.height);
    const context = this.canvas.getContext("2d", { willReadFrequently: true });
    context.imageSmoothingQuality = "high";
    context.drawImage(image, (image.width - side) / 2, (image.height - side) / 2, side, side, 0, 0, size, size);
    this.picture = context.getImageData(0, 0, size, size).data;
    this.reveal("Your picture, as the network is shown it");
    this.stale = true;
    this.set("paused");
    this.worker.postMessage({ do: "look", size, picture: this.picture });
  }

  // What happens.

  say(words) {
    this.status.textContent = words;
  }

  set(state) {
    this.state = state;
    this.go.textContent = { idle: "Draw", loading: "Loading …", running: "Pause", paused: this.stale ? "Draw" : "Go on", done: "Draw" }[state];
    this.go.disabled = state === "loading";
    this.again.disabled = state === "loading" || state === "idle";
    this.save.disabled = this.canvas.hidden;
    this.progress.hidden = state !== "loading";
    this.part.dataset.state = state;
  }

  async press() {
    if (this.state === "running") {
      this.worker.postMessage({ do: "pause" });
      this.set("paused");
      return this.say(`Paused after ${this.step} of ${this.steps} steps.`);
    }
    if (!(await this.ready())) return;
    if (this.stale || this.state !== "paused") await this.begin();
    this.advance("run");
  }

  async restart() {
    if (this.kind !== "bench") {
      this.seed += 1;
      this.picture = null;
    }
    if (!(await this.ready())) return;
    await this.begin();
    if (this.kind === "bench") this.set("paused");
    else this.advance("run");
  }

  /** One step, one line, or all that are left; a new ascent first, where settings have changed. */
  async advance(verb) {
    if (verb !== "run" && (this.stale || !["paused", "running"].includes(this.state))) await this.begin();
    this.worker.postMessage({ do: verb });
    this.set(verb === "run" ? "running" : "paused");
  }

  async begin() {
    const settings = this.settings(await facts());
    this.steps = settings.steps;
    this.curve = [];
    this.stale = false;
    this.drawn = this.target;
    this.resize(settings.size);
    this.worker.postMessage({ do: "begin", settings });
    this.say(`Drawing ${this.name}, ${this.steps} steps.`);
  }

  /** Whether there is a class and a network to draw with; fetches what is missing. */
  async ready() {
    try {
      const before = this.target;
      await this.resolve();
      if (this.target !== before) this.stale = true;
      this.worker ??= await this.fetched();
      return true;
    } catch (error) {
      this.set("idle");
      this.say(error instanceof TypeError ? "The network could not be fetched. Try again." : error.message);
      return false;
    }
  }

  async fetched() {
    this.set("loading");
    this.say(`Fetching the network, ${this.megabytes}.`);
    const { weights, classes } = await facts();
    this.classes = classes;
    const worker = new Worker(here("worker.js"), { type: "module" });
    await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => {
        if (data.at === "loading") this.progress.value = data.loaded / data.total;
        else if (data.at === "ready") resolve();
        else reject(new Error(data.message));
      };
      worker.onerror = () => reject(new Error("This browser cannot run the engine: it needs WebAssembly with 128-bit vectors."));
      worker.postMessage({ do: "load", wasm: here("engine.wasm"), ...weights, weights: here(weights.weights) });
    }).catch((error) => {
      worker.terminate();
      throw error;
    });
    worker.onmessage = ({ data }) => this[`on_${data.at}`](data);
    this.set("idle");
    return worker;
  }

  resize(size) {
    if (this.canvas.width !== size) this.canvas.width = this.canvas.height = size;
  }

  reveal(words) {
    this.part.querySelector(".live-picture img")?.remove();
    this.canvas.hidden = false;
    this.canvas.setAttribute("aria-label", words);
  }

  on_step({ step, steps, picture, width, height, activation, top }) {
    this.step = step;
    if (activation !== null) this.curve.push(activation);
    if (calm.matches && step % SHOWN_CALMLY && step < steps) return;
    this.canvas.getContext("2d").putImageData(new ImageData(new Uint8ClampedArray(picture), width, height), 0, 0);
    this.reveal(`The drawing of ${this.name} after ${step} of ${steps} steps`);
    this.plot();
    if (top) this.list(top);
    if (step && step < steps && step % Math.ceil(steps / 4) === 0) this.say(`${this.name}: step ${step} of ${steps}; ${this.seen(top)}.`);
    if (this.state === "paused") this.set("paused");
  }

  on_line({ line }) {
    if (!this.lines) return;
    for (const [name, span] of Object.entries(this.lines)) span.classList.toggle("now", name === line);
  }

  async on_done({ activation, probability, rank, top }) {
    this.on_line({ line: "" });
    this.list(top);
    this.set("done");
    const all = await facts();
    const page = this.kind !== "class" && all.pages[this.drawn];
    this.say(`Done. Shown this picture, the network says ${this.seen(top)}${rank > 1 ? `; ${this.name} comes in place ${rank} with ${percent(probability)}` : ""}. The logit is ${activation.toFixed(1)}.`);
    if (page) this.status.append(" ", element("a", { href: here(page), textContent: `The page of ${this.name}` }), ".");
  }

  on_seen({ top }) {
    this.list(top);
    this.say(`In your picture the network sees ${this.seen(top)}. It stays on your machine. Press Draw to climb from there towards ${this.name}.`);
  }

  on_error({ message }) {
    this.set("idle");
    this.say(message);
  }

  seen([{ index, probability }]) {
    return `${this.called(index)} (${percent(probability)})`;
  }

  called(index) {
    return this.classes[index][0];
  }

  list(top) {
    this.top.replaceChildren(...top.map(({ index, probability }) => {
      const item = element("li", {}, element("span", { textContent: this.called(index) }), element("b", { textContent: percent(probability) }));
      item.style.setProperty("--part", probability);
      if (index === this.target) item.className = "asked";
      return item;
    }));
  }

  plot() {
    const { curve, steps } = this;
    if (!curve.length) return this.line.setAttribute("points", "");
    const finite = curve.filter(Number.isFinite);
    const [low, high] = [Math.min(0, ...finite), Math.max(1, ...finite)];
    const point = (value, k) => `${4 + (312 * k) / Math.max(1, steps - 1)},${(92 - (88 * (value - low)) / (high - low)).toFixed(1)}`;
    this.line.setAttribute("points", curve.map(point).join(" "));
    this.scale.textContent = `The activation of ${this.name}: from ${curve[0].toFixed(1)} to ${curve.at(-1).toFixed(1)} in ${curve.length} steps`;
  }
}

for (const part of document.querySelectorAll(".live")) new Easel(part);
