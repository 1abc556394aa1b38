// The network on the reader's graphics processor: WebGPU, with the kernels of shaders.js in place of those of engine.c.

import { halves, readTensors } from "./safetensors.js";
import { SHADERS } from "./shaders.js";
import { FC6, FC8, LAYERS } from "./target.js";

// Of each convolution: input channels, kernel size, stride, padding, whether its output is pooled.
/** @type {[number, number, number, number, boolean][]} */
const CONVOLUTIONS = [[3, 11, 4, 2, true], [64, 5, 1, 2, true], [192, 3, 1, 1, false], [384, 3, 1, 1, false], [256, 3, 1, 1, true]];
const BINS = 256 * 36; // inputs of fc6
const KERNELS = {
  ...Object.fromEntries([11, 5, 3].map((kernel) => [`convolve${kernel}`, ["convolve", { kernel }]])),
  convolve_strided_backward: ["convolve_strided_backward", { kernel: 11 }],
  ...Object.fromEntries(["max_pool", "max_pool_backward", "average_pool", "average_pool_backward", "linear", "linear_backward"].map((name) => [name, [name, {}]])),
};
const FIELDS = ["channels", "inputs", "height", "width", "rows", "columns", "stride", "padding", "begin", "first", "last", "mode"];
const [BIAS, RELU, PLAIN, MASK] = [0, 1, 2, 3]; // values of `mode`
const BINDINGS = { weights: 1, extra: 2, x: 3, y: 4, argmax: 5, stored: 6 };

/** The workgroups of a kernel with a thread for each number. */
const threads = (count) => [Math.ceil(count / 64), 1, 1];

export class GpuNetwork {
  /** Compile the kernels. Rejects if the adapter has no device, or a kernel does not compile. @param {GPUAdapter} adapter */
  static async create(adapter) {
    const device = await adapter.requestDevice();
    const module = device.createShaderModule({ code: SHADERS });
    const compile = async ([name, [entryPoint, constants]]) => [name, await device.createComputePipelineAsync({ layout: "auto", compute: { module, entryPoint, constants } })];
    return new GpuNetwork(device, Object.fromEntries(await Promise.all(Object.entries(KERNELS).map(compile))));
  }

  /** @param {GPUDevice} device */
  constructor(device, pipelines) {
    this.device = device;
    this.pipelines = pipelines;
    this.layers = []; // of each layer: bias, and weights for the passes forward and backward
    this.buffers = []; // those that the next `prepare` frees
    this.fault = null;
    device.lost.then(({ message }) => (this.fault ??= new Error(message)));
    device.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      this.fault ??= event.error;
    });
  }

  /** Load the weights of the next layer: the file that `Network.loadLayer` takes. */
  loadLayer(bytes) {
    const tensor = readTensors(bytes);
    const [scale, bias] = ["weight.scale", "bias"].map((name) => halves(tensor(name)));
    const weight = new Int8Array(tensor("weight").slice().buffer);
    const stored = (size, position) => {
      const [values, inputs] = [new Float32Array(size), weight.length / scale.length];
      for (let output = 0, i = 0; output < scale.length; output++) for (let input = 0; input < inputs; input++, i++) values[position(output, input)] = weight[i] * scale[output];
      return this.upload(values);
    };
    const layer = { bias: this.upload(bias) };
    const outputs = scale.length;
    if (this.layers.length < FC6) {
      const [inputs, kernel, stride] = CONVOLUTIONS[this.layers.length];
      const area = kernel * kernel;
      layer.forward = stored(weight.length, (output, input) => input * outputs + output);
      // With stride 1 the backward pass is a convolution with mirrored kernels.
      if (stride === 1) layer.backward = stored(weight.length, (output, input) => (output * area + area - 1 - (input % area)) * inputs + Math.floor(input / area));
      else layer.backward = stored(4 * outputs * area, (output, input) => 4 * (output * area + (input % area)) + Math.floor(input / area));
    } else layer.forward = layer.backward = stored(weight.length, (output, input) => (output * weight.length) / outputs + input);
    this.layers.push(layer);
  }

  /** Load layers, and compute once: drivers compile a kernel for the processor when it first runs. */
  async load(files) {
    for (const bytes of files) this.loadLayer(bytes);
    const layer = this.layers.length - 1;
    const size = 64;
    this.prepare({ height: size, width: size, layer }, [0, 1], 0);
    await this.forward(new Float32Array(3 * size * size));
    await this.backward(new Float32Array(this.output.count));
  }

  upload(values) {
    const buffer = this.device.createBuffer({ size: values.byteLength, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST });
    this.device.queue.writeBuffer(buffer, 0, values);
    return buffer;
  }

  /** Allocate numbers, freed by the next `prepare`. */
  allocate(count, usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST) {
    const buffer = this.device.createBuffer({ size: 4 * count, usage });
    this.buffers.push(buffer);
    return buffer;
  }

  /** Prepare both passes for images of a size and the network up to a layer, as of a `Network`, and channels from … to of the layer. */
  prepare({ height, width, layer }, [from, to], reluLeak) {
    for (const buffer of this.buffers.splice(0)) buffer.destroy();
    this.reluLeak = reluLeak;
    this.image = { values: this.allocate(3 * height * width), channels: 3, height, width };
    this.maps = []; // the output of each layer, and of its pooling: values, channels, height, width
    this.pools = [];
    this.passes = { forward: [], backward: [] };
    let x = this.image;
    for (let i = 0; i <= layer && i < FC6; i++) {
      const [, kernel, stride, padding, pooled] = CONVOLUTIONS[i];
      const map = this.map(LAYERS[i][1], ...[x.height, x.width].map((n) => Math.floor((n + 2 * padding - kernel) / stride) + 1));
      const output = { mode: i === layer ? BIAS : RELU, extra: this.layers[i].bias };
      this.convolve("forward", i, x, map, { padding, stride }, i === layer ? [from, to] : [0, map.channels], [0, x.channels], output);
      this.maps.push(map);
      x = this.pools[i] = i < layer && pooled ? this.pool(map) : map;
    }
    if (layer >= FC6) {
      this.maps[FC6] = this.map(LAYERS[FC6][1], 1, 1);
      const bins = this.map(x.channels, 6, 6);
      this.add("forward", "average_pool", { channels: x.channels, height: x.height, width: x.width }, { x: x.values, y: bins.values }, threads(BINS));
      this.linear("forward", FC6, bins.values, this.maps[FC6].values, { mode: layer === FC6 ? BIAS : RELU, extra: this.layers[FC6].bias });
    }
    if (layer === FC8) {
      this.maps[FC8] = this.map(LAYERS[FC8][1], 1, 1);
      this.linear("forward", FC8, this.maps[FC6].values, this.maps[FC8].values, { mode: BIAS, extra: this.layers[FC8].bias });
    }
    const output = this.maps[layer];
    const plane = output.height * output.width;
    this.output = { values: output.values, from: layer < FC6 ? from * plane : 0, count: layer < FC6 ? (to - from) * plane : output.channels };
    this.prepareBackward(layer, [from, to]);
    this.staging = this.allocate(Math.max(this.output.count, 3 * height * width), GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
  }

  map(channels, height, width) {
    return { values: this.allocate(channels * height * width), channels, height, width };
  }

  /** The gradient at the output stands in place of the output. */
  prepareBackward(layer, range) {
    const { maps, pools, image } = this;
    const largest = Math.max(BINS, ...[image, ...maps].map(({ channels, height, width }) => channels * height * width));
    let [current, next] = [this.allocate(largest), this.allocate(largest)];
    const swap = () => ([current, next] = [next, current]);
    if (layer === FC8) this.linear("backward", FC8, maps[FC8].values, next, { mode: MASK, extra: maps[FC6].values });
    if (layer >= FC6) {
      this.linear("backward", FC6, layer === FC6 ? maps[FC6].values : next, current, { mode: PLAIN, extra: maps[FC6].values });
      const { channels, height, width } = pools[FC6 - 1];
      this.add("backward", "average_pool_backward", { channels, height, width }, { x: current, y: next }, threads(channels * height * width));
      swap();
    }
    for (let i = Math.min(layer, FC6 - 1); i >= 0; i--) {
      const [, kernel, stride, padding] = CONVOLUTIONS[i];
      const [map, x] = [maps[i], i ? pools[i - 1] : image];
      if (map !== pools[i]) {
        const shape = { channels: map.channels, height: map.height, width: map.width, rows: pools[i].height, columns: pools[i].width };
        this.add("backward", "max_pool_backward", shape, { extra: map.values, x: current, y: next, stored: pools[i].argmax }, threads(map.channels * map.height * map.width));
        swap();
      }
      const gradient = { ...map, values: i === layer ? map.values : current };
      const channels = i === layer ? range : [0, map.channels];
      if (i === 0) this.convolveStridedBackward(gradient, channels);
      else {
        // Of a map that is not pooled, the ReLU is backpropagated at once.
        const mode = x === maps[i - 1] ? MASK : PLAIN;
        this.convolve("backward", i, gradient, { ...x, values: next }, { padding: kernel - 1 - padding, stride }, [0, x.channels], channels, { mode, extra: x.values });
        swap();
      }
    }
  }

  /** from, to: output channels that are computed; first, last: input channels that are not zero. */
  convolve(pass, i, x, y, shape, [from, to], [first, last], { mode, extra }) {
    const groups = [Math.ceil((y.height * y.width) / 32), Math.ceil((to - 4 * Math.floor(from / 4)) / 32), 1];
    const whole = { ...shape, channels: y.channels, inputs: x.channels, height: x.height, width: x.width, rows: y.height, columns: y.width, begin: from, first, last, mode };
    this.add(pass, `convolve${CONVOLUTIONS[i][1]}`, whole, { weights: this.layers[i][pass], extra, x: x.values, y: y.values }, groups);
  }

  convolveStridedBackward(gradient, [first, last]) {
    const [, , stride, padding] = CONVOLUTIONS[0];
    const { height: rows, width: columns } = this.image;
    this.gradient = { values: this.allocate(3 * rows * columns), from: 0, count: 3 * rows * columns };
    const shape = { height: gradient.height, width: gradient.width, rows, columns, stride, padding, first, last };
    const [groups] = threads(Math.ceil(rows / stride) * Math.ceil(columns / stride));
    this.add("backward", "convolve_strided_backward", shape, { weights: this.layers[0].backward, x: gradient.values, y: this.gradient.values }, [groups, stride, stride]);
  }

  pool(map) {
    const pooled = this.map(map.channels, ((map.height - 3) >> 1) + 1, ((map.width - 3) >> 1) + 1);
    const count = pooled.channels * pooled.height * pooled.width;
    pooled.argmax = this.allocate(count);
    const shape = { channels: map.channels, height: map.height, width: map.width, rows: pooled.height, columns: pooled.width };
    this.add("forward", "max_pool", shape, { x: map.values, y: pooled.values, argmax: pooled.argmax }, threads(count));
    return pooled;
  }

  linear(pass, layer, x, y, { mode, extra }) {
    const [channels, inputs] = [LAYERS[layer][1], layer === FC6 ? BINS : LAYERS[FC6][1]];
    const groups = pass === "forward" ? [channels, 1, 1] : threads(inputs);
    this.add(pass, pass === "forward" ? "linear" : "linear_backward", { channels, inputs, mode }, { weights: this.layers[layer].forward, extra, x, y }, groups);
  }

  /** Add a kernel to a pass: its shape, its buffers, its workgroups. */
  add(pass, kernel, shape, buffers, groups) {
    const numbers = new ArrayBuffer(64);
    new Uint32Array(numbers).set(FIELDS.map((field) => shape[field] ?? 0));
    new Float32Array(numbers)[FIELDS.length] = this.reluLeak;
    const uniform = this.allocate(16, GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST);
    this.device.queue.writeBuffer(uniform, 0, numbers);
    const pipeline = this.pipelines[kernel];
    const entries = [{ binding: 0, resource: { buffer: uniform } }, ...Object.entries(buffers).map(([name, buffer]) => ({ binding: BINDINGS[name], resource: { buffer } }))];
    this.passes[pass].push({ pipeline, group: this.device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }), groups });
  }

  /** The output of the layer for the network's input: the channels of `prepare`, or all numbers of a linear layer. */
  forward(input) {
    return this.run(this.passes.forward, this.image, 0, input, this.output);
  }

  /** The gradient at the network's input for that at the output that `forward` returned. */
  backward(gradient) {
    return this.run(this.passes.backward, this.output, this.output.from, gradient, this.gradient);
  }

  /** Write numbers, compute a pass, read its result. Rejects if the device is lost or has raised an error. */
  async run(pass, target, offset, numbers, { values, from, count }) {
    const { device, staging } = this;
    device.queue.writeBuffer(target.values, 4 * offset, numbers);
    const encoder = device.createCommandEncoder();
    const compute = encoder.beginComputePass();
    for (const { pipeline, group, groups: [x, y, z] } of pass) {
      compute.setPipeline(pipeline);
      compute.setBindGroup(0, group);
      compute.dispatchWorkgroups(x, y, z);
    }
    compute.end();
    encoder.copyBufferToBuffer(values, 4 * from, staging, 0, 4 * count);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ, 0, 4 * count);
    const result = new Float32Array(staging.getMappedRange(0, 4 * count)).slice();
    staging.unmap();
    if (this.fault) throw this.fault;
    return result;
  }

  destroy() {
    this.fault ??= new Error("given up");
    this.device.destroy();
  }
}
