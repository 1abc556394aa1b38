// The network as a page uses it: a worker, which fetches the layers that a target needs.

import { facts, url } from "./facts.js";

const START_SECONDS = 30; // Firefox reports no error when it cannot fetch a module of the worker
const WINNERS = "actmax-engines"; // in the browser's storage: the faster engine by layer and size, as a race has found

/** What an earlier page has kept. Storage may be forbidden or hold anything. */
function winners() {
  try {
    return JSON.parse(localStorage.getItem(WINNERS));
  } catch {
    return null;
  }
}

function keepWinners(found) {
  try {
    localStorage.setItem(WINNERS, JSON.stringify({ ...winners(), ...found }));
  } catch {
    // The next page races again.
  }
}

export class LiveNetwork {
  /** onmessage: called with the worker's messages while it draws. */
  constructor(onmessage) {
    this.onmessage = onmessage;
    this.worker = null;
    this.loaded = -1; // the highest layer that is loaded
    this.waiting = null; // the load in progress: resolve, reject, progress
    this.loading = Promise.resolve(); // ends with the last load that was asked for
  }

  post(message) {
    this.worker.postMessage(message);
  }

  /** Megabytes to be fetched for the network up to a layer. */
  async megabytes(layer) {
    const { layers } = await facts();
    return layers.slice(this.loaded + 1, layer + 1).reduce((sum, { bytes }) => sum + bytes, 0) / 1e6;
  }

  /** Load the network up to a layer. progress(share): called while it arrives. Throws a sentence for the reader. */
  load(layer, progress) {
    return (this.loading = this.loading.catch(() => null).then(() => this.loadNow(layer, progress)));
  }

  async loadNow(layer, progress) {
    if (layer <= this.loaded) return;
    const files = await this.files();
    this.open();
    await new Promise((resolve, reject) => {
      this.waiting = { resolve, reject, progress };
      this.post({ type: "load", ...files, layer, winners: winners() });
    }).finally(() => (this.waiting = null));
    this.loaded = layer;
  }

  /** Fetch what drawing a class needs before it is asked for, unless the reader saves data. */
  async prefetch() {
    if (navigator.connection?.saveData || this.prefetched) return;
    this.prefetched = true;
    const files = await this.files().catch(() => null);
    if (!files) return;
    this.open();
    this.post({ type: "prefetch", ...files });
  }

  async files() {
    const { engine, layers } = await facts();
    const located = ({ file, ...rest }) => ({ ...rest, url: url(file) });
    return { modules: { plain: located(engine.plain), relaxed: located(engine.relaxed) }, layers: layers.map(located) };
  }

  open() {
    if (this.worker) return;
    this.worker = new Worker(url("worker.js"), { type: "module" });
    this.worker.onmessage = ({ data }) => this.receive(data);
    this.starting = setTimeout(() => this.worker?.onerror(new ErrorEvent("error")), 1000 * START_SECONDS);
    this.worker.onerror = (event) => {
      event.preventDefault(); // the reader is told
      clearTimeout(this.starting);
      this.worker.terminate();
      this.worker = null;
      this.loaded = -1;
      // A script that throws has a message; one that could not be fetched has none.
      this.fail(event.message ? "This browser cannot run the engine: it needs WebAssembly with 128-bit vectors." : "The engine could not be fetched. Try again.");
    };
  }

  receive(data) {
    if (data.type === "begun") clearTimeout(this.starting);
    else if (data.type === "progress") this.waiting?.progress(data.loaded / data.total);
    else if (data.type === "ready") this.waiting?.resolve(data.layer);
    else if (data.type === "raced") keepWinners(data.winners);
    else if (data.type === "error") this.fail(data.message, data.run);
    else this.onmessage(data);
  }

  fail(message, run) {
    if (this.waiting) this.waiting.reject(new Error(message));
    else this.onmessage({ type: "error", message, run });
  }
}
