#include "layer_norm.h"

#include <math.h>

#include "apus_constants.h"
#include "kernel_support.h"
#include "loop_internal.h"

#define T float
#define NAMED(x) x##_f32
#define SQRT sqrtf
#include "layer_norm_loops.h"

#define T double
#define NAMED(x) x##_f64
#define SQRT sqrt
#include "layer_norm_loops.h"

INLINE int is_floating(int32_t dtype) { return dtype == TYPE_F32 || dtype == TYPE_F64; }

// Results of so many bytes go past the caches: what reads them next will not find their beginning there anyway.
#define STREAMED_BYTES (8 << 20)

// float32 with gamma and beta, as models have it.
static void normalize_rows(const apus_layer_norm_context *c, range part) {
  const loop_kernels *kernels = loop_kernels_for_processor();
  row_normalization row = {.gamma = c->gamma, .beta = c->beta, .epsilon = (float)c->epsilon,
                           .activation = c->activation};
  row.streams = c->rows * c->columns * (int64_t)sizeof(float) >= STREAMED_BYTES && c->source != c->result;
  for (int64_t r = part.begin; r < part.end; r++) {
    float mean, rstd;
    row.source = (const float *)c->source + r * c->columns;
    row.result = (float *)c->result + r * c->columns;
    row.next = r + 1 < part.end ? row.source + c->columns : NULL;
    kernels->normalize(&row, c->columns, &mean, &rstd);
    if (c->mean != NULL) ((float *)c->mean)[r] = mean;
    if (c->rstd != NULL) ((float *)c->rstd)[r] = rstd;
  }
#if defined(__x86_64__)
  if (row.streams) __builtin_ia32_sfence();
#endif
}

static void layer_norm_part(void *context, int thread, int count) {
  const apus_layer_norm_context *c = context;
  if (c->dtype == TYPE_F32 && c->gamma != NULL && c->beta != NULL) {
    return normalize_rows(c, split(c->rows, 1, thread, count));
  }
  (c->dtype == TYPE_F32 ? forward_f32 : forward_f64)(c, split(c->rows, 1, thread, count), 1);
}

static void rms_norm_part(void *context, int thread, int count) {
  const apus_layer_norm_context *c = context;
  (c->dtype == TYPE_F32 ? forward_f32 : forward_f64)(c, split(c->rows, 1, thread, count), 0);
}

static int run_forward(apus_layer_norm_context *c, void (*part)(void *, int, int)) {
  if (!is_floating(c->dtype)) return APUS_FAULT_DTYPE;
  if (c->rows > 0) apus_parallel(thread_count(c->threads, c->rows * c->columns), part, c);
  return 0;
}

int apus_layer_norm(void *context) { return run_forward(context, layer_norm_part); }
int apus_rms_norm(void *context) { return run_forward(context, rms_norm_part); }

// Rows are cut into chunks that depend on their number alone, so that the sums over rows do too.
#define CHUNKS 32

INLINE int64_t chunk_rows(int64_t rows) { return max_i64(8, ceil_divide(rows, CHUNKS)); }
INLINE int64_t chunk_count(int64_t rows) { return ceil_divide(rows, chunk_rows(rows)); }

int64_t apus_layer_norm_gradient_scratch_bytes(const apus_layer_norm_gradient_context *c) {
  return chunk_count(c->rows) * 2 * c->columns * element_bytes(c->dtype);
}

// The scratch holds, for each chunk, its part of dgamma and then of dbeta.
static void backward(const apus_layer_norm_gradient_context *c, int thread, int count, int centered) {
  range part = split(chunk_count(c->rows), 1, thread, count);
  int with_beta = centered && c->beta_gradient != NULL;
  for (int64_t chunk = part.begin; chunk < part.end; chunk++) {
    int64_t first = chunk * chunk_rows(c->rows), offset = chunk * 2 * c->columns;
    range rows = {first, min_i64(c->rows, first + chunk_rows(c->rows))};
    if (c->dtype == TYPE_F32) {
      float *dgamma = (float *)c->scratch + offset;
      backward_chunk_f32(c, rows, c->gamma_gradient != NULL ? dgamma : NULL,
                         with_beta ? dgamma + c->columns : NULL, centered);
    } else {
      double *dgamma = (double *)c->scratch + offset;
      backward_chunk_f64(c, rows, c->gamma_gradient != NULL ? dgamma : NULL,
                         with_beta ? dgamma + c->columns : NULL, centered);
    }
  }
}

static void layer_norm_gradient_part(void *context, int thread, int count) {
  backward(context, thread, count, 1);
}
static void rms_norm_gradient_part(void *context, int thread, int count) {
  backward(context, thread, count, 0);
}

static void add_part(const apus_layer_norm_gradient_context *c, int64_t offset, range columns, void *result) {
  int64_t chunks = chunk_count(c->rows), stride = 2 * c->columns;
  if (result == NULL) return;
  if (c->dtype == TYPE_F32) {
    add_chunks_f32((const float *)c->scratch + offset, chunks, stride, columns, result);
  } else {
    add_chunks_f64((const double *)c->scratch + offset, chunks, stride, columns, result);
  }
}

static int run_backward(apus_layer_norm_gradient_context *c, void (*part)(void *, int, int), int centered) {
  if (!is_floating(c->dtype)) return APUS_FAULT_DTYPE;
  size_t bytes = (size_t)(c->columns * element_bytes(c->dtype));
  void *beta_gradient = centered ? c->beta_gradient : NULL;
  if (c->rows == 0) {
    if (c->gamma_gradient != NULL) memset(c->gamma_gradient, 0, bytes);
    if (beta_gradient != NULL) memset(beta_gradient, 0, bytes);
    return 0;
  }
  apus_parallel(thread_count(c->threads, c->rows * c->columns), part, c);
  range columns = {0, c->columns};
  add_part(c, 0, columns, c->gamma_gradient);
  add_part(c, c->columns, columns, beta_gradient);
  return 0;
}

int apus_layer_norm_gradient(void *context) { return run_backward(context, layer_norm_gradient_part, 1); }
int apus_rms_norm_gradient(void *context) { return run_backward(context, rms_norm_gradient_part, 0); }
