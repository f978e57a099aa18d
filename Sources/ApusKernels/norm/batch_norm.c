#include "batch_norm.h"

#include <math.h>

#include "apus_constants.h"
#include "kernel_support.h"

// Channels handled side by side: their sums fit into the closest cache, and a row of them is read in one go.
#define TILE 512
// Rows summed before the sum joins a longer one.
#define RUN 64
// A chunk of rows stays in cache between its two walks; there are few, so that their statistics stay small.
#define CHUNK_BYTES 131072
#define MOST_CHUNKS 256

// Depends on the sizes alone, so that the sums over rows do too.
INLINE int64_t chunk_rows(int64_t rows, int64_t channels, int64_t bytes) {
  int64_t fitting = max_i64(16, CHUNK_BYTES / max_i64(1, channels * bytes));
  return max_i64(fitting, ceil_divide(rows, MOST_CHUNKS));
}

#define T float
#define NAMED(x) x##_f32
#define SQRT sqrtf
#include "batch_norm_loops.h"

#define T double
#define NAMED(x) x##_f64
#define SQRT sqrt
#include "batch_norm_loops.h"

INLINE int64_t scratch_bytes(int64_t rows, int64_t channels, int32_t dtype) {
  int64_t bytes = element_bytes(dtype);
  return max_i64(1, ceil_divide(rows, chunk_rows(rows, channels, bytes))) * 2 * channels * bytes;
}

int64_t apus_batch_norm_scratch_bytes(const apus_batch_norm_context *c) {
  return scratch_bytes(c->rows, c->channels, c->dtype);
}

int64_t apus_batch_norm_gradient_scratch_bytes(const apus_batch_norm_gradient_context *c) {
  return scratch_bytes(c->rows, c->channels, c->dtype);
}

// Runs BODY for each tile of channels, with `channel` and `width`.
#define FOR_EACH_TILE(channels, BODY) \
  for (int64_t channel = 0; channel < (channels); channel += TILE) { \
    int64_t width = min_i64(TILE, (channels) - channel); \
    BODY \
  }

static void statistics_part(void *context, int thread, int count) {
  const apus_batch_norm_context *c = context;
  int64_t chunk = chunk_rows(c->rows, c->channels, element_bytes(c->dtype));
  range part = split(ceil_divide(c->rows, chunk), 1, thread, count);
  for (int64_t k = part.begin; k < part.end; k++) {
    int64_t rows = min_i64(chunk, c->rows - k * chunk), source = k * chunk * c->channels;
    int64_t means = 2 * k * c->channels;
    FOR_EACH_TILE(c->channels, {
      if (c->dtype == TYPE_F32) {
        float *to = (float *)c->scratch + means + channel;
        chunk_statistics_f32((const float *)c->source + source + channel, rows, c->channels, width, to,
                             to + c->channels);
      } else {
        double *to = (double *)c->scratch + means + channel;
        chunk_statistics_f64((const double *)c->source + source + channel, rows, c->channels, width, to,
                             to + c->channels);
      }
    })
  }
}

static void normalize_part(void *context, int thread, int count) {
  const apus_batch_norm_context *c = context;
  range part = split(c->rows, 1, thread, count);
  int64_t block = chunk_rows(c->rows, c->channels, element_bytes(c->dtype));
  // By blocks: their rows are near each other in memory while the tiles are walked.
  for (int64_t first = part.begin; first < part.end; first += block) {
    range rows = {first, min_i64(first + block, part.end)};
    FOR_EACH_TILE(c->channels, {
      (c->dtype == TYPE_F32 ? normalize_f32 : normalize_f64)(c, rows, channel, width);
    })
  }
}

int apus_batch_norm(void *context) {
  apus_batch_norm_context *c = context;
  if (c->dtype != TYPE_F32 && c->dtype != TYPE_F64) return APUS_FAULT_DTYPE;
  if (c->rows == 0 || c->channels == 0) return 0;
  int threads = thread_count(c->threads, c->rows * c->channels);
  apus_parallel(threads, statistics_part, c);
  FOR_EACH_TILE(c->channels, {
    (c->dtype == TYPE_F32 ? combine_statistics_f32 : combine_statistics_f64)(c, channel, width);
  })
  if (c->result != NULL) apus_parallel(threads, normalize_part, c);
  return 0;
}

int apus_batch_normalize(void *context) {
  apus_batch_norm_context *c = context;
  if (c->dtype != TYPE_F32 && c->dtype != TYPE_F64) return APUS_FAULT_DTYPE;
  apus_parallel(thread_count(c->threads, c->rows * c->channels), normalize_part, c);
  return 0;
}

static void gradient_sums_part(void *context, int thread, int count) {
  const apus_batch_norm_gradient_context *c = context;
  int64_t chunk = chunk_rows(c->rows, c->channels, element_bytes(c->dtype));
  range part = split(ceil_divide(c->rows, chunk), 1, thread, count);
  for (int64_t k = part.begin; k < part.end; k++) {
    range rows = {k * chunk, min_i64(c->rows, (k + 1) * chunk)};
    int64_t sums = 2 * k * c->channels;
    FOR_EACH_TILE(c->channels, {
      if (c->dtype == TYPE_F32) {
        float *to = (float *)c->scratch + sums + channel;
        chunk_gradients_f32(c, rows, channel, width, to, to + c->channels);
      } else {
        double *to = (double *)c->scratch + sums + channel;
        chunk_gradients_f64(c, rows, channel, width, to, to + c->channels);
      }
    })
  }
}

static void source_gradient_part(void *context, int thread, int count) {
  const apus_batch_norm_gradient_context *c = context;
  range part = split(c->rows, 1, thread, count);
  int64_t block = chunk_rows(c->rows, c->channels, element_bytes(c->dtype));
  for (int64_t first = part.begin; first < part.end; first += block) {
    range rows = {first, min_i64(first + block, part.end)};
    FOR_EACH_TILE(c->channels, {
      (c->dtype == TYPE_F32 ? source_gradients_f32 : source_gradients_f64)(c, rows, channel, width);
    })
  }
}

int apus_batch_norm_gradient(void *context) {
  apus_batch_norm_gradient_context *c = context;
  if (c->dtype != TYPE_F32 && c->dtype != TYPE_F64) return APUS_FAULT_DTYPE;
  if (c->channels == 0) return 0;
  if (c->rows == 0) {
    size_t bytes = (size_t)(c->channels * element_bytes(c->dtype));
    if (c->gamma_gradient != NULL) memset(c->gamma_gradient, 0, bytes);
    if (c->beta_gradient != NULL) memset(c->beta_gradient, 0, bytes);
    return 0;
  }
  int threads = thread_count(c->threads, c->rows * c->channels);
  apus_parallel(threads, gradient_sums_part, c);
  FOR_EACH_TILE(c->channels, {
    (c->dtype == TYPE_F32 ? combine_gradients_f32 : combine_gradients_f64)(c, channel, width);
  })
  apus_parallel(threads, source_gradient_part, c);
  return 0;
}
