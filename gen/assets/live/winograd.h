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

enum { TILES = 50 }; // computed at a time, a multiple of MR, so that little leaves the second cache

// to = matrix from matrix^T
static inline void transform(const float (*matrix)[6], int rows, int columns, v4 (*from)[6], v4 (*to)[6]) {
  v4 half[6][6];
  for (int i = 0; i < rows; i++)
    for (int j = 0; j < columns; j++) {
      v4 sum = splat(0);
      for (int k = 0; k < columns; k++) sum = multiply_add(splat(matrix[i][k]), from[k][j], sum);
      half[i][j] = sum;
    }
  for (int i = 0; i < rows; i++)
    for (int j = 0; j < rows; j++) {
      v4 sum = splat(0);
      for (int k = 0; k < columns; k++) sum = multiply_add(splat(matrix[j][k]), half[i][k], sum);
      to[i][j] = sum;
    }
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

// Four channels of an image, at the points of a tile; zero outside of the image.
static void transform_input(const Filtering *f, const float *x, int h, int w, int top, int left, float *to, int stride) {
  v4 from[6][6], result[6][6];
  int plane = h * w;
  for (int i = 0; i < f->points; i++)
    for (int j = 0; j < f->points; j++) {
      int row = top + i, column = left + j, inside = row >= 0 && row < h && column >= 0 && column < w;
      const float *at = x + row * w + column;
      from[i][j] = inside ? (v4){at[0], at[plane], at[2 * plane], at[3 * plane]} : splat(0);
    }
  transform(f->inputs, f->points, f->points, from, result);
  for (int p = 0; p < f->points * f->points; p++, to += stride) *(v4 *)to = result[p / f->points][p % f->points];
}

// The products of a tile at all points -> four channels of the outputs.
static void transform_output(const Filtering *f, const float *from, int stride, v4 bias, float *y, int h, int w, int top,
                             int left) {
  v4 points[6][6], result[6][6];
  for (int p = 0; p < f->points * f->points; p++, from += stride) points[p / f->points][p % f->points] = *(const v4 *)from;
  transform(f->outputs, f->side, f->points, points, result);
  for (int i = 0; i < minimum(f->side, h - top); i++)
    for (int j = 0; j < minimum(f->side, w - left); j++) {
      v4 value = result[i][j] + bias;
      for (int lane = 0; lane < 4; lane++) y[lane * h * w + (top + i) * w + left + j] = value[lane];
    }
}

// How many tiles are computed at a time, of an image.
static int tiles_at_once(const Filtering *f, int h, int w) {
  return minimum(TILES, rounded_up(rounded_up(h, f->side) / f->side * (rounded_up(w, f->side) / f->side), MR));
}

// Floats that `filter` needs beside its input and output, of so many channels in both.
static int scratch_size(int kernel, int h, int w, int channels) {
  const Filtering *f = filtering(kernel);
  return f->points * f->points * tiles_at_once(f, h, w) * channels;
}

// The output has the size of the input. rows: the output channels that are computed. channels: of x, outside of which it
// counts as zero.
static void filter(int kernel, const float *kernels, int out, Range rows, const float *bias, const float *x, int in,
                   Range channels, int h, int w, float *y, float *inputs) {
  const Filtering *f = filtering(kernel);
  int across = rounded_up(w, f->side) / f->side, tiles = across * (rounded_up(h, f->side) / f->side);
  int square = f->points * f->points, most = tiles_at_once(f, h, w);
  float *products = inputs + square * most * in;
  for (int first = 0; first < tiles; first += most) {
    int count = minimum(most, tiles - first);
    for (int c = channels.from / 4 * 4; c < channels.to; c += 4)
      for (int t = 0; t < count; t++)
        transform_input(f, x + c * h * w, h, w, (first + t) / across * f->side - kernel / 2,
                        (first + t) % across * f->side - kernel / 2, inputs + t * in + c, most * in);
    for (int p = 0; p < square; p++)
      for (int o = rows.from / NR * NR; o < rows.to; o += NR)
        for (int t = 0; t < count; t += MR)
          tile(inputs + (p * most + t) * in + channels.from, in, kernels + (p * out + o) * in + channels.from * NR, NR,
               channels.to - channels.from, 0, products + (p * most + t) * out + o, out, minimum(MR, count - t), NR);
    for (int o = rows.from / 4 * 4; o < rows.to; o += 4)
      for (int t = 0; t < count; t++)
        transform_output(f, products + t * out + o, most * out, bias ? *(const v4 *)(bias + o) : splat(0), y + o * h * w, h,
                         w, (first + t) / across * f->side, (first + t) % across * f->side);
  }
}
