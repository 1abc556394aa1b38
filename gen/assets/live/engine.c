// The compact AlexNet up to any layer, forward and backward to the image, with the parameterizations, random transforms,
// penalty and optimizers of actmax/ascent. WebAssembly without imports, compiled by `python -m gen compile`: once with
// 128-bit vectors alone, once with fused multiply-add (relaxed SIMD), which not every browser has.
//
// All values are float32. Images and activations are planes (channels, height, width). Weights are frozen: a backward
// function maps the gradient at a layer's output to the gradient at its input.

#define API(name) __attribute__((export_name(#name))) name
typedef float v4 __attribute__((vector_size(16), aligned(4)));
typedef signed char int8;
enum { MR = 5, NR = 8 }; // a tile of 5 x 8 sums, 8 numbers of B and one of A fit 15 registers

typedef struct {
  int from, to;
} Range; // without `to`

static inline v4 splat(float a) { return (v4){a, a, a, a}; }
static inline int minimum(int a, int b) { return a < b ? a : b; }
static inline v4 multiply_add(v4 a, v4 b, v4 sum) {
#ifdef __wasm_relaxed_simd__
  return __builtin_wasm_relaxed_madd_f32x4(a, b, sum);
#else
  return sum + a * b;
#endif
}
static inline int rounded_up(int n, int to) { return (n + to - 1) / to * to; }

// ---- Memory: a stack. `mark` returns its top, `release` frees everything above a mark.

extern unsigned char __heap_base;
static unsigned top;

unsigned API(mark)(void) { return top; }
void API(release)(unsigned to) { top = to; }

void *API(allocate)(unsigned bytes) {
  if (!top) top = (unsigned)&__heap_base;
  unsigned start = (top + 15) & ~15u, end = start + bytes, pages = (end + 65535) / 65536;
  unsigned have = __builtin_wasm_memory_size(0);
  if (pages > have && __builtin_wasm_memory_grow(0, pages - have) == (unsigned long)-1) return 0;
  top = end;
  return (void *)start;
}

static float *floats(int count) { return allocate(4u * count); }

static void zero(float *x, int n) { __builtin_memset(x, 0, 4u * n); }

// ---- C = A B + bias, MR x NR sums at a time, of which rows x columns are stored. All that a tile covers is read.

static void tile(const float *a, int a_stride, const float *b, int b_stride, int depth, const float *bias, float *c,
                 int c_stride, int rows, int columns) {
  v4 sums[MR][2];
  for (int i = 0; i < MR; i++) sums[i][0] = sums[i][1] = splat(0);
  for (int k = 0; k < depth; k++, a++, b += b_stride) {
    v4 left = *(const v4 *)b, right = *(const v4 *)(b + 4);
    for (int i = 0; i < MR; i++) {
      v4 factor = splat(a[i * a_stride]);
      sums[i][0] = multiply_add(factor, left, sums[i][0]);
      sums[i][1] = multiply_add(factor, right, sums[i][1]);
      // Rows in this order: numbers of all rows, loaded ahead, would push sums out of the registers.
      __asm__ volatile("" : "+r"(sums[i][0]), "+r"(sums[i][1])::"memory");
    }
  }
  for (int i = 0; i < rows; i++) {
    float *row = c + i * c_stride, offset = bias ? bias[i] : 0;
    const float *sum = (const float *)sums[i];
    if (columns == NR) {
      *(v4 *)row = splat(offset) + sums[i][0];
      *(v4 *)(row + 4) = splat(offset) + sums[i][1];
    } else {
      for (int j = 0; j < columns; j++) row[j] = offset + sum[j];
    }
  }
}

#include "winograd.h"

// ---- Convolutions. The first has a stride: a matrix product of its kernels with the image's patches (im2col).

typedef struct {
  int in, out, kernel, stride, padding;
  float *kernels, *kernels_backward, *bias; // kernels as their product needs them
} Conv;

static Conv convs[] = {{3, 64, 11, 4, 2, 0, 0, 0},
                       {64, 192, 5, 1, 2, 0, 0, 0},
                       {192, 384, 3, 1, 1, 0, 0, 0},
                       {384, 256, 3, 1, 1, 0, 0, 0},
                       {256, 256, 3, 1, 1, 0, 0, 0}};
static float *padded, *scratch; // of the first layer's input; of the others

int API(load_convolution)(int index, const int8 *weight, const float *scale, const float *bias) {
  Conv *c = &convs[index];
  int columns = c->in * c->kernel * c->kernel;
  int size = c->stride == 1 ? transformed_size(c->kernel, c->out * c->in) : rounded_up(columns, MR) * rounded_up(c->out, MR);
  c->kernels = floats(size);
  c->kernels_backward = floats(size);
  c->bias = floats(c->out);
  if (!c->kernels || !c->kernels_backward || !c->bias) return 0;
  __builtin_memcpy(c->bias, bias, 4u * c->out);
  if (c->stride == 1) {
    transform_kernels(c->kernel, weight, scale, c->out, c->in, 0, c->kernels);
    transform_kernels(c->kernel, weight, scale, c->out, c->in, 1, c->kernels_backward);
    return 1;
  }
  for (int o = 0; o < c->out; o++)
    for (int k = 0; k < columns; k++)
      c->kernels[o * columns + k] = c->kernels_backward[k * c->out + o] = weight[o * columns + k] * scale[o];
  return 1;
}

// The patch matrix (input channel, kernel row, kernel column) of an image, in panels of NR output pixels.
static void pack_patches(const Conv *c, const float *x, int h, int w, int oh, int ow, float *patches) {
  int high = h + 2 * c->padding, wide = w + 2 * c->padding;
  zero(padded, c->in * high * wide);
  for (int i = 0; i < c->in * h; i++)
    __builtin_memcpy(padded + (i / h * high + i % h + c->padding) * wide + c->padding, x + i * w, 4u * w);
  for (int n = 0, at[NR]; n < oh * ow; n += NR) {
    for (int j = 0; j < NR; j++) at[j] = ((n + j) / ow % oh * wide + (n + j) % ow) * c->stride;
    for (int k = 0; k < c->in * c->kernel; k++)
      for (int dx = 0; dx < c->kernel; dx++, patches += NR) {
        const float *from = padded + (k / c->kernel * high + k % c->kernel) * wide + dx;
        for (int j = 0; j < NR; j++) patches[j] = from[at[j]];
      }
  }
}

// The transpose of pack_patches (col2im), of a matrix that is not in panels.
static void scatter(const float *columns, const Conv *c, int h, int w, int oh, int ow, float *x) {
  int high = h + 2 * c->padding, wide = w + 2 * c->padding;
  zero(padded, c->in * high * wide);
  for (int k = 0; k < c->in * c->kernel; k++)
    for (int dx = 0; dx < c->kernel; dx++)
      for (int i = 0; i < oh; i++, columns += ow) {
        float *row = padded + (k / c->kernel * high + k % c->kernel + i * c->stride) * wide + dx;
        for (int j = 0; j < ow; j++) row[j * c->stride] += columns[j];
      }
  for (int i = 0; i < c->in * h; i++)
    __builtin_memcpy(x + i * w, padded + (i / h * high + i % h + c->padding) * wide + c->padding, 4u * w);
}

// ---- ReLU, pooling and linear layers.

static void relu(float *x, int n) {
  for (int i = 0; i < n; i++) x[i] = x[i] > 0 ? x[i] : 0;
}

// Where the ReLU is inactive, `leak` times the gradient passes (relu_leak in actmax.ascent.gradients).
static void relu_backward(const float *y, float *grad, int n, float leak) {
  for (int i = 0; i < n; i++) grad[i] *= y[i] > 0 ? 1 : leak;
}

// 3 x 3 max pooling with stride 2; stores the index of each maximum.
static void max_pool(const float *x, int channels, int h, int w, float *y, int *from) {
  int oh = (h - 3) / 2 + 1, ow = (w - 3) / 2 + 1;
  for (int c = 0; c < channels; c++)
    for (int i = 0; i < oh; i++)
      for (int j = 0; j < ow; j++) {
        int best = (c * h + 2 * i) * w + 2 * j;
        for (int k = 0; k < 9; k++) {
          int at = (c * h + 2 * i + k / 3) * w + 2 * j + k % 3;
          if (x[at] > x[best]) best = at;
        }
        *y++ = x[best];
        *from++ = best;
      }
}

static void max_pool_backward(const float *grad, int n, const int *from, float *x, int size) {
  zero(x, size);
  for (int i = 0; i < n; i++) x[from[i]] += grad[i];
}

// Adaptive average pooling to 6 x 6; windows overlap if the size is not a multiple of 6. backward: bins -> x.
enum { BINS = 6 };
static void average_pool(float *x, int channels, int h, int w, float *bins, int backward) {
  if (backward) zero(x, channels * h * w);
  for (int c = 0; c < channels; c++)
    for (int i = 0; i < BINS; i++)
      for (int j = 0; j < BINS; j++, bins++) {
        int y0 = i * h / BINS, y1 = ((i + 1) * h + BINS - 1) / BINS, x0 = j * w / BINS, x1 = ((j + 1) * w + BINS - 1) / BINS;
        float share = 1.0f / ((y1 - y0) * (x1 - x0)), sum = 0;
        for (int y = y0; y < y1; y++)
          for (int k = x0; k < x1; k++) {
            float *at = x + (c * h + y) * w + k;
            if (backward)
              *at += share * *bins;
            else
              sum += *at;
          }
        if (!backward) *bins = share * sum;
      }
}

typedef struct {
  int in, out;
  float *weight, *bias;
} Linear;

static Linear linears[] = {{256 * BINS * BINS, 512, 0, 0}, {512, 1000, 0, 0}};

int API(load_linear)(int index, const int8 *weight, const float *scale, const float *bias) {
  Linear *l = &linears[index];
  l->weight = floats(l->in * l->out);
  l->bias = floats(l->out);
  if (!l->weight || !l->bias) return 0;
  for (int o = 0; o < l->out; o++) {
    l->bias[o] = bias[o];
    for (int i = 0; i < l->in; i++) l->weight[o * l->in + i] = weight[o * l->in + i] * scale[o];
  }
  return 1;
}

static void linear_forward(const Linear *l, const float *x, float *y) {
  for (int o = 0; o < l->out; o++) {
    const float *row = l->weight + o * l->in;
    v4 even = splat(0), odd = splat(0);
    for (int i = 0; i < l->in; i += 8) {
      even = multiply_add(*(const v4 *)(row + i), *(const v4 *)(x + i), even);
      odd = multiply_add(*(const v4 *)(row + i + 4), *(const v4 *)(x + i + 4), odd);
    }
    even += odd;
    y[o] = l->bias[o] + even[0] + even[1] + even[2] + even[3];
  }
}

static void linear_backward(const Linear *l, const float *grad, float *x) {
  zero(x, l->in);
  for (int o = 0; o < l->out; o++) {
    if (!grad[o]) continue;
    const float *row = l->weight + o * l->in;
    v4 factor = splat(grad[o]);
    for (int i = 0; i < l->in; i += 4) *(v4 *)(x + i) = multiply_add(factor, *(const v4 *)(row + i), *(v4 *)(x + i));
  }
}

// ---- The network: image -> output of a layer before its ReLU, gradient at that output -> gradient at the image.
// Layers: 0 to 4, the convolutions; then the two linear layers.

enum { CONVS = 5, FC6 = 5, FC8 = 6 };

typedef struct {
  int h, w;
} Size;

static Size sizes[CONVS + 1], map_sizes[CONVS]; // of each convolution's input; of its output, before pooling
static float *maps[CONVS], *pools[CONVS], *bins, *hidden, *image, *logits, *gradients[2], *network_input, *gradient;
static int *argmaxes[CONVS];
static const int POOLS[CONVS] = {1, 1, 0, 0, 1};

// Allocate the buffers for images of a size and the network up to a layer. Returns 0 if memory is short or the image is
// too small for the network.
int API(prepare)(int h, int w, int layer) {
  int largest = linears[0].in > 3 * h * w ? linears[0].in : 3 * h * w, largest_scratch = 0;
  sizes[0] = (Size){h, w};
  for (int i = 0; i <= layer && i < CONVS; i++) {
    Conv *c = &convs[i];
    int high = sizes[i].h + 2 * c->padding, wide = sizes[i].w + 2 * c->padding;
    if (high < c->kernel || wide < c->kernel) return 0;
    Size s = {(high - c->kernel) / c->stride + 1, (wide - c->kernel) / c->stride + 1};
    int pixels = s.h * s.w;
    largest = pixels * c->out > largest ? pixels * c->out : largest;
    int patches = rounded_up(pixels, NR) * c->in * c->kernel * c->kernel;
    if (i == 0 && patches > largest) largest = patches; // they, and their gradients, take the place of a gradient
    int own = i ? scratch_size(c->kernel, s.h, s.w, c->in, c->out) : 0;
    largest_scratch = own > largest_scratch ? own : largest_scratch;
    map_sizes[i] = sizes[i + 1] = s;
    if (!(maps[i] = floats(pixels * c->out))) return 0;
    pools[i] = maps[i];
    if (i == layer || !POOLS[i]) continue;
    if (s.h < 3 || s.w < 3) return 0;
    Size pooled = sizes[i + 1] = (Size){(s.h - 3) / 2 + 1, (s.w - 3) / 2 + 1};
    if (!(pools[i] = floats(pooled.h * pooled.w * c->out)) || !(argmaxes[i] = allocate(4u * pooled.h * pooled.w * c->out)))
      return 0;
  }
  gradients[0] = floats(largest);
  gradients[1] = floats(largest);
  padded = floats(convs[0].in * (h + 2 * convs[0].padding) * (w + 2 * convs[0].padding));
  scratch = floats(largest_scratch);
  bins = floats(linears[0].in);
  hidden = floats(linears[0].out);
  logits = floats(linears[1].out);
  image = floats(3 * h * w);
  network_input = floats(3 * h * w);
  gradient = floats(3 * h * w);
  return gradients[0] && gradients[1] && padded && scratch && bins && hidden && logits && image && network_input &&
         gradient;
}

float *API(image_data)(void) { return image; } // in [0, 1]; pixel parameters may leave that range
float *API(network_input_data)(void) { return network_input; } // the image after normalization and random transforms
float *API(gradient_data)(void) { return gradient; } // written by the last backward function
float *API(output_data)(int layer) { return layer == FC8 ? logits : layer == FC6 ? hidden : maps[layer]; }
int API(map_height)(int layer) { return map_sizes[layer].h; } // of a convolution
int API(map_width)(int layer) { return map_sizes[layer].w; }

// Compute the output of a layer. Of a convolution at least the channels from..to are computed.
void API(forward)(int layer, int from, int to) {
  const float *x = network_input;
  for (int i = 0; i < CONVS; i++) {
    Conv *c = &convs[i];
    Range rows = {i == layer ? from : 0, i == layer ? to : c->out};
    int high = map_sizes[i].h, wide = map_sizes[i].w, pixels = high * wide, columns = c->in * c->kernel * c->kernel;
    if (c->stride == 1) {
      filter(c->kernel, c->kernels, c->out, rows, c->bias, x, c->in, (Range){0, c->in}, high, wide, maps[i], scratch);
    } else {
      float *patches = gradients[0];
      pack_patches(c, x, sizes[i].h, sizes[i].w, high, wide, patches);
      for (int n = 0; n < pixels; n += NR)
        for (int m = rows.from / MR * MR; m < rows.to; m += MR)
          tile(c->kernels + m * columns, columns, patches + n * columns, NR, columns, c->bias + m, maps[i] + m * pixels + n,
               pixels, minimum(MR, c->out - m), minimum(NR, pixels - n));
    }
    if (i == layer) return;
    relu(maps[i], c->out * pixels);
    if (POOLS[i]) max_pool(maps[i], c->out, high, wide, pools[i], argmaxes[i]);
    x = pools[i];
  }
  average_pool(pools[CONVS - 1], convs[CONVS - 1].out, sizes[CONVS].h, sizes[CONVS].w, bins, 0);
  linear_forward(&linears[0], bins, hidden);
  if (layer == FC6) return;
  relu(hidden, linears[0].out);
  linear_forward(&linears[1], hidden, logits);
}

// Expects the gradient at the output of a layer in place of the output. Of a convolution it is zero, or not written,
// outside of channels from..to.
void API(backward)(int layer, int from, int to, float leak) {
  float *current = gradients[0], *next = gradients[1], *swap;
  if (layer == FC8) {
    linear_backward(&linears[1], logits, next);
    relu_backward(hidden, next, linears[0].out, leak);
  }
  if (layer >= FC6) {
    linear_backward(&linears[0], layer == FC6 ? hidden : next, current);
    average_pool(next, convs[CONVS - 1].out, sizes[CONVS].h, sizes[CONVS].w, current, 1);
    swap = current, current = next, next = swap;
  }
  for (int i = minimum(layer, CONVS - 1); i >= 0; i--) {
    Conv *c = &convs[i];
    int h = sizes[i].h, w = sizes[i].w, high = map_sizes[i].h, wide = map_sizes[i].w;
    const float *grad = maps[i];
    Range channels = {from, to};
    if (i < layer) {
      if (POOLS[i]) {
        max_pool_backward(current, c->out * sizes[i + 1].h * sizes[i + 1].w, argmaxes[i], next, c->out * high * wide);
        swap = current, current = next, next = swap;
      }
      relu_backward(maps[i], current, c->out * high * wide, leak);
      grad = current;
      channels = (Range){0, c->out};
    }
    if (c->stride == 1) {
      filter(c->kernel, c->kernels_backward, c->in, (Range){0, c->in}, 0, grad, c->out, channels, high, wide, next, scratch);
    } else {
      int pixels = high * wide, rows = c->in * c->kernel * c->kernel;
      for (int n = 0; n < pixels; n += NR)
        for (int m = 0; m < rows; m += MR)
          tile(c->kernels_backward + m * c->out + channels.from, c->out, grad + channels.from * pixels + n, pixels,
               channels.to - channels.from, 0, next + m * pixels + n, pixels, minimum(MR, rows - m), minimum(NR, pixels - n));
      scatter(next, c, h, w, high, wide, gradient);
    }
    swap = current, current = next, next = swap;
  }
}

// ---- Random affine transforms: bilinear, reflected at the border (actmax.ascent.transforms.apply_affine).
// map: 2 x 3, output position -> input position, both in [-1, 1].

static v4 reflected(v4 at, float size) {
  at = __builtin_elementwise_abs(at + 0.5f);
  v4 times = __builtin_elementwise_floor(at / size), rest = at - times * size;
  v4 odd = times - 2 * __builtin_elementwise_floor(times / 2);
  at = rest + odd * (size - 2 * rest) - 0.5f;
  return __builtin_wasm_min_f32x4(__builtin_wasm_max_f32x4(at, splat(0)), splat(size - 1));
}

// The value of a pixel of `to`, from its place in `from`; backward: its gradient to there.
static void resample_pixel(float column, float row, int n, const float *from, float *to, int backward) {
  int h = sizes[0].h, w = sizes[0].w, plane = h * w;
  int left = (int)column, above = (int)row, right = left + (left < w - 1), below = above + (above < h - 1);
  float across = column - left, down = row - above;
  float part[4] = {(1 - down) * (1 - across), (1 - down) * across, down * (1 - across), down * across};
  int at[4] = {above * w + left, above * w + right, below * w + left, below * w + right};
  for (int c = 0; c < 3; c++) {
    float sum = 0;
    for (int k = 0; k < 4; k++) {
      if (backward)
        to[c * plane + at[k]] += part[k] * from[c * plane + n];
      else
        sum += part[k] * from[c * plane + at[k]];
    }
    if (!backward) to[c * plane + n] = sum;
  }
}

static void resample(const float *map, const float *from, float *to, int backward) {
  int h = sizes[0].h, w = sizes[0].w;
  float high = h, wide = w;
  if (backward) zero(to, 3 * h * w);
  for (int i = 0; i < h; i++)
    for (int j = 0; j < w; j += 4) {
      float y = (2 * i + 1) / high - 1;
      v4 x = ((float)j + (v4){0.5f, 1.5f, 2.5f, 3.5f}) * 2 / wide - 1;
      v4 column = reflected(((map[0] * x + map[1] * y + map[2] + 1) * wide - 1) / 2, wide);
      v4 row = reflected(((map[3] * x + map[4] * y + map[5] + 1) * high - 1) / 2, high);
      for (int lane = 0; lane < minimum(4, w - j); lane++)
        resample_pixel(column[lane], row[lane], i * w + j + lane, from, to, backward);
    }
}

static const float MEAN[3] = {0.485f, 0.456f, 0.406f}, DEVIATION[3] = {0.229f, 0.224f, 0.225f};

// image -> network_input: normalized, and transformed if there is a map.
void API(transform_image)(const float *map) {
  int plane = sizes[0].h * sizes[0].w;
  float *normalized = map ? gradient : network_input;
  for (int c = 0; c < 3; c++)
    for (int i = 0; i < plane; i++) normalized[c * plane + i] = (image[c * plane + i] - MEAN[c]) / DEVIATION[c];
  if (map) resample(map, gradient, network_input, 0);
}

// Gradient at the network's input -> gradient at the image, multiplied by the gradient window if there is one.
// window: a weight for each row, then one for each column (gradient_window in actmax.ascent.gradients).
void API(transform_image_backward)(const float *map, const float *window) {
  int h = sizes[0].h, w = sizes[0].w, plane = h * w;
  if (map) {
    __builtin_memcpy(network_input, gradient, 12u * plane);
    resample(map, network_input, gradient, 1);
  }
  for (int c = 0; c < 3; c++)
    for (int i = 0; i < plane; i++)
      gradient[c * plane + i] *= (window ? window[i / w] * window[h + i % w] : 1) / DEVIATION[c];
}

// ---- Total variation: the mean absolute difference of neighbors (excess_variation in actmax.ascent.penalties).

static float square_root(float x) { return __builtin_sqrtf(x); }

// Sums are of vectors: in the order of the numbers they would wait for each other.

static float mean_of(const float *x, int n) {
#pragma clang fp reassociate(on)
  double sum = 0;
  for (int i = 0; i < n; i++) sum += x[i];
  return (float)(sum / n);
}

static float standard_deviation(const float *x, int n, float mean) {
#pragma clang fp reassociate(on)
  double sum = 0;
  for (int i = 0; i < n; i++) sum += (x[i] - mean) * (x[i] - mean);
  return square_root((float)(sum / (n - 1)));
}

static float inverse_mean_magnitude(const float *x, int n) {
#pragma clang fp reassociate(on)
  double sum = 0;
  for (int i = 0; i < n; i++) sum += x[i] < 0 ? -x[i] : x[i];
  sum = sum > 1e-12 ? sum : 1e-12;
  return (float)(n / sum);
}

static float sign(float x) { return (x > 0) - (x < 0); }

// Returns the total variation along rows and columns, and writes its gradient to `grad`.
static float total_variation(float *grad) {
#pragma clang fp reassociate(on)
  int h = sizes[0].h, w = sizes[0].w;
  float down = 1.0f / (3 * (h - 1) * w), across = 1.0f / (3 * h * (w - 1));
  double sum = 0;
  for (int i = 0; i < 3 * h; i++, grad += w) {
    const float *x = image + i * w, *above = i % h ? x - w : x, *below = i % h < h - 1 ? x + w : x; // x: no difference
    float rows = 0, columns = __builtin_fabsf(x[w - 1] - x[w - 2]);
    for (int j = 0; j < w; j++) {
      grad[j] = down * (sign(x[j] - above[j]) - sign(below[j] - x[j]));
      rows += __builtin_fabsf(x[j] - above[j]);
    }
    for (int j = 1; j < w - 1; j++) {
      grad[j] += across * (sign(x[j] - x[j - 1]) - sign(x[j + 1] - x[j]));
      columns += __builtin_fabsf(x[j] - x[j - 1]);
    }
    grad[0] -= across * sign(x[1] - x[0]);
    grad[w - 1] += across * sign(x[w - 1] - x[w - 2]);
    sum += down * rows + across * columns;
  }
  return (float)sum;
}

// Scale the gradient to a mean magnitude of 1, and subtract that of the total variation, scaled to `weight`
// (relative_penalties in actmax.ascent.optimize), while the latter exceeds `limit` standard deviations of the image.
void API(subtract_excess_variation)(float weight, float limit) {
  int n = 3 * sizes[0].h * sizes[0].w;
  float *penalty_gradient = network_input, own = inverse_mean_magnitude(gradient, n);
  int exceeds = total_variation(penalty_gradient) >= limit * standard_deviation(image, n, mean_of(image, n));
  float other = exceeds ? weight * inverse_mean_magnitude(penalty_gradient, n) : 0;
  for (int i = 0; i < n; i++) gradient[i] = own * gradient[i] - other * penalty_gradient[i];
}

#include "fourier.h"

// ---- Pixel parameterization: the normalized image.

void API(decode_pixels)(const float *x) {
  int plane = sizes[0].h * sizes[0].w;
  for (int c = 0; c < 3; c++)
    for (int i = 0; i < plane; i++) image[c * plane + i] = x[c * plane + i] * DEVIATION[c] + MEAN[c];
}

void API(decode_pixels_backward)(float *grad) {
  int plane = sizes[0].h * sizes[0].w;
  for (int c = 0; c < 3; c++)
    for (int i = 0; i < plane; i++) grad[c * plane + i] = gradient[c * plane + i] * DEVIATION[c];
}

// ---- Optimizers, both maximizing.

// x + step_size gradient.
void API(ascend)(float *x, const float *grad, int n, float step_size) {
  for (int i = 0; i < n; i++) x[i] += step_size * grad[i];
}

// Adam (Kingma & Ba 2015, algorithm 1). correction_1, correction_2: 1 - beta^step.
void API(adam)(float *x, const float *grad, float *mean, float *square, int n, float step_size,
               float correction_1, float correction_2) {
  float rate = step_size / correction_1, scale = 1 / square_root(correction_2);
  for (int i = 0; i < n; i++) {
    mean[i] += (grad[i] - mean[i]) * 0.1f;
    square[i] = square[i] * 0.999f + grad[i] * grad[i] * 0.001f;
    x[i] += rate * mean[i] / (square_root(square[i]) * scale + 1e-8f);
  }
}

// image -> 8-bit RGBA, opaque.
void API(to_rgba)(unsigned char *rgba) {
  int plane = sizes[0].h * sizes[0].w;
  for (int i = 0; i < plane; i++) {
    for (int c = 0; c < 3; c++) {
      float value = image[c * plane + i] * 255;
      value = value < 0 ? 0 : value > 255 ? 255 : value;
      rgba[4 * i + c] = (unsigned char)(int)__builtin_rintf(value);
    }
    rgba[4 * i + 3] = 255;
  }
}
