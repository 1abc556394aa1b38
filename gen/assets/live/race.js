// Which engine computes a drawing: WebAssembly, or the graphics processor where that is faster on this machine.

export { GpuNetwork } from "./gpu.js"; // one import for all that a graphics processor needs
import { FC6 } from "./target.js";

/**
 * rounds: the first steps, which both compute. patience: how many times as long as WebAssembly the graphics processor may
 * take for a step, in which it must return, and at least `milliseconds`. tolerance: relative difference of their numbers;
 * rounding can switch a ReLU or the maximum of a pooling window, which moves a gradient by more than its precision.
 */
export const RULES = { rounds: 3, patience: 4, milliseconds: 100, tolerance: 0.02, handicap: 1 };

const relativeDistance = (actual, expected) => {
  let [difference, norm] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    difference += (actual[i] - expected[i]) ** 2;
    norm += expected[i] ** 2;
  }
  return Math.sqrt(difference / norm);
};

/** Reject after a time, if a promise has not settled by then. */
const within = (milliseconds, promise) => Promise.race([promise, new Promise((_, reject) => setTimeout(() => reject(new Error("too slow")), milliseconds))]);

/**
 * The passes of one drawing: `forward` and `backward` of a `Network`. The graphics processor has to compute the first steps
 * too, and computes the rest if it was faster. If it fails, at any time, WebAssembly computes the step and all others.
 */
export class Race {
  /**
   * gpu: a GpuNetwork with the layers of the network. won: whether it has won such a race before; then one step is compared.
   * onend: called with the name of the engine that is faster.
   * @param {import("./engine.js").Network} network
   * @param {import("./gpu.js").GpuNetwork} gpu
   * @param {(name: string) => void} onend
   */
  constructor(network, gpu, won = false, onend = () => {}) {
    this.network = network;
    this.gpu = gpu;
    this.won = won;
    this.onend = onend;
    this.rounds = won ? 1 : RULES.rounds;
    this.round = 0;
    this.leader = null;
    this.times = { wasm: Infinity, gpu: Infinity };
  }

  /** The engine that computes: "wasm" or "gpu". */
  get engineName() {
    return this.leader === this.gpu ? "gpu" : "wasm";
  }

  async forward(map, channels) {
    const { network, gpu } = this;
    network.engine.transform_image(map);
    if (this.leader === gpu) {
      const output = await gpu.forward(network.input).catch(() => this.withdraw());
      if (output) {
        this.part(channels).set(output);
        return network.output;
      }
    }
    this.time = -performance.now();
    network.engine.forward(network.layer, ...channels);
    this.time += performance.now();
    if (!this.leader) this.output = this.part(channels).slice();
    return network.output;
  }

  async backward(map, reluLeak, window, channels) {
    const { network, gpu } = this;
    const { engine, layer } = network;
    if (this.leader === gpu) {
      const gradient = await gpu.backward(this.part(channels)).catch(() => this.withdraw());
      if (gradient) network.gradient.set(gradient);
      else {
        const scoreGradient = network.output.slice();
        engine.forward(layer, ...channels);
        network.output.set(scoreGradient);
        engine.backward(layer, ...channels, reluLeak);
      }
    } else {
      const scoreGradient = this.part(channels).slice();
      this.time -= performance.now();
      engine.backward(layer, ...channels, reluLeak);
      this.time += performance.now();
      if (!this.leader) await this.compare(scoreGradient, channels, reluLeak);
    }
    engine.transform_image_backward(map, window);
  }

  /** Compute the step that WebAssembly has computed, and compare numbers and times. */
  async compare(scoreGradient, channels, reluLeak) {
    const { network, gpu, times } = this;
    try {
      if (!this.round) gpu.prepare(network, channels, reluLeak);
      const started = performance.now();
      const passes = async () => [await gpu.forward(network.input), await gpu.backward(scoreGradient)];
      const [output, gradient] = await within(Math.max(RULES.patience * this.time, RULES.milliseconds), passes());
      times.gpu = Math.min(times.gpu, performance.now() - started);
      times.wasm = Math.min(times.wasm, this.time);
      for (const [own, other] of [[output, this.output], [gradient, network.gradient]]) if (!(relativeDistance(own, other) <= RULES.tolerance)) throw new Error("other numbers");
    } catch {
      this.withdraw();
      return this.onend("wasm");
    }
    if ((this.round += 1) < this.rounds) return;
    this.leader = this.won || times.gpu < RULES.handicap * times.wasm ? gpu : network;
    this.onend(this.engineName);
  }

  /** Leave this drawing and all that follow to WebAssembly. */
  withdraw() {
    this.leader = this.network;
    this.gpu.destroy();
  }

  /** What the graphics processor computes of the network's output. */
  part([from, to]) {
    const { layer, output, mapSize } = this.network;
    const plane = mapSize[0] * mapSize[1];
    return layer < FC6 ? output.subarray(from * plane, to * plane) : output;
  }
}
