// Convolution with stride 1 by minimal filtering (Winograd 1980; Lavin & Gray 2016): a tile of outputs costs `points`^2
// products for each pair of channels in place of (side kernel)^2: 2.8 times fewer for 5 x 5 kernels, 3.2 times for 3 x 3.
// Larger tiles cost fewer, but lose digits to rounding: these have relative errors of 1e-6.

typedef struct {
  int kernel, side, points; // points = side + kernel - 1, on each axis
  float kernels[6][6], inputs[6][6], outputs[3][6];
} Filtering;

// Interpolation at 0, 1, -1, 1/2 and infinity; at 0, 1, -1, 2, -1/2 and infinity.
static const Filtering FILTERINGS[] = {
    {3, 3, 5,
     {{1, 0, 0}, {0.5f, 0.5f, 0.5f}, {1 / 6.0f, -1 / 6.0f, 1 / 6.0f}, {1 / 3.0f, 1 / 6.0f, 1 / 12.0f}, {0, 0, 0.5f}},
     {{1, -2, -1, 2, 0}, {0, -1, 1, 2, 0}, {0, -1, 3, -2, 0}, {0, 8, 0, -8, 0}, {0, 1, -2, -1, 2}},
     {{1, 1, 1, 1, 0}, {0, 1, -1, 0.5f, 0}, {0, 1, 1, 0.25f, 1}}},
    {5, 2, 6,
     {{0.5f, 0, 0, 0, 0}, {1 / 6.0f, 1 / 6.0f, 1 / 6.0f, 1 / 6.0f, 1 / 6.0f}, {1 / 6.0f, -1 / 6.0f, 1 / 6.0f, -1 / 6.0f, 1 / 6.0f}, {1 / 30.0f, 1 / 15.0f, 2 / 15.0f, 4 / 15.0f, 8 / 15.0f}, {1 / 15.0f, -1 / 30.0f, 1 / 60.0f, -1 / 120.0f, 1 / 240.0f}, {0, 0, 0, 0, 0.5f}},
     {{2, 3, -4, -3, 2, 0}, {0, 2, 5, 1, -2, 0}, {0, 2, 1, -5, 2, 0}, {0, -1, -2, 1, 2, 0}, {0, -32, 16, 32, -16, 0}, {0, 2, 3, -4, -3, 2}},
     {{1, 1, 1, 1, 1, 0}, {0, 1, -1, 2, -0.5f, 1}}},
};

static const Filtering *filtering(int kernel) { return &FILTERINGS[kernel == 5]; }

enum { TILES = 40 }; // computed at a time, a multiple of MR, so that little leaves the second cache

#define INLINE static inline __attribute__((always_inline)) // with a matrix that is known: many of its numbers are 0

// to = matrix from, for a vector of numbers that lie `step` apart.
INLINE void product(const float (*matrix)[6], int rows, int columns, const v4 *from, int step, v4 *to, int to_step) {
  v4 x[6];
  for (int k = 0; k < columns; k++) x[k] = from[k * step];
  for (int i = 0; i < rows; i++) {
    v4 sum = splat(0);
    for (int k = 0; k < columns; k++)
      if (matrix[i][k]) sum = multiply_add(splat(matrix[i][k]), x[k], sum);
    to[i * to_step] = sum;
  }
}

// to = matrix from matrix^T
INLINE void transform(const float (*matrix)[6], int rows, int columns, v4 (*from)[6], v4 (*to)[6]) {
  v4 half[6][6];
#pragma clang loop unroll(disable)
  for (int j = 0; j < columns; j++) product(matrix, rows, columns, &from[0][j], 6, &half[0][j], 6);
#pragma clang loop unroll(disable)
  for (int i = 0; i < rows; i++) product(matrix, rows, columns, half[i], 1, to[i], 1);
}

// Floats of the transformed kernels of so many pairs of channels.
static int transformed_size(int kernel, int pairs) { return filtering(kernel)->points * filtering(kernel)->points * pairs; }

// Transform the kernels (out, in, kernel, kernel), or mirror them and exchange input and output, for the backward pass:
// for each point, panels of NR output channels.
static void transform_kernels(int kernel, const int8 *weight, const float *scale, int out, int in, int mirror, float *to) {
  const Filtering *f = filtering(kernel);
  int area = kernel * kernel, outputs = mirror ? in : out, inputs = mirror ? out : in;
  for (int o = 0; o < outputs; o += 4)
    for (int i = 0; i < inputs; i++) {
      v4 from[6][6], result[6][6];
      for (int k = 0; k < area; k++)
        for (int lane = 0; lane < 4; lane++) {
          int pair = mirror ? i * in + o + lane : (o + lane) * in + i;
          from[k / kernel][k % kernel][lane] = weight[pair * area + (mirror ? area - 1 - k : k)] * scale[pair / in];
        }
      transform(f->kernels, f->points, kernel, from, result);
      float *at = to + (o / NR * inputs + i) * NR + o % NR;
      for (int p = 0; p < f->points * f->points; p++, at += out * in) *(v4 *)at = result[p / f->points][p % f->points];
    }
}

// Four channels of a padded image, at the points of a tile.
INLINE void input_points(const Filtering *f, const float *x, int wide, int plane, float *to, int stride) {
  v4 from[6][6], result[6][6];
  for (int i = 0; i < f->points; i++)
    for (int j = 0; j < f->points; j++) {
      const float *at = x + i * wide + j;
      from[i][j] = (v4){at[0], at[plane], at[2 * plane], at[3 * plane]};
    }
  transform(f->inputs, f->points, f->points, from, result);
  for (int p = 0; p < f->points * f->points; p++, to += stride) *(v4 *)to = result[p / f->points][p % f->points];
}

static void transform_input(const Filtering *f, const float *x, int wide, int plane, float *to, int stride) {
  if (f == FILTERINGS)
    input_points(FILTERINGS, x, wide, plane, to, stride);
  else
    input_points(FILTERINGS + 1, x, wide, plane, to, stride);
}

// The products of a tile at all points -> four channels of the outputs.
INLINE void outputs_of(const Filtering *f, const float *from, int stride, v4 bias, float *y, int plane, int w, int high,
                       int wide) {
  v4 points[6][6], result[6][6];
  for (int p = 0; p < f->points * f->points; p++, from += stride) points[p / f->points][p % f->points] = *(const v4 *)from;
  transform(f->outputs, f->side, f->points, points, result);
  for (int i = 0; i < high; i++)
    for (int j = 0; j < wide; j++) {
      v4 value = result[i][j] + bias;
      for (int lane = 0; lane < 4; lane++) y[lane * plane + i * w + j] = value[lane];
    }
}

static void transform_output(const Filtering *f, const float *from, int stride, v4 bias, float *y, int h, int w, int top,
                             int left) {
  int high = minimum(f->side, h - top), wide = minimum(f->side, w - left);
  y += top * w + left;
  if (f == FILTERINGS)
    outputs_of(FILTERINGS, from, stride, bias, y, h * w, w, high, wide);
  else
    outputs_of(FILTERINGS + 1, from, stride, bias, y, h * w, w, high, wide);
}

// How many tiles are computed at a time, of an image.
static int tiles_at_once(const Filtering *f, int h, int w) {
  return minimum(TILES, rounded_up(rounded_up(h, f->side) / f->side * (rounded_up(w, f->side) / f->side), MR));
}

// Side of a padded image that tiles cover.
static int padded_side(const Filtering *f, int side) { return rounded_up(side, f->side) + f->kernel - 1; }

// Floats that `filter` needs beside its input and output, in either direction.
static int scratch_size(int kernel, int h, int w, int in, int out) {
  const Filtering *f = filtering(kernel);
  int points = f->points * f->points * tiles_at_once(f, h, w), plane = padded_side(f, h) * padded_side(f, w);
  return points * (in + out) + plane * (in > out ? in : out);
}

// The output has the size of the input. rows: the output channels that are computed. channels: of x, outside of which it
// counts as zero.
static void filter(int kernel, const float *kernels, int out, Range rows, const float *bias, const float *x, int in,
                   Range channels, int h, int w, float *y, float *scratch) {
  const Filtering *f = filtering(kernel);
  int across = rounded_up(w, f->side) / f->side, tiles = across * (rounded_up(h, f->side) / f->side);
  int square = f->points * f->points, most = tiles_at_once(f, h, w), wide = padded_side(f, w), plane = padded_side(f, h) * wide;
  float *inputs = scratch, *products = inputs + square * most * in, *padded_x = products + square * most * out;
  zero(padded_x, in * plane);
  for (int c = channels.from; c < channels.to; c++)
    for (int i = 0; i < h; i++)
      __builtin_memcpy(padded_x + c * plane + (i + kernel / 2) * wide + kernel / 2, x + (c * h + i) * w, 4u * w);
  for (int first = 0; first < tiles; first += most) {
    int count = minimum(most, tiles - first);
    for (int t = 0; t < count; t++)
      for (int c = channels.from / 4 * 4; c < channels.to; c += 4)
        transform_input(f, padded_x + c * plane + (first + t) / across * f->side * wide + (first + t) % across * f->side,
                        wide, plane, inputs + t * in + c, most * in);
    for (int p = 0; p < square; p++)
      for (int o = rows.from / NR * NR; o < rows.to; o += NR)
        for (int t = 0; t < count; t += MR)
          tile(inputs + (p * most + t) * in + channels.from, in, kernels + (p * out + o) * in + channels.from * NR, NR,
               channels.to - channels.from, 0, products + (p * most + t) * out + o, out, minimum(MR, count - t), NR);
    for (int t = 0; t < count; t++)
      for (int o = rows.from / 4 * 4; o < rows.to; o += 4)
        transform_output(f, products + t * out + o, most * out, bias ? *(const v4 *)(bias + o) : splat(0), y + o * h * w, h,
                         w, (first + t) / across * f->side, (first + t) % across * f->side);
  }
}
