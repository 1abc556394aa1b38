// The engine from JavaScript: weights read and unpacked, the network forward and back, pixels and waves.

const MEAN = [0.485, 0.456, 0.406];
const DEVIATION = [0.229, 0.224, 0.225];
// A square root of the covariance of ImageNet's colours (actmax/ascent/params/fourier.py says whose figures they are).
const COLOURS = [[0.26, 0.09, 0.02], [0.27, 0.0, -0.05], [0.27, -0.09, 0.03]];

/** A number of 16 bits, as IEEE 754 has them. */
function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
}

/** The tensors of a safetensors file: a header's length in 8 bytes, the header as JSON, the numbers. */
function tensors(bytes) {
  const length = Number(new DataView(bytes).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 8, length)));
  return (name) => {
    const [start, end] = header[name].data_offsets;
    return new Uint8Array(bytes, 8 + length + start, end - start);
  };
}

const LAYERS = {
  load_convolution: ["features.0", "features.3", "features.6", "features.8", "features.10"],
  load_linear: ["classifier.0", "classifier.2"],
};

/** The network with its weights, ready to be made room for. Throws where there is no memory. */
export async function load(wasm, weights) {
  const { instance } = await WebAssembly.instantiate(wasm);
  const engine = instance.exports;
  const file = tensors(weights);
  const put = (values, make) => {
    const at = taken(engine, values.length * make.BYTES_PER_ELEMENT);
    new make(engine.memory.buffer, at, values.length).set(values);
    return at;
  };
  const halves = (bytes) => Float32Array.from({ length: bytes.length / 2 }, (_, i) => half(bytes[2 * i] | (bytes[2 * i + 1] << 8)));
  // What is read is needed until it is unpacked: it lies above where the largest layer will end.
  const above = 4 * (9216 + 1) * 512 + 1024;
  for (const [load, names] of Object.entries(LAYERS)) {
    names.forEach((name, index) => {
      const values = [file(`${name}.weight`), halves(file(`${name}.weight.scale`)), halves(file(`${name}.bias`))];
      const before = engine.mark();
      engine.release(before + above);
      const at = [put(values[0], Uint8Array), put(values[1], Float32Array), put(values[2], Float32Array)];
      engine.release(before);
      if (!engine[load](index, ...at)) throw new RangeError("memory");
    });
  }
  return new Network(engine);
}

function taken(engine, bytes) {
  const at = engine.take(bytes);
  if (!at) throw new RangeError("memory");
  return at;
}

export class Network {
  constructor(engine) {
    this.engine = engine;
    this.weights = engine.mark();
  }

  /** Makes room for images of this size; what was made for others before is gone. */
  prepare(height, width) {
    this.engine.release(this.weights);
    if (!this.engine.prepare(height, width)) throw new RangeError("memory");
    Object.assign(this, { height, width, plane: height * width });
  }

  /** Room for so many numbers, from memory that stays where it is. */
  room(count) {
    return taken(this.engine, 4 * count);
  }

  floats(at, count) {
    return new Float32Array(this.engine.memory.buffer, at, count);
  }

  /** The picture in [0, 1]: planes of red, green, blue. */
  get image() {
    return this.floats(this.engine.at_image(), 3 * this.plane);
  }

  /** The slope that the last step of the way back has left. */
  get slope() {
    return this.floats(this.engine.at_gradient(), 3 * this.plane);
  }

  /** The picture, normalised and seen through a map (0: as it is) -> logits. */
  forward(map = 0) {
    this.engine.show(map);
    this.engine.forward();
    return this.floats(this.engine.at_logits(), 1000).slice();
  }

  /** The slope at the logits -> at the picture. */
  backward(slope, map = 0, leak = 0, middle = 0) {
    this.floats(this.engine.at_logits(), 1000).set(slope);
    this.engine.backward(leak);
    this.engine.show_back(map, middle);
  }

  /** The picture as a screen shows it: RGBA. */
  expose() {
    const at = this.engine.mark();
    const rgba = taken(this.engine, 4 * this.plane);
    this.engine.expose(rgba);
    const shown = new Uint8ClampedArray(this.engine.memory.buffer, rgba, 4 * this.plane).slice();
    this.engine.release(at);
    return shown;
  }

  /** The picture becomes one of 8 bits. */
  take(rgba) {
    const image = this.image;
    for (let i = 0; i < this.plane; i++) for (let c = 0; c < 3; c++) image[c * this.plane + i] = rgba[4 * i + c] / 255;
  }
}

/** What moves, and the picture that it stands for. A variable has `x` and `slope`, and says how one becomes the other. */
class Variable {
  constructor(network, count) {
    this.network = network;
    this.count = count;
    this.at = { x: network.room(count), slope: network.room(count), mean: network.room(count), square: network.room(count) };
    for (const name of ["mean", "square"]) network.floats(this.at[name], count).fill(0);
  }

  get x() {
    return this.network.floats(this.at.x, this.count);
  }

  get slope() {
    return this.network.floats(this.at.slope, this.count);
  }

  /** x + α slope, or Adam's step. */
  step(optimizer, alpha, number) {
    const { engine } = this.network;
    const { x, slope, mean, square } = this.at;
    if (optimizer === "adam") engine.adam(x, slope, mean, square, this.count, alpha, 1 - 0.9 ** number, 1 - 0.999 ** number);
    else engine.ascent(x, slope, this.count, alpha);
  }
}

/** The pixels, normalised. */
export class Pixels extends Variable {
  constructor(network) {
    super(network, 3 * network.plane);
  }

  start(noise, sd) {
    const { plane } = this.network;
    this.x.set(Float32Array.from({ length: this.count }, (_, i) => (0.5 - MEAN[Math.floor(i / plane)]) / DEVIATION[Math.floor(i / plane)] + sd * noise()));
  }

  /** From the picture as it is now. */
  startFromPicture() {
    const { image, plane } = this.network;
    this.x.set(image.map((value, i) => (value - MEAN[Math.floor(i / plane)]) / DEVIATION[Math.floor(i / plane)]));
  }

  paint() {
    this.network.engine.paint_pixels(this.at.x);
  }

  paintBack() {
    this.network.engine.paint_pixels_back(this.at.slope);
  }
}

/** The coefficients of the picture's waves, in decorrelated colours. */
export class Waves extends Variable {
  constructor(network, decay) {
    const { engine, height, width } = network;
    if (!engine.prepare_waves()) throw new RangeError("memory");
    const half = Math.floor(width / 2) + 1;
    super(network, 3 * height * half * 2);
    [height, width].forEach((n, which) => {
      const turns = network.floats(engine.at_turns(which), 2 * n);
      for (let k = 0; k < n; k++) turns.set([Math.cos((2 * Math.PI * k) / n), Math.sin((2 * Math.PI * k) / n)], 2 * k);
    });
    // Of each wave, by its frequency; the lowest, a constant, counts as a single wave over the image.
    const size = Math.max(height, width);
    this.loudness = network.floats(engine.at_loudness(), height * half);
    for (let i = 0; i < height; i++)
      for (let k = 0; k < half; k++) {
        const frequency = Math.max(Math.hypot(Math.min(i, height - i) / height, k / width), 1 / size);
        this.loudness[i * half + k] = size / (frequency * size) ** decay;
      }
    const norm = Math.max(...[0, 1, 2].map((k) => Math.hypot(...COLOURS.map((row) => row[k]))));
    this.colours = COLOURS.map((row) => row.map((value) => value / norm));
    network.floats(engine.at_colours(), 9).set(this.colours.flat());
  }

  start(noise, sd) {
    this.x.set(Float32Array.from({ length: this.count }, () => sd * noise()));
  }

  /** From the picture as it is now: the sigmoid, the colours and the transform, the other way. */
  startFromPicture() {
    const { network, colours } = this;
    const { image, plane, height, width } = network;
    const logits = image.map((value) => {
      const inside = Math.min(Math.max(value, 0.02), 0.98);
      return Math.log(inside / (1 - inside));
    });
    // paint_back multiplies by y (1 - y) and the transposed colours: the picture that makes these 1 and what is wanted.
    const undone = inverse(transposed(colours));
    const wanted = inverse(colours);
    const slope = network.slope;
    for (let i = 0; i < plane; i++) {
      const rgb = [0, 1, 2].map((c) => logits[c * plane + i]);
      const value = product(undone, product(wanted, rgb));
      for (let c = 0; c < 3; c++) slope[c * plane + i] = value[c] * 4;
    }
    image.fill(0.5);
    network.engine.paint_back(this.at.x);
    const half = Math.floor(width / 2) + 1;
    const x = this.x;
    for (let i = 0; i < this.count; i++) {
      const wave = Math.floor(i / 2) % (height * half);
      const k = wave % half;
      x[i] /= this.loudness[wave] ** 2 * (k === 0 || 2 * k === width ? 1 : 2);
    }
  }

  paint() {
    this.network.engine.paint(this.at.x);
  }

  paintBack() {
    this.network.engine.paint_back(this.at.slope);
  }
}

const product = (matrix, vector) => matrix.map((row) => row.reduce((sum, value, k) => sum + value * vector[k], 0));
const transposed = (matrix) => matrix.map((_, i) => matrix.map((row) => row[i]));

/** Of a 3 × 3 matrix, by cofactors. */
function inverse(m) {
  const cofactor = (i, j) => {
    const [a, b, c, d] = [[i + 1, j + 1], [i + 2, j + 2], [i + 1, j + 2], [i + 2, j + 1]].map(([r, s]) => m[r % 3][s % 3]);
    return a * b - c * d;
  };
  const determinant = [0, 1, 2].reduce((sum, j) => sum + m[0][j] * cofactor(0, j), 0);
  return [0, 1, 2].map((i) => [0, 1, 2].map((j) => cofactor(j, i) / determinant));
}
