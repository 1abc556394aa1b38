// The worker: loads the network, optimizes, classifies. Errors are posted as sentences for the reader.

import { load } from "./engine.js";
import { optimize, softmax, topClasses } from "./optimize.js";

const ERRORS = {
  memory: "There is not enough memory here for the network. A smaller picture may fit.",
  infinite: "The steps were too large: the picture left the finite numbers. Choose a smaller α.",
};

let network = null;
let ascent = null; // the optimization in progress: its settings, its generator, whether it is finished
let currentRun = 0; // identifies the run in progress; 0: none

async function fetchChecked(url, what) {
  const response = await fetch(url).catch(() => null);
  if (!response?.ok) throw new Error(`${what} could not be fetched${response ? ` (HTTP ${response.status})` : ""}. Try again.`);
  return response;
}

/** The weights, from the browser's cache or the site; their digest is checked. Posts the progress. */
async function fetchWeights({ url, sha256, bytes }) {
  const name = `actmax-${sha256.slice(0, 16)}`;
  for (const old of (await globalThis.caches?.keys().catch(() => [])) ?? [])
    if (old.startsWith("actmax-") && old !== name) await caches.delete(old);
  const cache = await globalThis.caches?.open(name).catch(() => null);
  const cached = await cache?.match(url).catch(() => null);
  const response = cached ?? (await fetchChecked(url, "The network's weights"));
  const weights = new Uint8Array(bytes);
  let loaded = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read().catch(() => {
      throw new Error("The network's weights could not be fetched. Try again.");
    });
    if (done) break;
    if (loaded + value.length > bytes) throw new Error("The network's weights do not belong to this page. Reload the page.");
    weights.set(value, loaded);
    loaded += value.length;
    postMessage({ type: "progress", loaded, total: bytes });
  }
  const digest = await globalThis.crypto?.subtle?.digest("SHA-256", weights);
  const hex = digest && [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (loaded < bytes || (hex && hex !== sha256)) {
    await cache?.delete(url).catch(() => null);
    throw new Error("The network's weights arrived damaged. Try again.");
  }
  if (!cached) await cache?.put(url, new Response(weights.slice())).catch(() => null);
  return weights.buffer;
}

/** Measures of a finished picture: of its 8 bits, as they are saved, without a random transform. */
function measure(rgba, target) {
  network.setImage(rgba);
  const logits = network.forward();
  const probabilities = softmax(logits);
  const rank = 1 + logits.reduce((better, logit) => better + (logit > logits[target]), 0);
  return { activation: logits[target], probability: probabilities[target], rank, top: topClasses(probabilities) };
}

function postStep(step, logits) {
  const { steps, size, target } = ascent.settings;
  const picture = network.rgba();
  const activation = logits && logits[target];
  const done = step === steps ? { type: "done", ...measure(picture, target) } : null;
  postMessage({ type: "step", step, steps, size, picture: picture.buffer, activation, top: logits && topClasses(softmax(logits)) }, [picture.buffer]);
  if (!done) return;
  postMessage(done);
  currentRun = 0;
  ascent.finished = true;
}

/** Compute the rest of a step, or one line of it. Returns whether there is more to do. */
function advance(line = false) {
  if (!ascent || ascent.finished) return false;
  for (;;) {
    const { value, done } = ascent.generator.next();
    if (done) return false;
    if (typeof value === "string") {
      if (ascent.settings.trace || line) postMessage({ type: "line", line: value });
      if (line) return true;
    } else {
      postStep(value.step, value.logits);
      if (!line) return !ascent.finished;
    }
  }
}

function fail(error) {
  ascent = null;
  currentRun = 0;
  postMessage({ type: "error", message: ERRORS[error.message] ?? String(error.message) });
}

const handlers = {
  async load({ wasm, weights }) {
    const engine = fetchChecked(wasm, "The engine").then((response) => response.arrayBuffer());
    network = await load(...(await Promise.all([engine, fetchWeights(weights)])));
    postMessage({ type: "ready" });
  },
  start({ settings }) {
    currentRun = 0;
    ascent = { settings, generator: optimize(network, settings), finished: false };
    advance();
  },
  step() {
    currentRun = 0;
    advance();
  },
  line() {
    currentRun = 0;
    advance(true);
  },
  async run() {
    const run = (currentRun = Date.now() + Math.random());
    // Messages are handled between steps, so that `pause` can end the run.
    while (currentRun === run && advance()) await new Promise((resolve) => setTimeout(resolve));
  },
  pause() {
    currentRun = 0;
  },
  classify({ picture, size }) {
    currentRun = 0;
    ascent = null;
    network.prepare(size, size);
    network.setImage(picture);
    postMessage({ type: "classified", top: topClasses(softmax(network.forward())) });
  },
};

onmessage = ({ data }) => Promise.resolve(data).then((message) => handlers[message.type](message)).catch(fail);
