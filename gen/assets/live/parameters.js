// The parameterizations: what is optimized in place of the image. They decode to it, and take its gradient back.

const MEAN = [0.485, 0.456, 0.406];
const STD = [0.229, 0.224, 0.225];
// A square root of the covariance of ImageNet's colors; source in actmax/ascent/params/fourier.py.
const COLORS = [[0.26, 0.09, 0.02], [0.27, 0.0, -0.05], [0.27, -0.09, 0.03]];

/** @typedef {import("./engine.js").Network} Network */

/** The parameters that are optimized. Subclasses decode them to the image, and backpropagate its gradient to them. */
class ImageParameters {
  /** @param {Network} network */
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
  /** @param {Network} network */
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
  /** @param {Network} network */
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
