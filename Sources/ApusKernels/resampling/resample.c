#include "resample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel_support.h"
#include "resample_weights.h"

// As many rows as a vector of bytes has lanes are resampled across at once, turned on their side: then old pixels
// that are weighed together lie in vectors of their own, whatever the number of channels, just as they do when the
// image is resampled down.
#define LANES 16
// 8 bits for the pixel and two for sums that overshoot leave as many for the weights.
#define PRECISION 22

typedef uint8_t byte_lanes __attribute__((ext_vector_type(LANES)));
typedef int32_t sum_lanes __attribute__((ext_vector_type(LANES)));
typedef float float_lanes __attribute__((ext_vector_type(LANES)));

INLINE byte_lanes load_bytes(const uint8_t *from) {
  byte_lanes result;
  memcpy(&result, from, sizeof result);
  return result;
}

INLINE uint8_t clipped(int32_t sum) { return sum < 0 ? 0 : sum > 255 ? 255 : (uint8_t)sum; }

// result[0 ..< LANES] = the sum of weights[k] * source[k * stride ..< + LANES]
INLINE void weigh_lanes(
    uint8_t *result, const uint8_t *source, int64_t stride, const int32_t *weights, int64_t count) {
  sum_lanes sum = 1 << (PRECISION - 1);
  for (int64_t k = 0; k < count; k++) {
    sum += __builtin_convertvector(load_bytes(source + k * stride), sum_lanes) * weights[k];
  }
  sum >>= PRECISION;
  sum = __builtin_elementwise_min(__builtin_elementwise_max(sum, (sum_lanes)0), (sum_lanes)255);
  const byte_lanes bytes = __builtin_convertvector(sum, byte_lanes);
  memcpy(result, &bytes, sizeof bytes);
}

INLINE uint8_t weigh_one(const uint8_t *source, int64_t stride, const int32_t *weights, int64_t count) {
  int32_t sum = 1 << (PRECISION - 1);
  for (int64_t k = 0; k < count; k++) sum += source[k * stride] * weights[k];
  return clipped(sum >> PRECISION);
}

#define INTERLEAVE(a, b, from)                                                                               \
  __builtin_shufflevector(                                                                                   \
      a, b, from, from + 16, from + 1, from + 17, from + 2, from + 18, from + 3, from + 19, from + 4,        \
      from + 20, from + 5, from + 21, from + 6, from + 22, from + 7, from + 23)

// Turns a square of 16 by 16 bytes on its side: four rounds in which row i meets row i + 8.
INLINE void transpose_square(uint8_t *result, int64_t result_stride, const uint8_t *const *rows, int64_t at) {
  byte_lanes a[LANES], b[LANES];
  for (int i = 0; i < LANES; i++) a[i] = load_bytes(rows[i] + at);
  for (int round = 0; round < 4; round++) {
    for (int i = 0; i < LANES / 2; i++) {
      b[2 * i] = INTERLEAVE(a[i], a[i + 8], 0);
      b[2 * i + 1] = INTERLEAVE(a[i], a[i + 8], 8);
    }
    memcpy(a, b, sizeof a);
  }
  for (int i = 0; i < LANES; i++) memcpy(result + i * result_stride, &a[i], sizeof a[i]);
}

// The weights as whole numbers, rounded as Pillow rounds them.
static int32_t *whole_weights(const resample_weights *w, int64_t new_count) {
  int32_t *result = malloc((size_t)(new_count * w->span) * sizeof *result);
  for (int64_t i = 0; result != NULL && i < new_count * w->span; i++) {
    const double value = w->values[i] * (1 << PRECISION);
    result[i] = (int32_t)(value < 0 ? value - 0.5 : value + 0.5);
  }
  return result;
}

// `rows` rows, at most LANES of them, from `source` to `result`; `tile` and `new_tile` hold LANES bytes for each byte
// of an old and of a new row.
VECTOR static void resample_rows(
    const uint8_t *source, int64_t row_bytes, int64_t rows, int64_t count, uint8_t *result, int64_t new_width,
    int64_t channels, const resample_weights *w, const int32_t *weights, uint8_t *tile, uint8_t *new_tile) {
  const uint8_t *old_rows[LANES];
  for (int64_t i = 0; i < LANES; i++) old_rows[i] = source + (i < rows ? i : rows - 1) * row_bytes;
  int64_t at = 0;
  for (; at + LANES <= count; at += LANES) transpose_square(tile + at * LANES, LANES, old_rows, at);
  for (; at < count; at++) {
    for (int64_t i = 0; i < LANES; i++) tile[at * LANES + i] = old_rows[i][at];
  }
  const int64_t new_count = new_width * channels;
  for (int64_t i = 0; i < new_width; i++) {
    const uint8_t *from = tile + w->starts[i] * channels * LANES;
    for (int64_t channel = 0; channel < channels; channel++) {
      weigh_lanes(
          new_tile + (i * channels + channel) * LANES, from + channel * LANES, channels * LANES,
          weights + i * w->span, w->counts[i]);
    }
  }
  const uint8_t *columns[LANES];
  for (at = 0; rows == LANES && at + LANES <= new_count; at += LANES) {
    for (int64_t i = 0; i < LANES; i++) columns[i] = new_tile + (at + i) * LANES;
    transpose_square(result + at, new_count, columns, 0);
  }
  for (; at < new_count; at++) {
    for (int64_t i = 0; i < rows; i++) result[i * new_count + at] = new_tile[at * LANES + i];
  }
}

// To the new width alone.
static int resample_across(const apus_resample_context *c) {
  resample_weights w;
  if (resample_weights_make(&w, c->width, c->new_width, c->filter) != 0) return 1;
  const int64_t count = c->width * c->channels, new_count = c->new_width * c->channels;
  int32_t *weights = whole_weights(&w, c->new_width);
  uint8_t *tile = malloc((size_t)count * LANES), *new_tile = malloc((size_t)new_count * LANES);
  const int failed = weights == NULL || tile == NULL || new_tile == NULL;
  for (int64_t row = 0; !failed && row < c->height; row += LANES) {
    resample_rows(
        (const uint8_t *)c->pixels + row * c->row_bytes, c->row_bytes, min_i64(LANES, c->height - row), count,
        (uint8_t *)c->result + row * new_count, c->new_width, c->channels, &w, weights, tile, new_tile);
  }
  free(weights);
  free(tile);
  free(new_tile);
  resample_weights_free(&w);
  return failed;
}

VECTOR static void resample_columns(
    const uint8_t *source, int64_t row_bytes, int64_t count, uint8_t *result, int64_t new_height,
    const resample_weights *w, const int32_t *weights) {
  for (int64_t row = 0; row < new_height; row++) {
    const uint8_t *from = source + w->starts[row] * row_bytes;
    const int32_t *shares = weights + row * w->span;
    uint8_t *to = result + row * count;
    int64_t at = 0;
    for (; at + LANES <= count; at += LANES) weigh_lanes(to + at, from + at, row_bytes, shares, w->counts[row]);
    for (; at < count; at++) to[at] = weigh_one(from + at, row_bytes, shares, w->counts[row]);
  }
}

// To the new height alone.
static int resample_down(const apus_resample_context *c) {
  resample_weights w;
  if (resample_weights_make(&w, c->height, c->new_height, c->filter) != 0) return 1;
  int32_t *weights = whole_weights(&w, c->new_height);
  if (weights != NULL) {
    resample_columns(c->pixels, c->row_bytes, c->width * c->channels, c->result, c->new_height, &w, weights);
  }
  free(weights);
  resample_weights_free(&w);
  return weights == NULL;
}

static void copy_rows(const apus_resample_context *c) {
  const int64_t count = c->width * c->channels;
  for (int64_t row = 0; row < c->height; row++) {
    memcpy((char *)c->result + row * count, (const char *)c->pixels + row * c->row_bytes, (size_t)count);
  }
}

int apus_resample_bytes(const apus_resample_context *c) {
  const int changes_width = c->new_width != c->width, changes_height = c->new_height != c->height;
  if (!changes_width && !changes_height) {
    copy_rows(c);
    return 0;
  }
  if (!changes_height) return resample_across(c);
  if (!changes_width) return resample_down(c);
  // What overshoots is clipped between the two, so which of them comes first can be seen. Pillow 13 begins with the
  // rows that disappear where these are more than twice as many as the columns that do.
  const int64_t fewer_rows = c->height - c->new_height, fewer_columns = c->width - c->new_width;
  const int down_first = fewer_rows > 0 && fewer_rows > 2 * fewer_columns;
  apus_resample_context first = *c, second = *c;
  if (down_first) {
    second.height = c->new_height;
    second.row_bytes = c->width * c->channels;
  } else {
    second.width = c->new_width;
    second.row_bytes = c->new_width * c->channels;
  }
  uint8_t *middle = malloc((size_t)(second.row_bytes * second.height));
  first.result = middle;
  second.pixels = middle;
  const int failed = middle == NULL || (down_first ? resample_down : resample_across)(&first) != 0 ||
      (down_first ? resample_across : resample_down)(&second) != 0;
  free(middle);
  return failed;
}

VECTOR static void floats_across(const apus_resample_context *c, const resample_weights *w, float *result) {
  const int64_t channels = c->channels;
  for (int64_t row = 0; row < c->height; row++) {
    const float *from = (const float *)((const char *)c->pixels + row * c->row_bytes);
    float *to = result + row * c->new_width * channels;
    for (int64_t i = 0; i < c->new_width; i++) {
      const double *shares = w->values + i * w->span;
      const float *start = from + w->starts[i] * channels;
      for (int64_t channel = 0; channel < channels; channel++) {
        double sum = 0;
        for (int64_t k = 0; k < w->counts[i]; k++) sum += shares[k] * start[k * channels + channel];
        to[i * channels + channel] = (float)sum;
      }
    }
  }
}

VECTOR static void floats_down(
    const apus_resample_context *c, const resample_weights *w, const float *source, float *result) {
  const int64_t count = c->new_width * c->channels;
  for (int64_t row = 0; row < c->new_height; row++) {
    const double *shares = w->values + row * w->span;
    const float *from = source + w->starts[row] * count;
    float *to = result + row * count;
    for (int64_t i = 0; i < count; i++) to[i] = 0;
    for (int64_t k = 0; k < w->counts[row]; k++) {
      const float share = (float)shares[k];
      for (int64_t i = 0; i < count; i++) to[i] += share * from[k * count + i];
    }
  }
}

int apus_resample_floats(const apus_resample_context *c) {
  resample_weights across = {0}, down = {0};
  float *middle = malloc((size_t)(c->height * c->new_width * c->channels) * sizeof *middle);
  const int failed = middle == NULL || resample_weights_make(&across, c->width, c->new_width, c->filter) != 0 ||
      resample_weights_make(&down, c->height, c->new_height, c->filter) != 0;
  if (!failed) {
    floats_across(c, &across, middle);
    floats_down(c, &down, middle, c->result);
  }
  free(middle);
  resample_weights_free(&across);
  resample_weights_free(&down);
  return failed;
}

void apus_resample_nearest(const apus_resample_context *c, int64_t pixel_bytes) {
  // Steps are added up, not multiplied, so that what falls between two pixels falls as it does in Pillow.
  const double across = (double)c->width / (double)c->new_width;
  const double down = (double)c->height / (double)c->new_height;
  char *to = c->result;
  double y = 0.5 * down;
  for (int64_t row = 0; row < c->new_height; row++, y += down) {
    const char *from = (const char *)c->pixels + min_i64((int64_t)y, c->height - 1) * c->row_bytes;
    double x = 0.5 * across;
    for (int64_t i = 0; i < c->new_width; i++, x += across, to += pixel_bytes) {
      memcpy(to, from + min_i64((int64_t)x, c->width - 1) * pixel_bytes, (size_t)pixel_bytes);
    }
  }
}

VECTOR void apus_bytes_to_floats(float *result, const uint8_t *bytes, int64_t count, float divisor) {
  int64_t at = 0;
  for (; at + LANES <= count; at += LANES) {
    const float_lanes values = __builtin_convertvector(load_bytes(bytes + at), float_lanes) / divisor;
    memcpy(result + at, &values, sizeof values);
  }
  for (; at < count; at++) result[at] = (float)bytes[at] / divisor;
}

void apus_premultiply_alpha(uint8_t *pixels, int64_t count, int64_t channels) {
  for (uint8_t *pixel = pixels; pixel < pixels + count * channels; pixel += channels) {
    for (int64_t channel = 0; channel < channels - 1; channel++) {
      const unsigned product = pixel[channel] * pixel[channels - 1] + 128u;
      pixel[channel] = (uint8_t)(((product >> 8) + product) >> 8);
    }
  }
}

void apus_unpremultiply_alpha(uint8_t *pixels, int64_t count, int64_t channels) {
  for (uint8_t *pixel = pixels; pixel < pixels + count * channels; pixel += channels) {
    const int alpha = pixel[channels - 1];
    for (int64_t channel = 0; alpha != 0 && alpha != 255 && channel < channels - 1; channel++) {
      pixel[channel] = clipped(255 * pixel[channel] / alpha);
    }
  }
}
