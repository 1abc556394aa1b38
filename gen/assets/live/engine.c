// The compact AlexNet forward, and backward to the image; waves, views, penalty and steps. WebAssembly, no imports.
//
// Compiled by `python -m gen compile`. Every number is a float32 in the module's memory; images and maps are planes
// (channels, height, width). Weights are frozen, so that backward means: the slope at a layer's input from the slope at
// its output. The equations are those of actmax/ascent and actmax/networks, and are tested against them.

#define API(name) __attribute__((export_name(#name))) name
typedef float v4 __attribute__((vector_size(16), aligned(4)));
typedef signed char int8;
enum { MR = 4, NR = 8, KC = 256 }; // a tile of 4 x 8 sums fits 16 registers, a panel of 256 x 8 the first cache

static inline v4 all(float a) { return (v4){a, a, a, a}; }
static inline int least(int a, int b) { return a < b ? a : b; }
static inline int rounded_up(int n, int to) { return (n + to - 1) / to * to; }

// ---- Memory: taken from the end, given back to a mark.

extern unsigned char __heap_base;
static unsigned top;

unsigned API(mark)(void) { return top; }
void API(release)(unsigned to) { top = to; }

void *API(take)(unsigned bytes) {
  if (!top) top = (unsigned)&__heap_base;
  unsigned start = (top + 15) & ~15u, end = start + bytes, pages = (end + 65535) / 65536;
  unsigned have = __builtin_wasm_memory_size(0);
  if (pages > have && __builtin_wasm_memory_grow(0, pages - have) == (unsigned long)-1) return 0;
  top = end;
  return (void *)start;
}

static float *floats(int count) { return take(4u * count); }

static void zero(float *x, int n) { __builtin_memset(x, 0, 4u * n); }

// ---- C = A B + bias. A lies packed: per block of KC columns, per MR rows, MR numbers side by side for each column.

static void tile(const float *a, const float *b, int kc, float *c, int stride, const float *bias, int rows, int columns) {
  v4 sums[MR][2];
  for (int i = 0; i < MR; i++) sums[i][0] = sums[i][1] = all(0);
  for (int k = 0; k < kc; k++, a += MR, b += NR) {
    v4 left = *(const v4 *)b, right = *(const v4 *)(b + 4);
    for (int i = 0; i < MR; i++) {
      v4 factor = all(a[i]);
      sums[i][0] += factor * left;
      sums[i][1] += factor * right;
    }
  }
  for (int i = 0; i < rows; i++) {
    float *row = c + i * stride;
    const float *sum = (const float *)sums[i];
    if (columns == NR) {
      v4 *first = (v4 *)row, *second = (v4 *)(row + 4);
      *first = (bias ? all(bias[i]) : *first) + sums[i][0];
      *second = (bias ? all(bias[i]) : *second) + sums[i][1];
    } else {
      for (int j = 0; j < columns; j++) row[j] = (bias ? bias[i] : row[j]) + sum[j];
    }
  }
}

// ---- Convolution: each output pixel is the product of all kernels with the patch under it.

typedef struct {
  int in, out, kernel, stride, padding;
  float *forth, *back, *bias; // packed kernels, packed kernels of the way back
} Conv;

static Conv convs[] = {{3, 64, 11, 4, 2, 0, 0, 0},
                       {64, 192, 5, 1, 2, 0, 0, 0},
                       {192, 384, 3, 1, 1, 0, 0, 0},
                       {384, 256, 3, 1, 1, 0, 0, 0},
                       {256, 256, 3, 1, 1, 0, 0, 0}};
static const float none[512]; // the bias of the way back
static float *patches, *padded;

// Patches of columns k0..k0+kc (input channel, row, column of the kernel), in panels of NR output pixels.
static void pack_patches(const float *x, int h, int w, int kernel, int stride, int oh, int ow, int k0, int kc) {
  int pixels = oh * ow;
  for (int k = 0; k < kc; k++) {
    int column = k0 + k, channel = column / (kernel * kernel), place = column % (kernel * kernel);
    const float *from = x + (channel * h + place / kernel) * w + place % kernel;
    float *to = patches + k * NR;
    int n = 0;
    for (int y = 0; y < oh; y++)
      for (int i = 0; i < ow; i++, n++) to[n / NR * (kc * NR) + n % NR] = from[y * stride * w + i * stride];
    for (; n < rounded_up(pixels, NR); n++) to[n / NR * (kc * NR) + n % NR] = 0;
  }
}

static void convolve(const float *packed, int out, const float *bias, const float *x, int in, int h, int w, int kernel,
                     int stride, int padding, float *y) {
  int high = h + 2 * padding, wide = w + 2 * padding;
  if (padding) {
    zero(padded, in * high * wide);
    for (int c = 0; c < in; c++)
      for (int i = 0; i < h; i++)
        __builtin_memcpy(padded + (c * high + i + padding) * wide + padding, x + (c * h + i) * w, 4u * w);
    x = padded;
  }
  int oh = (high - kernel) / stride + 1, ow = (wide - kernel) / stride + 1, pixels = oh * ow, columns = in * kernel * kernel;
  for (int k0 = 0; k0 < columns; k0 += KC) {
    int kc = least(KC, columns - k0);
    pack_patches(x, high, wide, kernel, stride, oh, ow, k0, kc);
    for (int n = 0; n < pixels; n += NR)
      for (int m = 0; m < out; m += MR)
        tile(packed + k0 * rounded_up(out, MR) + m * kc, patches + n * kc, kc, y + m * pixels + n, pixels,
             k0 ? 0 : bias + m, least(MR, out - m), least(NR, pixels - n));
  }
}

// Where number (row, column) of an A with so many rows and columns lies when packed.
static int place(int rows, int columns, int row, int column) {
  int k0 = column / KC * KC, kc = least(KC, columns - k0);
  return k0 * rounded_up(rows, MR) + row / MR * MR * kc + (column - k0) * MR + row % MR;
}

int API(load_convolution)(int index, const int8 *weight, const float *scale, const float *bias) {
  Conv *c = &convs[index];
  int area = c->kernel * c->kernel, columns = c->in * area;
  // With stride 1 the way back is a convolution of the slope with mirrored kernels; else a product, see scatter.
  int mirrored = c->stride == 1, rows = mirrored ? c->in : columns, back = mirrored ? c->out * area : c->out;
  c->forth = floats(rounded_up(c->out, MR) * columns);
  c->back = floats(rounded_up(rows, MR) * back);
  c->bias = floats(c->out);
  if (!c->forth || !c->back || !c->bias) return 0;
  zero(c->back, rounded_up(rows, MR) * back);
  for (int o = 0; o < c->out; o++) {
    c->bias[o] = bias[o];
    for (int k = 0; k < columns; k++) {
      float value = weight[o * columns + k] * scale[o];
      c->forth[place(c->out, columns, o, k)] = value;
      if (mirrored)
        c->back[place(rows, back, k / area, o * area + area - 1 - k % area)] = value;
      else
        c->back[place(rows, back, k, o)] = value;
    }
  }
  return 1;
}

// The transpose of pack_patches, for the strided layer: each number of a patch goes back to where it came from.
static void scatter(const float *columns, const Conv *c, int h, int w, int oh, int ow, float *x) {
  zero(x, c->in * h * w);
  for (int channel = 0; channel < c->in; channel++)
    for (int dy = 0; dy < c->kernel; dy++)
      for (int dx = 0; dx < c->kernel; dx++, columns += oh * ow)
        for (int i = 0; i < oh; i++) {
          int row = i * c->stride + dy - c->padding;
          if (row < 0 || row >= h) continue;
          for (int j = 0; j < ow; j++) {
            int column = j * c->stride + dx - c->padding;
            if (column >= 0 && column < w) x[(channel * h + row) * w + column] += columns[i * ow + j];
          }
        }
}

// ---- What lies between the convolutions.

static void rectify(float *x, int n) {
  for (int i = 0; i < n; i++) x[i] = x[i] > 0 ? x[i] : 0;
}

// Where a unit is off, a part of the slope passes all the same (actmax.networks.frozen.LeakingReLU).
static void rectify_back(const float *y, float *slope, int n, float leak) {
  for (int i = 0; i < n; i++) slope[i] *= y[i] > 0 ? 1 : leak;
}

// 3 x 3, stride 2; remembers where each maximum was.
static void pool(const float *x, int channels, int h, int w, float *y, int *from) {
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

static void pool_back(const float *slope, int n, const int *from, float *x, int size) {
  zero(x, size);
  for (int i = 0; i < n; i++) x[from[i]] += slope[i];
}

// Means over 6 x 6 windows, which overlap where the map is no multiple of 6. With back, slopes go the other way.
enum { BINS = 6 };
static void average(float *x, int channels, int h, int w, float *bins, int back) {
  if (back) zero(x, channels * h * w);
  for (int c = 0; c < channels; c++)
    for (int i = 0; i < BINS; i++)
      for (int j = 0; j < BINS; j++, bins++) {
        int y0 = i * h / BINS, y1 = ((i + 1) * h + BINS - 1) / BINS, x0 = j * w / BINS, x1 = ((j + 1) * w + BINS - 1) / BINS;
        float share = 1.0f / ((y1 - y0) * (x1 - x0)), sum = 0;
        for (int y = y0; y < y1; y++)
          for (int k = x0; k < x1; k++) {
            float *at = x + (c * h + y) * w + k;
            if (back)
              *at += share * *bins;
            else
              sum += *at;
          }
        if (!back) *bins = share * sum;
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

static void multiply(const Linear *l, const float *x, float *y) {
  for (int o = 0; o < l->out; o++) {
    const float *row = l->weight + o * l->in;
    v4 even = all(0), odd = all(0);
    for (int i = 0; i < l->in; i += 8) {
      even += *(const v4 *)(row + i) * *(const v4 *)(x + i);
      odd += *(const v4 *)(row + i + 4) * *(const v4 *)(x + i + 4);
    }
    even += odd;
    y[o] = l->bias[o] + even[0] + even[1] + even[2] + even[3];
  }
}

static void multiply_back(const Linear *l, const float *slope, float *x) {
  zero(x, l->in);
  for (int o = 0; o < l->out; o++) {
    const float *row = l->weight + o * l->in;
    v4 factor = all(slope[o]);
    for (int i = 0; i < l->in; i += 4) *(v4 *)(x + i) += factor * *(const v4 *)(row + i);
  }
}

// ---- The network: image -> logits, slope at the logits -> slope at the image.

typedef struct {
  int h, w;
} Size;

static Size sizes[6], pooled[5]; // of each convolution's input; of what follows it
static float *maps[5], *pools[5], *bins, *hidden, *image, *logits, *slopes[2], *seen, *gradient;
static int *chosen[5];
static const int POOLS[5] = {1, 1, 0, 0, 1};

// Makes room for images of a size; 0 if there is none, or if the image is too small for the network.
int API(prepare)(int h, int w) {
  int most = linears[0].in > 3 * h * w ? linears[0].in : 3 * h * w, most_patches = 0, most_padded = 0;
  sizes[0] = (Size){h, w};
  for (int i = 0; i < 5; i++) {
    Conv *c = &convs[i];
    int high = sizes[i].h + 2 * c->padding, wide = sizes[i].w + 2 * c->padding;
    if (high < c->kernel || wide < c->kernel) return 0;
    Size s = {(high - c->kernel) / c->stride + 1, (wide - c->kernel) / c->stride + 1};
    int pixels = s.h * s.w;
    most = pixels * c->out > most ? pixels * c->out : most;
    if (i == 0 && pixels * 364 > most) most = pixels * 364; // the patches' slopes
    int panels = rounded_up(sizes[i].h * sizes[i].w > pixels ? sizes[i].h * sizes[i].w : pixels, NR) * KC;
    if (i == 0) panels = rounded_up(pixels, NR) * KC;
    most_patches = panels > most_patches ? panels : most_patches;
    int around = (c->in > c->out ? c->in : c->out) * high * wide;
    most_padded = around > most_padded ? around : most_padded;
    pooled[i] = s;
    if (POOLS[i]) {
      if (s.h < 3 || s.w < 3) return 0;
      pooled[i] = (Size){(s.h - 3) / 2 + 1, (s.w - 3) / 2 + 1};
    }
    sizes[i + 1] = pooled[i];
    if (!(maps[i] = floats(pixels * c->out))) return 0;
    pools[i] = maps[i];
    if (POOLS[i] && (!(pools[i] = floats(pooled[i].h * pooled[i].w * c->out)) ||
                     !(chosen[i] = take(4u * pooled[i].h * pooled[i].w * c->out))))
      return 0;
  }
  slopes[0] = floats(most);
  slopes[1] = floats(most);
  patches = floats(most_patches);
  padded = floats(most_padded);
  bins = floats(linears[0].in);
  hidden = floats(linears[0].out);
  logits = floats(linears[1].out);
  image = floats(3 * h * w);
  seen = floats(3 * h * w);
  gradient = floats(3 * h * w);
  return slopes[0] && slopes[1] && patches && padded && bins && hidden && logits && image && seen && gradient;
}

float *API(at_image)(void) { return image; }       // the picture, in [0, 1] or, where pixels move, beyond
float *API(at_seen)(void) { return seen; }         // normalised, as the network is shown it
float *API(at_gradient)(void) { return gradient; } // the slope, where the last step of the way back has left it
float *API(at_logits)(void) { return logits; }

void API(forward)(void) {
  const float *x = seen;
  for (int i = 0; i < 5; i++) {
    Conv *c = &convs[i];
    int h = sizes[i].h, w = sizes[i].w;
    convolve(c->forth, c->out, c->bias, x, c->in, h, w, c->kernel, c->stride, c->padding, maps[i]);
    int high = (h + 2 * c->padding - c->kernel) / c->stride + 1, wide = (w + 2 * c->padding - c->kernel) / c->stride + 1;
    rectify(maps[i], c->out * high * wide);
    if (POOLS[i]) pool(maps[i], c->out, high, wide, pools[i], chosen[i]);
    x = pools[i];
  }
  average(pools[4], convs[4].out, pooled[4].h, pooled[4].w, bins, 0);
  multiply(&linears[0], bins, hidden);
  rectify(hidden, linears[0].out);
  multiply(&linears[1], hidden, logits);
}

// From the slope at the logits, which lies where the logits were.
void API(backward)(float leak) {
  float *here = slopes[0], *there = slopes[1], *swap;
  multiply_back(&linears[1], logits, there);
  rectify_back(hidden, there, linears[0].out, leak);
  multiply_back(&linears[0], there, here);
  average(there, convs[4].out, pooled[4].h, pooled[4].w, here, 1);
  swap = here, here = there, there = swap;
  for (int i = 4; i >= 0; i--) {
    Conv *c = &convs[i];
    int h = sizes[i].h, w = sizes[i].w;
    int high = (h + 2 * c->padding - c->kernel) / c->stride + 1, wide = (w + 2 * c->padding - c->kernel) / c->stride + 1;
    if (POOLS[i]) {
      pool_back(here, c->out * pooled[i].h * pooled[i].w, chosen[i], there, c->out * high * wide);
      swap = here, here = there, there = swap;
    }
    rectify_back(maps[i], here, c->out * high * wide, leak);
    if (c->stride == 1) {
      convolve(c->back, c->in, none, here, c->out, high, wide, c->kernel, 1, c->kernel - 1 - c->padding, there);
    } else {
      convolve(c->back, c->in * c->kernel * c->kernel, none, here, c->out, high, wide, 1, 1, 0, there);
      scatter(there, c, h, w, high, wide, gradient);
    }
    swap = here, here = there, there = swap;
  }
}

// ---- The view of a step: each output pixel looks at a place of the image, bilinearly, mirrored beyond the border
// (actmax.ascent.transforms.apply_affine). map: 2 x 3, output place -> input place, both in [-1, 1].

static float mirrored(float at, int size) {
  at = at + 0.5f < 0 ? -(at + 0.5f) : at + 0.5f;
  int times = (int)(at / size);
  float rest = at - (float)times * size;
  at = (times % 2 ? size - rest : rest) - 0.5f;
  return at < 0 ? 0 : at > size - 1 ? size - 1 : at;
}

static void look(const float *map, const float *from, float *to, int back) {
  int h = sizes[0].h, w = sizes[0].w, plane = h * w;
  if (back) zero(to, 3 * plane);
  for (int i = 0; i < h; i++)
    for (int j = 0; j < w; j++) {
      float x = (2 * j + 1) / (float)w - 1, y = (2 * i + 1) / (float)h - 1;
      float column = mirrored(((map[0] * x + map[1] * y + map[2] + 1) * w - 1) / 2, w);
      float row = mirrored(((map[3] * x + map[4] * y + map[5] + 1) * h - 1) / 2, h);
      int left = (int)column, above = (int)row, right = left + (left < w - 1), below = above + (above < h - 1);
      float across = column - left, down = row - above;
      float part[4] = {(1 - down) * (1 - across), (1 - down) * across, down * (1 - across), down * across};
      int at[4] = {above * w + left, above * w + right, below * w + left, below * w + right};
      for (int c = 0; c < 3; c++)
        for (int k = 0; k < 4; k++) {
          if (back)
            to[c * plane + at[k]] += part[k] * from[c * plane + i * w + j];
          else
            to[c * plane + i * w + j] = (k ? to[c * plane + i * w + j] : 0) + part[k] * from[c * plane + at[k]];
        }
    }
}

static const float MEAN[3] = {0.485f, 0.456f, 0.406f}, DEVIATION[3] = {0.229f, 0.224f, 0.225f};

// The image as the network is shown it: normalised, and through a map if there is one.
void API(show)(const float *map) {
  int plane = sizes[0].h * sizes[0].w;
  float *normal = map ? gradient : seen;
  for (int c = 0; c < 3; c++)
    for (int i = 0; i < plane; i++) normal[c * plane + i] = (image[c * plane + i] - MEAN[c]) / DEVIATION[c];
  if (map) look(map, gradient, seen, 0);
}

// The way back: from the slope at what the network was shown to the slope at the image. The farther from the middle,
// the less it counts (actmax.ascent.optimize.centred); middle: for each row, then for each column, its weight, or 0.
void API(show_back)(const float *map, const float *middle) {
  int h = sizes[0].h, w = sizes[0].w, plane = h * w;
  if (map) {
    __builtin_memcpy(seen, gradient, 12u * plane);
    look(map, seen, gradient, 1);
  }
  for (int c = 0; c < 3; c++)
    for (int i = 0; i < plane; i++)
      gradient[c * plane + i] *= (middle ? middle[i / w] * middle[h + i % w] : 1) / DEVIATION[c];
}

// ---- The penalty: total variation, the mean size of differences between neighbours. Both slopes are made equally steep,
// by the mean size of their numbers, before they are weighed (actmax.ascent.optimize.balance).

static float unit(const float *x, int n) {
  double sum = 0;
  for (int i = 0; i < n; i++) sum += x[i] < 0 ? -x[i] : x[i];
  sum = sum > 1e-12 ? sum : 1e-12;
  return (float)(n / sum);
}

void API(penalize)(float weight) {
  int h = sizes[0].h, w = sizes[0].w, n = 3 * h * w;
  float *pull = seen, down = 1.0f / (3 * (h - 1) * w), across = 1.0f / (3 * h * (w - 1));
  zero(pull, n);
  for (int i = 0; i < n; i++) {
    if (i / w % h) {
      float step = image[i] - image[i - w], slope = step > 0 ? down : step < 0 ? -down : 0;
      pull[i] += slope, pull[i - w] -= slope;
    }
    if (i % w) {
      float step = image[i] - image[i - 1], slope = step > 0 ? across : step < 0 ? -across : 0;
      pull[i] += slope, pull[i - 1] -= slope;
    }
  }
  float own = unit(gradient, n), other = weight * unit(pull, n);
  for (int i = 0; i < n; i++) gradient[i] = own * gradient[i] - other * pull[i];
}

// ---- Waves: the image as a sigmoid of a real inverse Fourier transform, in decorrelated colours
// (actmax.ascent.params.fourier).

static float *spectrum, *line, *scratch; // (3, h, w / 2 + 1) complex; one row or column, and room for its transform
static float *turns[2];                  // cos and sin of 2 pi k / n, for the columns' length and the rows'
static float *loudness;                  // of each wave
static const float *colours;             // (3, 3): decorrelated -> red, green, blue

int API(prepare_waves)(void) {
  int h = sizes[0].h, w = sizes[0].w, long_side = h > w ? h : w;
  spectrum = floats(3 * h * (w / 2 + 1) * 2);
  line = floats(2 * long_side);
  scratch = floats(2 * long_side);
  turns[0] = floats(2 * h);
  turns[1] = floats(2 * w);
  loudness = floats(h * (w / 2 + 1));
  colours = floats(9);
  return spectrum && line && scratch && turns[0] && turns[1] && loudness && colours;
}

float *API(at_turns)(int which) { return turns[which]; }
float *API(at_loudness)(void) { return loudness; }
float *API(at_colours)(void) { return (float *)colours; }

// to[k] = sum over j of from[j step] e^(sign 2 pi i j k / n), by the smallest factor of n at a time.
static void transform(const float *from, int step, float *to, int n, const float *turn, int whole, float sign, float *room) {
  if (n == 1) {
    to[0] = from[0], to[1] = from[1];
    return;
  }
  int radix = 2;
  while (n % radix) radix++;
  int part = n / radix;
  for (int r = 0; r < radix; r++) transform(from + 2 * r * step, step * radix, room + 2 * r * part, part, turn, whole, sign, to + 2 * r * part);
  if (radix == 2) {
    for (int k = 0; k < part; k++) {
      float c = turn[2 * k * (whole / n)], s = sign * turn[2 * k * (whole / n) + 1];
      const float *even = room + 2 * k, *odd = even + n;
      float real = c * odd[0] - s * odd[1], imaginary = c * odd[1] + s * odd[0];
      to[2 * k] = even[0] + real, to[2 * k + 1] = even[1] + imaginary;
      to[2 * k + n] = even[0] - real, to[2 * k + n + 1] = even[1] - imaginary;
    }
    return;
  }
  for (int k = 0; k < n; k++) {
    float real = 0, imaginary = 0;
    for (int r = 0; r < radix; r++) {
      int angle = r * k % n * (whole / n);
      float c = turn[2 * angle], s = sign * turn[2 * angle + 1];
      const float *z = room + 2 * (r * part + k % part);
      real += c * z[0] - s * z[1], imaginary += c * z[1] + s * z[0];
    }
    to[2 * k] = real, to[2 * k + 1] = imaginary;
  }
}

static float exponential(float x) { // 2^n e^r, |r| <= ln 2 / 2
  x = x < -87 ? -87 : x > 87 ? 87 : x;
  int n = (int)(x * 1.44269504f + (x < 0 ? -0.5f : 0.5f));
  float r = x - n * 0.693359375f + n * 2.12194440e-4f;
  float e = 1 + r * (1 + r * (0.5f + r * (1 / 6.0f + r * (1 / 24.0f + r * (1 / 120.0f + r / 720)))));
  union { int bits; float value; } power = {(n + 127) << 23};
  return e * power.value;
}

static float root(float x) { return __builtin_sqrtf(x); }

// coefficients (3, h, w / 2 + 1, 2) -> the image.
void API(paint)(const float *coefficients) {
  int h = sizes[0].h, w = sizes[0].w, half = w / 2 + 1, plane = h * w;
  float size = 1 / root((float)plane);
  for (int c = 0; c < 3; c++) {
    float *z = spectrum + 2 * c * h * half;
    for (int k = 0; k < half; k++) {
      for (int i = 0; i < h; i++)
        for (int part = 0; part < 2; part++)
          line[2 * i + part] = coefficients[2 * ((c * h + i) * half + k) + part] * loudness[i * half + k];
      transform(line, 1, z + 2 * k * h, h, turns[0], h, 1, scratch); // columns lie one after another here
    }
    for (int i = 0; i < h; i++) {
      for (int k = 0; k < half; k++) {
        const float *value = z + 2 * (k * h + i);
        int own = k == 0 || 2 * k == w; // its own mirror image: real
        line[2 * k] = value[0], line[2 * k + 1] = own ? 0 : value[1];
        if (!own) line[2 * (w - k)] = value[0], line[2 * (w - k) + 1] = -value[1];
      }
      float *row = seen; // free until the image is shown
      transform(line, 1, row, w, turns[1], w, 1, scratch);
      for (int j = 0; j < w; j++) gradient[c * plane + i * w + j] = size * row[2 * j];
    }
  }
  for (int i = 0; i < plane; i++)
    for (int c = 0; c < 3; c++) {
      float sum = 0;
      for (int k = 0; k < 3; k++) sum += colours[3 * c + k] * gradient[k * plane + i];
      image[c * plane + i] = 1 / (1 + exponential(-sum));
    }
}

// The slope at the image, in `gradient` -> at the coefficients.
void API(paint_back)(float *slope) {
  int h = sizes[0].h, w = sizes[0].w, half = w / 2 + 1, plane = h * w;
  float size = 1 / root((float)plane);
  for (int i = 0; i < plane; i++) {
    float at[3];
    for (int c = 0; c < 3; c++) {
      float y = image[c * plane + i];
      at[c] = gradient[c * plane + i] * y * (1 - y);
    }
    for (int k = 0; k < 3; k++)
      gradient[k * plane + i] = colours[k] * at[0] + colours[3 + k] * at[1] + colours[6 + k] * at[2];
  }
  for (int c = 0; c < 3; c++) {
    float *z = spectrum + 2 * c * h * half;
    for (int i = 0; i < h; i++) {
      for (int j = 0; j < w; j++) line[2 * j] = gradient[c * plane + i * w + j], line[2 * j + 1] = 0;
      float *row = seen;
      transform(line, 1, row, w, turns[1], w, -1, scratch);
      for (int k = 0; k < half; k++) { // a wave and its mirror image move together
        float both = k == 0 || 2 * k == w ? size : 2 * size;
        z[2 * (k * h + i)] = both * row[2 * k], z[2 * (k * h + i) + 1] = k == 0 || 2 * k == w ? 0 : both * row[2 * k + 1];
      }
    }
    for (int k = 0; k < half; k++) {
      transform(z + 2 * k * h, 1, line, h, turns[0], h, -1, scratch);
      for (int i = 0; i < h; i++)
        for (int part = 0; part < 2; part++)
          slope[2 * ((c * h + i) * half + k) + part] = line[2 * i + part] * loudness[i * half + k];
    }
  }
}

// ---- Pixels: the normalised image itself, which needs no more than a change of units.

void API(paint_pixels)(const float *x) {
  int plane = sizes[0].h * sizes[0].w;
  for (int c = 0; c < 3; c++)
    for (int i = 0; i < plane; i++) image[c * plane + i] = x[c * plane + i] * DEVIATION[c] + MEAN[c];
}

void API(paint_pixels_back)(float *slope) {
  int plane = sizes[0].h * sizes[0].w;
  for (int c = 0; c < 3; c++)
    for (int i = 0; i < plane; i++) slope[c * plane + i] = gradient[c * plane + i] * DEVIATION[c];
}

// ---- Steps uphill.

// x + alpha slope.
void API(ascent)(float *x, const float *slope, int n, float alpha) {
  for (int i = 0; i < n; i++) x[i] += alpha * slope[i];
}

// Adam's step (Kingma & Ba 2015, algorithm 1), uphill; the corrections are 1 - beta^step.
void API(adam)(float *x, const float *slope, float *mean, float *square, int n, float alpha, float first, float second) {
  float rate = alpha / first, rest = 1 / root(second);
  for (int i = 0; i < n; i++) {
    mean[i] += (slope[i] - mean[i]) * 0.1f;
    square[i] = square[i] * 0.999f + slope[i] * slope[i] * 0.001f;
    x[i] += rate * mean[i] / (root(square[i]) * rest + 1e-8f);
  }
}

// The image as a screen shows it: red, green, blue, opaque.
void API(expose)(unsigned char *rgba) {
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
