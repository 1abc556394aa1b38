// The JavaScript side of the engine: reads and unpacks the weights, wraps the network and the parameterizations.

import { halves, readTensors } from "./safetensors.js";

const MEAN = [0.485, 0.456, 0.406];
const STD = [0.229, 0.224, 0.225];
// A square root of the covariance of ImageNet's colors; source in actmax/ascent/params/fourier.py.
const COLORS = [[0.26, 0.09, 0.02], [0.27, 0.0, -0.05], [0.27, -0.09, 0.03]];

const LAYERS = {
  load_convolution: ["features.0", "features.3", "features.6", "features.8", "features.10"],
  load_linear: ["classifier.0", "classifier.2"],
};

/** Instantiate the network with its weights. Throws RangeError("memory") if memory is short. */
export async function load(wasm, weights) {
  const { instance } = await WebAssembly.instantiate(wasm);
  const engine = instance.exports;
  const tensor = readTensors(weights);
  const copyIn = (values, type) => {
    const pointer = allocate(engine, values.length * type.BYTES_PER_ELEMENT);
    new type(engine.memory.buffer, pointer, values.length).set(values);
    return pointer;
  };
  // The packed weights are placed above where the largest unpacked layer ends.
  const offset = 4 * (9216 + 1) * 512 + 1024;
  for (const [load, names] of Object.entries(LAYERS)) {
    names.forEach((name, index) => {
      const values = [tensor(`${name}.weight`), halves(tensor(`${name}.weight.scale`)), halves(tensor(`${name}.bias`))];
      const mark = engine.mark();
      engine.release(mark + offset);
      const pointers = [copyIn(values[0], Uint8Array), copyIn(values[1], Float32Array), copyIn(values[2], Float32Array)];
      engine.release(mark);
      if (!engine[load](index, ...pointers)) throw new RangeError("memory");
    });
  }
  return new Network(engine);
}

function allocate(engine, bytes) {
  const pointer = engine.allocate(bytes);
  if (!pointer) throw new RangeError("memory");
  return pointer;
}

export class Network {
  constructor(engine) {
    this.engine = engine;
    this.weightsEnd = engine.mark();
  }

  /** Allocate the buffers for images of a size, and free those of the size before. */
  prepare(height, width) {
    this.engine.release(this.weightsEnd);
    if (!this.engine.prepare(height, width)) throw new RangeError("memory");
    Object.assign(this, { height, width, plane: height * width });
  }

  /** Allocate floats, freed by the next `prepare`. Returns a pointer. */
  allocate(count) {
    return allocate(this.engine, 4 * count);
  }

  floats(pointer, count) {
    return new Float32Array(this.engine.memory.buffer, pointer, count);
  }

  /** The image in [0, 1]: planes of red, green, blue. */
  get image() {
    return this.floats(this.engine.image_data(), 3 * this.plane);
  }

  /** The gradient at the image, written by the last backward function. */
  get gradient() {
    return this.floats(this.engine.gradient_data(), 3 * this.plane);
  }

  /** The logits of the image, normalized and seen through an affine map (0: none). */
  forward(map = 0) {
    this.engine.transform_image(map);
    this.engine.forward();
    return this.floats(this.engine.logits_data(), 1000).slice();
  }

  /** Backpropagate a gradient at the logits to the image. window: a pointer to row and column weights (0: none). */
  backward(gradient, map = 0, reluLeak = 0, window = 0) {
    this.floats(this.engine.logits_data(), 1000).set(gradient);
    this.engine.backward(reluLeak);
    this.engine.transform_image_backward(map, window);
  }

  /** The image in 8 bits: RGBA. */
  rgba() {
    const mark = this.engine.mark();
    const pointer = allocate(this.engine, 4 * this.plane);
    this.engine.to_rgba(pointer);
    const rgba = new Uint8ClampedArray(this.engine.memory.buffer, pointer, 4 * this.plane).slice();
    this.engine.release(mark);
    return rgba;
  }

  /** Set the image from 8-bit RGBA. */
  setImage(rgba) {
    const image = this.image;
    for (let i = 0; i < this.plane; i++) for (let c = 0; c < 3; c++) image[c * this.plane + i] = rgba[4 * i + c] / 255;
  }
}

/** The parameters that are optimized. Subclasses decode them to the image, and backpropagate its gradient to them. */
class ImageParameters {
  constructor(network, count) {
    this.network = network;
    this.count = count;
    const [values, gradient, mean, square] = Array.from({ length: 4 }, () => network.allocate(count));
    this.pointers = { values, gradient, mean, square };
    for (const moment of [mean, square]) network.floats(moment, count).fill(0);
  }

  get values() {
    return this.network.floats(this.pointers.values, this.count);
  }

  get gradient() {
    return this.network.floats(this.pointers.gradient, this.count);
  }

  /** Make step `number` (from 1) of plain gradient ascent or Adam. */
  step(optimizer, stepSize, number) {
    const { engine } = this.network;
    const { values, gradient, mean, square } = this.pointers;
    if (optimizer === "adam") engine.adam(values, gradient, mean, square, this.count, stepSize, 1 - 0.9 ** number, 1 - 0.999 ** number);
    else engine.ascend(values, gradient, this.count, stepSize);
  }
}

/** The normalized pixels. */
export class Pixels extends ImageParameters {
  constructor(network) {
    super(network, 3 * network.plane);
  }

  /** Set gray plus noise of a standard deviation. */
  initialize(noise, sd) {
    const { plane } = this.network;
    this.values.set(Float32Array.from({ length: this.count }, (_, i) => (0.5 - MEAN[Math.floor(i / plane)]) / STD[Math.floor(i / plane)] + sd * noise()));
  }

  /** Set the parameters of the current image. */
  encode() {
    const { image, plane } = this.network;
    this.values.set(image.map((value, i) => (value - MEAN[Math.floor(i / plane)]) / STD[Math.floor(i / plane)]));
  }

  decode() {
    this.network.engine.decode_pixels(this.pointers.values);
  }

  decodeBackward() {
    this.network.engine.decode_pixels_backward(this.pointers.gradient);
  }
}

/** Fourier coefficients, scaled by frequency, in decorrelated colors. contrastLimit: largest standard deviation before the sigmoid; 0: none. */
export class Fourier extends ImageParameters {
  constructor(network, decayPower, contrastLimit) {
    const { engine, height, width } = network;
    if (!engine.prepare_fourier()) throw new RangeError("memory");
    const half = Math.floor(width / 2) + 1;
    super(network, 3 * height * half * 2);
    this.contrastLimit = contrastLimit;
    [height, width].forEach((n, axis) => {
      const roots = network.floats(engine.roots_data(axis), 2 * n);
      for (let k = 0; k < n; k++) roots.set([Math.cos((2 * Math.PI * k) / n), Math.sin((2 * Math.PI * k) / n)], 2 * k);
    });
    // The constant term counts as one period over the image.
    const size = Math.max(height, width);
    this.amplitudes = network.floats(engine.amplitudes_data(), height * half);
    for (let i = 0; i < height; i++)
      for (let k = 0; k < half; k++) {
        const frequency = Math.max(Math.hypot(Math.min(i, height - i) / height, k / width), 1 / size);
        this.amplitudes[i * half + k] = size / (frequency * size) ** decayPower;
      }
    const norm = Math.max(...[0, 1, 2].map((k) => Math.hypot(...COLORS.map((row) => row[k]))));
    this.colors = COLORS.map((row) => row.map((value) => value / norm));
    network.floats(engine.colors_data(), 9).set(this.colors.flat());
  }

  /** Set noise of a standard deviation. */
  initialize(noise, sd) {
    this.values.set(Float32Array.from({ length: this.count }, () => sd * noise()));
  }

  /** Set the parameters of the current image: invert the sigmoid, the colors and the transform. */
  encode() {
    const { network, colors } = this;
    const { image, plane, height, width, gradient } = network;
    const logits = image.map((value) => {
      const inside = Math.min(Math.max(value, 0.02), 0.98);
      return Math.log(inside / (1 - inside));
    });
    // decode_fourier_backward computes a forward transform, but multiplies by y (1 - y), which is 1/4 for a gray image,
    // and by the transposed colors: divide by both first.
    const undo = inverse(transposed(colors));
    const decorrelate = inverse(colors);
    for (let i = 0; i < plane; i++) {
      const rgb = [0, 1, 2].map((c) => logits[c * plane + i]);
      const value = product(undo, product(decorrelate, rgb));
      for (let c = 0; c < 3; c++) gradient[c * plane + i] = value[c] * 4;
    }
    image.fill(0.5);
    network.engine.decode_fourier_backward(this.pointers.values, 0);
    const half = Math.floor(width / 2) + 1;
    const values = this.values;
    for (let i = 0; i < this.count; i++) {
      const frequency = Math.floor(i / 2) % (height * half);
      const k = frequency % half;
      values[i] /= this.amplitudes[frequency] ** 2 * (k === 0 || 2 * k === width ? 1 : 2);
    }
  }

  decode() {
    this.network.engine.decode_fourier(this.pointers.values, this.contrastLimit);
  }

  decodeBackward() {
    this.network.engine.decode_fourier_backward(this.pointers.gradient, this.contrastLimit);
  }
}

const product = (matrix, vector) => matrix.map((row) => row.reduce((sum, value, k) => sum + value * vector[k], 0));
const transposed = (matrix) => matrix.map((_, i) => matrix.map((row) => row[i]));

/** The inverse of a 3 × 3 matrix, by cofactors. */
function inverse(m) {
  const cofactor = (i, j) => {
    const [a, b, c, d] = [[i + 1, j + 1], [i + 2, j + 2], [i + 1, j + 2], [i + 2, j + 1]].map(([r, s]) => m[r % 3][s % 3]);
    return a * b - c * d;
  };
  const determinant = [0, 1, 2].reduce((sum, j) => sum + m[0][j] * cofactor(0, j), 0);
  return [0, 1, 2].map((i) => [0, 1, 2].map((j) => cofactor(j, i) / determinant));
}
