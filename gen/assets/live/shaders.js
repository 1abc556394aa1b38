// The network's kernels in WGSL, one entry point for each operation of engine.c; gpu.js dispatches them.
//
// Maps are planes (channels, height, width). A convolution is a product of its weights and the image patches, which are
// read where they lie (implicit GEMM). Weights of convolutions are stored by input, so that four outputs are adjacent.

export const SHADERS = `
struct Shape {
  channels: u32, inputs: u32, // of the output and of the input
  height: u32, width: u32, // of the input
  rows: u32, columns: u32, // of the output
  stride: u32, padding: u32,
  begin: u32, // the first output channel that is computed
  first: u32, last: u32, // input channels that are read; the others count as zero
  mode: u32, // what is done with a sum
  leak: f32, // the part of a gradient that an inactive ReLU passes
}
const BIAS = 0u; // add extra[channel]
const RELU = 1u; // the same, and negative numbers become zero
const PLAIN = 2u;
const MASK = 3u; // backpropagate through the ReLU whose output is extra

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(1) var<storage, read> weights4: array<vec4f>;
@group(0) @binding(2) var<storage, read> extra: array<f32>;
@group(0) @binding(3) var<storage, read> x: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
@group(0) @binding(5) var<storage, read_write> argmax: array<u32>;
@group(0) @binding(6) var<storage, read> stored_argmax: array<u32>;

fn through_relu(gradient: f32, at: u32) -> f32 {
  return gradient * select(shape.leak, 1.0, extra[at] > 0);
}

fn store(sum: f32, channel: u32, at: u32) {
  switch shape.mode {
    case BIAS: { y[at] = sum + extra[channel]; }
    case RELU: { y[at] = max(sum + extra[channel], 0); }
    case PLAIN: { y[at] = sum; }
    default: { y[at] = through_relu(sum, at); }
  }
}

// A group computes 32 channels at 32 positions in steps of 16 products; each thread 4 channels at 4 positions.
override kernel: u32 = 3;
var<workgroup> left: array<vec4f, 128>; // 16 x 32 weights
var<workgroup> right: array<vec4f, 128>; // 16 x 32 numbers of the patches

@compute @workgroup_size(8, 8)
fn convolve(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u, @builtin(local_invocation_index) thread: u32) {
  let area = kernel * kernel;
  let end = shape.last * area;
  let positions = shape.rows * shape.columns;
  let quarter = thread % 8;
  let loaded = shape.begin / 4 + group.y * 8 + quarter; // four channels
  let position = group.x * 32 + quarter * 4 + vec4u(0, 1, 2, 3);
  let top = position / shape.columns * shape.stride;
  let side = position % shape.columns * shape.stride;
  var sums: array<vec4f, 4>;
  for (var k = shape.first * area; k < end; k += 16) {
    for (var part = thread / 8; part < 16; part += 8) {
      let own = k + part;
      var factors = vec4f();
      var values = vec4f();
      if (own < end) {
        if (loaded < shape.channels / 4) { factors = weights4[own * (shape.channels / 4) + loaded]; }
        // Positions outside of the map wrap around to large numbers.
        let row = top + own / kernel % kernel - shape.padding;
        let column = side + own % kernel - shape.padding;
        let at = (own / area * shape.height + row) * shape.width + column;
        let inside = (row < vec4u(shape.height)) & (column < vec4u(shape.width));
        for (var i = 0; i < 4; i++) { if (inside[i]) { values[i] = x[at[i]]; } }
      }
      left[part * 8 + quarter] = factors;
      right[part * 8 + quarter] = values;
    }
    workgroupBarrier();
    for (var part = 0u; part < 16; part++) {
      let factors = left[part * 8 + local.y];
      let values = right[part * 8 + local.x];
      sums[0] += factors.x * values;
      sums[1] += factors.y * values;
      sums[2] += factors.z * values;
      sums[3] += factors.w * values;
    }
    workgroupBarrier();
  }
  for (var i = 0u; i < 4; i++) {
    let channel = shape.begin / 4 * 4 + group.y * 32 + local.y * 4 + i;
    for (var j = 0u; j < 4; j++) {
      let at = group.x * 32 + local.x * 4 + j;
      if (channel < shape.channels && at < positions) { store(sums[i][j], channel, channel * positions + at); }
    }
  }
}

// The transpose of the strided convolution, which has three input channels: a group's pixels meet the same weights.
@compute @workgroup_size(64)
fn convolve_strided_backward(@builtin(global_invocation_id) id: vec3u) {
  let wide = (shape.columns + shape.stride - 1) / shape.stride;
  let row = id.x / wide * shape.stride + id.y;
  let column = id.x % wide * shape.stride + id.z;
  if (row >= shape.rows || column >= shape.columns) { return; }
  var sum = vec4f();
  for (var channel = shape.first; channel < shape.last; channel++) {
    for (var dy = (row + shape.padding) % shape.stride; dy < kernel; dy += shape.stride) {
      let i = (row + shape.padding - dy) / shape.stride;
      if (row + shape.padding < dy || i >= shape.height) { continue; }
      for (var dx = (column + shape.padding) % shape.stride; dx < kernel; dx += shape.stride) {
        let j = (column + shape.padding - dx) / shape.stride;
        if (column + shape.padding < dx || j >= shape.width) { continue; }
        sum += x[(channel * shape.height + i) * shape.width + j] * weights4[(channel * kernel + dy) * kernel + dx];
      }
    }
  }
  for (var c = 0u; c < 3; c++) { y[(c * shape.rows + row) * shape.columns + column] = sum[c]; }
}

// 3 x 3 max pooling with stride 2.
@compute @workgroup_size(64)
fn max_pool(@builtin(global_invocation_id) id: vec3u) {
  let positions = shape.rows * shape.columns;
  if (id.x >= shape.channels * positions) { return; }
  let corner = (id.x / positions * shape.height + id.x % positions / shape.columns * 2) * shape.width + id.x % shape.columns * 2;
  var best = corner;
  for (var k = 1u; k < 9; k++) {
    let at = corner + k / 3 * shape.width + k % 3;
    if (x[at] > x[best]) { best = at; }
  }
  y[id.x] = x[best];
  argmax[id.x] = best;
}

// A position collects the gradients of the windows whose maximum it is. The shape is that of max_pool, y its input.
@compute @workgroup_size(64)
fn max_pool_backward(@builtin(global_invocation_id) id: vec3u) {
  let plane = shape.height * shape.width;
  if (id.x >= shape.channels * plane) { return; }
  let row = id.x % plane / shape.width;
  let column = id.x % shape.width;
  var sum = 0.0;
  for (var i = (max(row, 1) - 1) / 2; i <= row / 2 && i < shape.rows; i++) {
    for (var j = (max(column, 1) - 1) / 2; j <= column / 2 && j < shape.columns; j++) {
      let at = (id.x / plane * shape.rows + i) * shape.columns + j;
      if (stored_argmax[at] == id.x) { sum += x[at]; }
    }
  }
  y[id.x] = through_relu(sum, id.x);
}

// Adaptive average pooling to 6 x 6. start, end: of a bin along a side of the map.
fn start(bin: u32, size: u32) -> u32 { return bin * size / 6; }
fn end(bin: u32, size: u32) -> u32 { return ((bin + 1) * size + 5) / 6; }
fn share(i: u32, j: u32) -> f32 {
  return 1 / f32((end(i, shape.height) - start(i, shape.height)) * (end(j, shape.width) - start(j, shape.width)));
}

@compute @workgroup_size(64)
fn average_pool(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= shape.channels * 36) { return; }
  let i = id.x / 6 % 6;
  let j = id.x % 6;
  var sum = 0.0;
  for (var row = start(i, shape.height); row < end(i, shape.height); row++) {
    for (var column = start(j, shape.width); column < end(j, shape.width); column++) {
      sum += x[(id.x / 36 * shape.height + row) * shape.width + column];
    }
  }
  y[id.x] = share(i, j) * sum;
}

@compute @workgroup_size(64)
fn average_pool_backward(@builtin(global_invocation_id) id: vec3u) {
  let plane = shape.height * shape.width;
  if (id.x >= shape.channels * plane) { return; }
  let row = id.x % plane / shape.width;
  let column = id.x % shape.width;
  var sum = 0.0;
  for (var bin = 0u; bin < 36; bin++) {
    let i = bin / 6;
    let j = bin % 6;
    let inside = row >= start(i, shape.height) && row < end(i, shape.height) && column >= start(j, shape.width) && column < end(j, shape.width);
    if (inside) { sum += share(i, j) * x[id.x / plane * 36 + bin]; }
  }
  y[id.x] = sum;
}

var<workgroup> parts: array<f32, 64>;

// A group computes one output.
@compute @workgroup_size(64)
fn linear(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  var sum = 0.0;
  for (var i = thread; i < shape.inputs; i += 64) { sum += weights[group.x * shape.inputs + i] * x[i]; }
  parts[thread] = sum;
  workgroupBarrier();
  if (thread == 0) {
    for (var i = 1u; i < 64; i++) { sum += parts[i]; }
    store(sum, group.x, group.x);
  }
}

// The gradient at one input.
@compute @workgroup_size(64)
fn linear_backward(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= shape.inputs) { return; }
  var sum = 0.0;
  for (var i = 0u; i < shape.channels; i++) {
    if (x[i] != 0) { sum += weights[i * shape.inputs + id.x] * x[i]; }
  }
  store(sum, id.x, id.x);
}
`;
