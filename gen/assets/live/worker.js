// The worker: loads the network, optimizes, classifies. Errors are posted as sentences for the reader.

import { instantiate } from "./engine.js";
import { optimize, softmax, topClasses } from "./optimize.js";
import { channelRange, classIndex, FC8, parseTarget, score, scoreBackward } from "./target.js";
import { deleteOld, fetchChecked, fetchLayers, forget, isWhole } from "./weights.js";

const ERRORS = {
  memory: "There is not enough memory here for the network. A smaller picture may fit.",
  simd: "This browser cannot run the engine: it needs WebAssembly with 128-bit vectors.",
  infinite: "The steps were too large: the picture left the finite numbers. Choose a smaller α.",
};

/** @type {import("./engine.js").Network} */
let network = null;
let ascent = null; // the optimization in progress: its settings, its generator, whether it is finished
let currentRun = 0; // identifies the run in progress; 0: none

/** Whether the browser has relaxed SIMD: a function without effect that multiplies and adds. */
const RELAXED = WebAssembly.validate(
  Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0, 65, 0, 253, 15, 65, 0, 253, 15, 65, 0, 253, 15, 253, 133, 2, 11),
);

const DAMAGED = "The engine arrived damaged. Reload the page.";

let starting = null; // the promise of the engine without weights

/** Fetch and instantiate the engine. modules: { url, sha256 } of `plain` and `relaxed`. */
function start(modules) {
  const { url, sha256 } = modules[RELAXED ? "relaxed" : "plain"];
  starting ??= fetchChecked(url, "The engine")
    .then((response) => response.arrayBuffer())
    .then(async (wasm) => {
      if (!(await isWhole(wasm, sha256))) throw new Error(DAMAGED);
      return instantiate(wasm).catch((error) => Promise.reject(new Error(refusal(wasm, error))));
    })
    .catch((error) => {
      starting = null;
      throw error;
    });
  return starting;
}

/** Why the browser did not instantiate the engine, as a sentence for the reader. */
function refusal(wasm, error) {
  if (error instanceof RangeError) return ERRORS.memory;
  if (WebAssembly.validate(wasm)) return "This site's Content-Security-Policy forbids the engine: script-src must allow 'wasm-unsafe-eval'.";
  const isModule = new TextDecoder().decode(wasm.slice(0, 4)) === "\0asm";
  return isModule ? ERRORS.simd : DAMAGED;
}

const gpuFiles = []; // weights that the graphics processor does not have yet
let gpu = null; // the network on the graphics processor, and the class of its races, when it is ready
let loadingGpu = null; // the promise of it, or of null
let winners = {}; // the faster engine on this machine, "wasm" or "gpu", by layer and size

/** Load the network on the graphics processor too, if the browser reaches one. No drawing waits for it, or fails with it. */
function loadOnGpu() {
  const files = gpuFiles.splice(0);
  if (!files.length) return;
  gpu = null;
  const loading = (loadingGpu ?? startGpu())
    .then((started) => started?.network.load(files).then(() => started))
    .catch(() => null);
  loadingGpu = loading;
  loading.then((loaded) => {
    if (loadingGpu === loading) gpu = loaded;
  });
}

async function startGpu() {
  const adapter = await navigator.gpu.requestAdapter();
  if (!adapter || adapter.info?.isFallbackAdapter) return null; // a processor that imitates one is slower than WebAssembly
  const { GpuNetwork, Race } = await import("./race.js");
  return { network: await GpuNetwork.create(adapter), Race };
}

/** What computes the next step of a drawing: the network, or a race once the graphics processor is ready. */
function passes(key) {
  if (!ascent.race && gpu && !gpu.network.fault && winners[key] !== "wasm")
    ascent.race = new gpu.Race(network, gpu.network, winners[key] === "gpu", (winner) => {
      winners[key] = winner;
      postMessage({ type: "raced", winners });
    });
  return ascent.race ?? network;
}

/** @type {Promise<boolean | void>} */
let turn = Promise.resolve(); // of the work in progress, which may wait for the graphics processor

/** Do work on the network when all that was begun before is done. Errors are reported. */
function inTurn(work) {
  turn = turn.then(work).catch(fail);
  return turn;
}

/** Measures of a finished picture: of its 8 bits, as they are saved, without a random transform. */
function measure(rgba, target) {
  network.setImage(rgba);
  const output = network.forward();
  const activation = score(target, output, network.mapSize);
  if (target.layer < FC8) return { activation };
  const probabilities = softmax(output);
  const top = topClasses(probabilities);
  const index = classIndex(target);
  if (index === null) return { activation, top };
  const rank = 1 + output.reduce((better, logit) => better + Number(logit > activation), 0);
  return { activation, probability: probabilities[index], rank, top };
}

/** The magnitude of the target's gradient at each pixel of the image. */
function gradientMagnitude(target) {
  scoreBackward(target, network.forward(0, channelRange(target)), network.mapSize);
  network.backward(0, 0, 0, channelRange(target));
  const { gradient, plane } = network;
  return Float32Array.from({ length: plane }, (_, i) => Math.max(...[0, 1, 2].map((c) => Math.abs(gradient[c * plane + i]))));
}

function postStep({ step, activation, logits }) {
  const { steps, size, target } = ascent.settings;
  const picture = network.rgba();
  const done = step === steps ? { type: "done", run: ascent.settings.run, engine: ascent.race?.engineName ?? "wasm", ...measure(picture, parseTarget(target)) } : null;
  postMessage({ type: "step", run: ascent.settings.run, step, steps, size, picture: picture.buffer, activation, top: logits && topClasses(softmax(logits)) }, { transfer: [picture.buffer] });
  if (!done) return;
  postMessage(done);
  currentRun = 0;
  ascent.finished = true;
}

/** Compute the rest of a step, or one line of it. Returns whether there is more to do. */
async function advance(line = false) {
  if (!ascent || ascent.finished) return false;
  for (;;) {
    const { value, done } = await ascent.generator.next();
    if (done) return false;
    if (typeof value === "string") {
      if (ascent.settings.trace || line) postMessage({ type: "line", run: ascent.settings.run, line: value });
      if (line) return true;
    } else {
      postStep(value);
      if (!line) return !ascent.finished;
    }
  }
}

function fail(error) {
  const run = ascent?.settings.run;
  ascent = null;
  currentRun = 0;
  postMessage({ type: "error", run, message: ERRORS[error.message] ?? String(error.message) });
}

const handlers = {
  /** Load the network up to a layer. modules: of the engine. layers: of all weights. winners: of earlier races. */
  async load({ modules, layers, layer, winners: known }) {
    winners = { ...known, ...winners };
    const needed = layers.slice(network?.loaded ?? 0, layer + 1);
    const total = needed.reduce((sum, { bytes }) => sum + bytes, 0);
    let loaded = 0;
    const progress = (bytes) => postMessage({ type: "progress", loaded: (loaded += bytes), total });
    const [engine, weights] = await Promise.all([start(modules), fetchLayers(needed, progress)]);
    await inTurn(() => {
      if (needed.length) [currentRun, ascent] = [0, null]; // its buffers are freed
      network = engine;
      for (const bytes of weights) network.loadLayer(bytes);
      if (navigator.gpu) gpuFiles.push(...weights);
      forget(needed);
      postMessage({ type: "ready", layer: network.loaded - 1 });
    });
    await deleteOld(layers).catch(() => null);
  },
  /** Fetch what `load` will need. A failure is reported then. */
  async prefetch({ modules, layers }) {
    await Promise.all([start(modules), fetchLayers(layers, () => {})]).catch(() => null);
  },
  start({ settings }) {
    currentRun = 0;
    return inTurn(() => {
      const key = `${parseTarget(settings.target).layer} ${settings.size}`;
      ascent = { settings, race: null, generator: optimize(network, settings, () => passes(key)), finished: false };
      if (winners[key] !== "wasm") loadOnGpu();
      return advance();
    });
  },
  step() {
    currentRun = 0;
    return inTurn(() => advance());
  },
  line() {
    currentRun = 0;
    return inTurn(() => advance(true));
  },
  async run() {
    const run = (currentRun = Date.now() + Math.random());
    // Messages are handled between steps, so that `pause` can end the run.
    while (currentRun === run && (await inTurn(() => advance()))) await new Promise((resolve) => setTimeout(resolve));
  },
  pause() {
    currentRun = 0;
  },
  /** Measure a picture. target: whose activation is wanted; the layers up to its own are computed. gradient: whether the predictions and the target's gradient are wanted, too. */
  classify({ picture, size, target, gradient = false }) {
    currentRun = 0;
    return inTurn(() => {
      ascent = null;
      const parsed = parseTarget(target);
      network.prepare(size, size, gradient ? FC8 : parsed.layer);
      network.setImage(picture);
      const top = gradient ? topClasses(softmax(network.forward())) : null;
      network.layer = parsed.layer;
      const activation = score(parsed, network.forward(), network.mapSize);
      postMessage({ type: "classified", target, top, activation, gradient: gradient ? gradientMagnitude(parsed) : null });
    });
  },
};

onmessage = ({ data }) => Promise.resolve(data).then((message) => handlers[message.type](message)).catch(fail);
postMessage({ type: "begun" });
