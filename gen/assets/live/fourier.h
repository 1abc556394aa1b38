// Fourier parameterization: the image is the sigmoid of a real inverse Fourier transform, in decorrelated colors
// (actmax.ascent.params.fourier). Before the sigmoid the values are scaled down to a standard deviation of `limit`, if
// theirs is larger; 0: no limit.

// Four transforms run side by side, one in each lane of a vector. The image has 8 x 8 pixels or more.
typedef struct {
  v4 real, imaginary;
} Complex4;

static Complex4 *line, *transformed, *spare; // four rows or columns
static float *spectrum[2];      // of a channel, real and imaginary: (h, w / 2 + 1)
static float *roots[2];         // roots of unity: cos and sin of 2 pi k / n, for n = height and n = width
static float *amplitudes;       // scale of each frequency
static const float *colors;     // (3, 3): decorrelated -> red, green, blue
static float *values;           // of the image before the sigmoid
static float contrast_scale;    // by which they were multiplied, at most 1

int API(prepare_fourier)(void) {
  int h = sizes[0].h, w = sizes[0].w, half = w / 2 + 1, long_side = h > w ? h : w;
  line = allocate(sizeof(Complex4) * long_side);
  transformed = allocate(sizeof(Complex4) * long_side);
  spare = allocate(sizeof(Complex4) * long_side);
  for (int part = 0; part < 2; part++) spectrum[part] = floats(h * half);
  roots[0] = floats(2 * h);
  roots[1] = floats(2 * w);
  amplitudes = floats(h * half);
  colors = floats(9);
  values = floats(3 * h * w);
  return line && transformed && spare && spectrum[0] && spectrum[1] && roots[0] && roots[1] && amplitudes && colors &&
         values;
}

float *API(roots_data)(int which) { return roots[which]; }
float *API(amplitudes_data)(void) { return amplitudes; }
float *API(colors_data)(void) { return (float *)colors; }

// Mixed-radix FFT: to[k] = sum over j of from[j step] e^(sign 2 pi i j k / n).
static void fourier_transform(const Complex4 *from, int step, Complex4 *to, int n, const float *roots_of_n, int whole,
                              float sign, Complex4 *scratch_of_n) {
  int radix = 2;
  while (n % radix) radix++;
  int part = n / radix, apart = part == 1 ? step : part, turn = whole / n;
  const Complex4 *parts = part == 1 ? from : scratch_of_n; // the transform of a single number is itself
  for (int r = 0; part > 1 && r < radix; r++)
    fourier_transform(from + r * step, step * radix, scratch_of_n + r * part, part, roots_of_n, whole, sign, to + r * part);
  if (radix == 2) {
    for (int k = 0; k < part; k++) {
      v4 c = splat(roots_of_n[2 * k * turn]), s = splat(sign * roots_of_n[2 * k * turn + 1]);
      Complex4 even = parts[k], odd = parts[apart + k];
      v4 real = c * odd.real - s * odd.imaginary, imaginary = c * odd.imaginary + s * odd.real;
      to[k] = (Complex4){even.real + real, even.imaginary + imaginary};
      to[part + k] = (Complex4){even.real - real, even.imaginary - imaginary};
    }
    return;
  }
  for (int k = 0; k < n; k++) {
    Complex4 sum = {splat(0), splat(0)};
    for (int r = 0; r < radix; r++) {
      int angle = r * k % n * turn;
      v4 c = splat(roots_of_n[2 * angle]), s = splat(sign * roots_of_n[2 * angle + 1]);
      Complex4 z = parts[r * apart + k % part];
      sum.real += c * z.real - s * z.imaginary, sum.imaginary += c * z.imaginary + s * z.real;
    }
    to[k] = sum;
  }
}

// Four numbers of a column.
static inline v4 down(const float *x, int stride) { return (v4){x[0], x[stride], x[2 * stride], x[3 * stride]}; }
static inline void store_down(float *x, int stride, v4 value) {
  for (int lane = 0; lane < 4; lane++) x[lane * stride] = value[lane];
}

static float exponential(float x) { // e^x = 2^n e^r with |r| <= ln 2 / 2
  x = x < -87 ? -87 : x > 87 ? 87 : x;
  int n = (int)(x * 1.44269504f + (x < 0 ? -0.5f : 0.5f));
  float r = x - n * 0.693359375f + n * 2.12194440e-4f;
  float e = 1 + r * (1 + r * (0.5f + r * (1 / 6.0f + r * (1 / 24.0f + r * (1 / 120.0f + r / 720)))));
  union { int bits; float value; } power = {(n + 127) << 23};
  return e * power.value;
}

// Coefficients of a channel (h, w / 2 + 1, 2) -> its values before the mixture of colors. Four columns are transformed at
// a time, and eight rows, two as one: real and imaginary part of a transform. The last group overlaps the one before.
static void synthesize(const float *coefficients, float *to) {
  int h = sizes[0].h, w = sizes[0].w, half = w / 2 + 1;
  float size = 1 / square_root((float)(h * w));
  for (int group = 0; group < half; group += 4) {
    int k = minimum(group, half - 4);
    for (int i = 0; i < h; i++) {
      const v4 *pair = (const v4 *)(coefficients + 2 * (i * half + k));
      v4 scale = *(const v4 *)(amplitudes + i * half + k);
      line[i].real = scale * __builtin_shufflevector(pair[0], pair[1], 0, 2, 4, 6);
      line[i].imaginary = scale * __builtin_shufflevector(pair[0], pair[1], 1, 3, 5, 7);
    }
    fourier_transform(line, 1, transformed, h, roots[0], h, 1, spare);
    for (int i = 0; i < h; i++) {
      *(v4 *)(spectrum[0] + i * half + k) = transformed[i].real;
      *(v4 *)(spectrum[1] + i * half + k) = transformed[i].imaginary;
    }
  }
  for (int group = 0; group < h; group += 8) {
    int i = minimum(group, h - 8);
    for (int k = 0; k < half; k++) {
      const float *real = spectrum[0] + i * half + k, *imaginary = spectrum[1] + i * half + k;
      v4 first = down(real, half), second = down(real + 4 * half, half);
      line[k] = (Complex4){first, second}; // its own conjugate is real
      if (k == 0 || 2 * k == w) continue;
      v4 above = down(imaginary, half), below = down(imaginary + 4 * half, half);
      line[k] = (Complex4){first - below, above + second};
      line[w - k] = (Complex4){first + below, second - above};
    }
    fourier_transform(line, 1, transformed, w, roots[1], w, 1, spare);
    for (int j = 0; j < w; j++) {
      store_down(to + i * w + j, w, splat(size) * transformed[j].real);
      store_down(to + (i + 4) * w + j, w, splat(size) * transformed[j].imaginary);
    }
  }
}

// The transpose of synthesize.
static void analyze(const float *from, float *coefficients) {
  int h = sizes[0].h, w = sizes[0].w, half = w / 2 + 1;
  float size = 1 / square_root((float)(h * w));
  for (int group = 0; group < h; group += 8) {
    int i = minimum(group, h - 8);
    for (int j = 0; j < w; j++) line[j] = (Complex4){down(from + i * w + j, w), down(from + (i + 4) * w + j, w)};
    fourier_transform(line, 1, transformed, w, roots[1], w, -1, spare);
    for (int k = 0; k < half; k++) { // a coefficient also sets its conjugate
      Complex4 one = transformed[k], other = transformed[k ? w - k : 0];
      v4 scale = splat(k == 0 || 2 * k == w ? size / 2 : size);
      float *real = spectrum[0] + i * half + k, *imaginary = spectrum[1] + i * half + k;
      store_down(real, half, scale * (one.real + other.real));
      store_down(imaginary, half, scale * (one.imaginary - other.imaginary));
      store_down(real + 4 * half, half, scale * (one.imaginary + other.imaginary));
      store_down(imaginary + 4 * half, half, scale * (other.real - one.real));
    }
  }
  for (int group = 0; group < half; group += 4) {
    int k = minimum(group, half - 4);
    for (int i = 0; i < h; i++)
      line[i] = (Complex4){*(v4 *)(spectrum[0] + i * half + k), *(v4 *)(spectrum[1] + i * half + k)};
    fourier_transform(line, 1, transformed, h, roots[0], h, -1, spare);
    for (int i = 0; i < h; i++) {
      v4 *pair = (v4 *)(coefficients + 2 * (i * half + k)), scale = *(const v4 *)(amplitudes + i * half + k);
      v4 real = scale * transformed[i].real, imaginary = scale * transformed[i].imaginary;
      pair[0] = __builtin_shufflevector(real, imaginary, 0, 4, 1, 5);
      pair[1] = __builtin_shufflevector(real, imaginary, 2, 6, 3, 7);
    }
  }
}

// Coefficients (3, h, w / 2 + 1, 2) -> image.
void API(decode_fourier)(const float *coefficients, float limit) {
  int h = sizes[0].h, w = sizes[0].w, half = w / 2 + 1, plane = h * w;
  for (int c = 0; c < 3; c++) synthesize(coefficients + 2 * c * h * half, gradient + c * plane);
  for (int i = 0; i < plane; i++)
    for (int c = 0; c < 3; c++) {
      float sum = 0;
      for (int k = 0; k < 3; k++) sum += colors[3 * c + k] * gradient[k * plane + i];
      values[c * plane + i] = sum;
    }
  float deviation = limit ? standard_deviation(values, 3 * plane, mean_of(values, 3 * plane)) : 0;
  contrast_scale = deviation > limit ? limit / deviation : 1;
  for (int i = 0; i < 3 * plane; i++) {
    values[i] *= contrast_scale;
    image[i] = 1 / (1 + exponential(-values[i]));
  }
}

// Gradient at the scaled values, whose standard deviation is `limit` -> gradient at the values before that.
static void scale_backward(float *grad, int n, float limit) {
#pragma clang fp reassociate(on)
  float mean = mean_of(values, n);
  double sum = 0;
  for (int i = 0; i < n; i++) sum += grad[i] * values[i];
  float along = (float)(sum / (n - 1)) / (limit * limit); // a larger contrast would be undone by the scale
  for (int i = 0; i < n; i++) grad[i] = contrast_scale * (grad[i] - along * (values[i] - mean));
}

// Gradient at the image (in `gradient`) -> gradient at the coefficients.
void API(decode_fourier_backward)(float *grad, float limit) {
  int h = sizes[0].h, w = sizes[0].w, half = w / 2 + 1, plane = h * w;
  for (int i = 0; i < 3 * plane; i++) gradient[i] *= image[i] * (1 - image[i]);
  if (limit && contrast_scale < 1) scale_backward(gradient, 3 * plane, limit);
  for (int i = 0; i < plane; i++) {
    float at[3] = {gradient[i], gradient[plane + i], gradient[2 * plane + i]};
    for (int k = 0; k < 3; k++)
      gradient[k * plane + i] = colors[k] * at[0] + colors[3 + k] * at[1] + colors[6 + k] * at[2];
  }
  for (int c = 0; c < 3; c++) analyze(gradient + c * plane, grad + 2 * c * h * half);
}
