// The JavaScript side of the engine: unpacks the weights of each layer, and wraps the network.

import { halves, readTensors } from "./safetensors.js";
import { FC6, FC8, LAYERS } from "./target.js";

/** Instantiate the network without weights. */
export async function instantiate(wasm) {
  const { instance } = await WebAssembly.instantiate(wasm);
  return new Network(instance.exports);
}

export class Network {
  constructor(engine) {
    this.engine = engine;
    this.loaded = 0; // layers that have their weights, from the image on
    this.weightsEnd = engine.mark();
    this.height = this.width = this.plane = 0;
    this.layer = FC8;
  }

  /** Load the weights of the next layer, a safetensors file, and free the buffers of `prepare`. Throws RangeError("memory") if memory is short. */
  loadLayer(bytes) {
    const { engine, loaded: layer } = this;
    const tensor = readTensors(bytes);
    // The packed weights are placed above where the largest unpacked layer ends, 19.7 MB.
    engine.release(this.weightsEnd + (20 << 20));
    const copyIn = (values, type) => {
      const pointer = this.allocate(values.length, type.BYTES_PER_ELEMENT);
      new type(engine.memory.buffer, pointer, values.length).set(values);
      return pointer;
    };
    const pointers = [copyIn(tensor("weight"), Uint8Array), ...["weight.scale", "bias"].map((name) => copyIn(halves(tensor(name)), Float32Array))];
    engine.release(this.weightsEnd);
    const done = layer < FC6 ? engine.load_convolution(layer, ...pointers) : engine.load_linear(layer - FC6, ...pointers);
    if (!done) throw new RangeError("memory");
    this.loaded += 1;
    this.weightsEnd = engine.mark();
  }

  /** Allocate the buffers for images of a size and the network up to a layer, and free those before. highest: where layers above are computed too. */
  prepare(height, width, layer = FC8, highest = layer) {
    this.engine.release(this.weightsEnd);
    if (!this.engine.prepare(height, width, highest)) throw new RangeError("memory");
    this.height = height;
    this.width = width;
    this.plane = height * width;
    this.layer = layer;
  }

  /** Allocate numbers, freed by the next `prepare`. Returns a pointer. */
  allocate(count, bytes = 4) {
    const pointer = this.engine.allocate(bytes * count);
    if (!pointer) throw new RangeError("memory");
    return pointer;
  }

  floats(pointer, count) {
    return new Float32Array(this.engine.memory.buffer, pointer, count);
  }

  /** The image in [0, 1]: planes of red, green, blue. */
  get image() {
    return this.floats(this.engine.image_data(), 3 * this.plane);
  }

  /** The image after normalization and a random transform, written by the last forward function. */
  get input() {
    return this.floats(this.engine.network_input_data(), 3 * this.plane);
  }

  /** The gradient at the image, written by the last backward function. */
  get gradient() {
    return this.floats(this.engine.gradient_data(), 3 * this.plane);
  }

  /** Height and width of a channel of the layer. @returns {[number, number]} */
  get mapSize() {
    return this.layer < FC6 ? [this.engine.map_height(this.layer), this.engine.map_width(this.layer)] : [1, 1];
  }

  /** The output of the layer before its ReLU: planes of channels. */
  get output() {
    const [height, width] = this.mapSize;
    return this.floats(this.engine.output_data(this.layer), LAYERS[this.layer][1] * height * width);
  }

  get channels() {
    return [0, LAYERS[this.layer][1]];
  }

  /** The layer's output for the image, normalized and seen through an affine map (0: none). Only channels from … to of a convolution are computed. */
  forward(map = 0, [from, to] = this.channels) {
    this.engine.transform_image(map);
    this.engine.forward(this.layer, from, to);
    return this.output;
  }

  /**
   * Backpropagate the gradient at the layer's output, which stands in place of it, to the image. It is zero outside of
   * channels from … to. window: a pointer to row and column weights (0: none).
   */
  backward(map = 0, reluLeak = 0, window = 0, [from, to] = this.channels) {
    this.engine.backward(this.layer, from, to, reluLeak);
    this.engine.transform_image_backward(map, window);
  }

  /** The image in 8 bits: RGBA. */
  rgba() {
    const mark = this.engine.mark();
    const pointer = this.allocate(this.plane);
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
