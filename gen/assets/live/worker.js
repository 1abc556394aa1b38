// The network at work beside the page: loads, draws, looks; says in words what went wrong.

import { ascend, shares, top } from "./ascent.js";
import { load } from "./engine.js";

const WORDS = {
  memory: "There is not enough memory here for the network. A smaller picture may fit.",
  infinite: "The steps were too large: the picture left the finite numbers. Take a smaller α.",
};

let network = null;
let drawing = null; // the ascent under way, with its settings
let running = 0; // which run this is; 0: none

function say(message, transfer = []) {
  postMessage(message, transfer);
}

/** The weights: from the browser's own cache where they are, else fetched, told of as they come. */
async function fetched({ weights, sha256, bytes }) {
  const name = `actmax-${sha256.slice(0, 16)}`;
  for (const old of (await globalThis.caches?.keys().catch(() => [])) ?? []) if (old.startsWith("actmax-") && old !== name) await caches.delete(old);
  const cache = await globalThis.caches?.open(name).catch(() => null);
  const kept = await cache?.match(weights).catch(() => null);
  const answer = kept ?? (await fetch(weights));
  if (!answer.ok) throw new Error(`The network's weights could not be fetched (${answer.status}).`);
  const whole = new Uint8Array(bytes);
  let loaded = 0;
  const reader = answer.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (loaded + value.length > bytes) throw new Error("The network's weights are not those that belong to this page. Load it again.");
    whole.set(value, loaded);
    loaded += value.length;
    say({ at: "loading", loaded, total: bytes });
  }
  const digest = await globalThis.crypto?.subtle?.digest("SHA-256", whole);
  const hex = digest && [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (loaded < bytes || (hex && hex !== sha256)) {
    await cache?.delete(weights).catch(() => null);
    throw new Error("The network's weights arrived damaged. Try again.");
  }
  if (!kept) await cache?.put(weights, new Response(whole.slice())).catch(() => null);
  return whole.buffer;
}

/** What the network says of a finished picture, without a view: of its 8 bits, as they are saved. */
function measured(rgba, target) {
  network.take(rgba);
  const logits = network.forward();
  const probabilities = shares(logits);
  const rank = 1 + logits.reduce((ahead, logit) => ahead + (logit > logits[target]), 0);
  return { activation: logits[target], probability: probabilities[target], rank, top: top(probabilities) };
}

function shown(step, logits, seconds) {
  const { settings } = drawing;
  const picture = network.expose();
  const message = {
    at: "step",
    step,
    steps: settings.steps,
    picture: picture.buffer,
    width: settings.size,
    height: settings.size,
    activation: logits && logits[settings.target],
    top: logits && top(shares(logits)),
    seconds,
  };
  if (step === settings.steps) {
    const last = measured(picture, settings.target);
    say(message, [picture.buffer]);
    say({ at: "done", ...last });
    running = 0;
    drawing.finished = true;
  } else say(message, [picture.buffer]);
}

/** A step of the ascent under way, or the next line of one; true while there are more. */
function step(line = false) {
  if (!drawing || drawing.finished) return false;
  const started = performance.now();
  for (;;) {
    const { value, done } = drawing.ascent.next();
    if (done) return false;
    if (typeof value === "string") {
      if (drawing.settings.trace || line) say({ at: "line", line: value });
      if (line) return true;
    } else {
      shown(value.step, value.logits, (performance.now() - started) / 1000);
      if (!line) return !drawing.finished;
    }
  }
}

async function run() {
  const mine = (running = Date.now() + Math.random());
  // Between steps messages are read, so that one of them can end this.
  while (running === mine && guarded(step)) await new Promise((resolve) => setTimeout(resolve));
}

function guarded(work) {
  try {
    return work();
  } catch (error) {
    drawing = null;
    running = 0;
    say({ at: "error", message: WORDS[error.message] ?? String(error.message) });
    return false;
  }
}

const verbs = {
  async load(message) {
    const [wasm, weights] = await Promise.all([fetch(message.wasm).then((answer) => answer.arrayBuffer()), fetched(message)]);
    network = await load(wasm, weights);
    say({ at: "ready" });
  },
  begin({ settings }) {
    running = 0;
    drawing = { settings, ascent: ascend(network, settings), finished: false };
    step();
  },
  step() {
    running = 0;
    step();
  },
  line() {
    running = 0;
    step(true);
  },
  run,
  pause() {
    running = 0;
  },
  look({ picture, size }) {
    running = 0;
    drawing = null;
    network.prepare(size, size);
    network.take(picture);
    say({ at: "seen", top: top(shares(network.forward())) });
  },
};

onmessage = async ({ data }) => {
  try {
    await verbs[data.do](data);
  } catch (error) {
    drawing = null;
    running = 0;
    const words = WORDS[error.message] ?? (error instanceof TypeError ? "The network's weights could not be fetched. Try again." : error.message);
    say({ at: "error", message: words });
  }
};
