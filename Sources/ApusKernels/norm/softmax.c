#include "softmax.h"

#include <math.h>

#include "apus_constants.h"
#include "exponential.h"
#include "kernel_support.h"

// Lines side by side whose running values stay in cache.
#define TILE 128

DEFINE_LARGEST(f32, float)
DEFINE_LARGEST(f64, double)

#define T float
#define NAMED(x) x##_f32
#define EXP exp_f32
#define LOG logf
#define LARGEST largest_f32
#include "softmax_loops.h"

#define T double
#define NAMED(x) x##_f64
#define EXP exp_f64
#define LOG log
#define LARGEST largest_f64
#include "softmax_loops.h"

INLINE void forward(const apus_softmax_context *c, int thread, int count, int logarithm) {
  int single = c->dtype == TYPE_F32;
  if (c->inner == 1) {
    range part = split(c->outer, 1, thread, count);
    (single ? softmax_lines_f32 : softmax_lines_f64)(c, part, logarithm);
    return;
  }
  int64_t tiles = ceil_divide(c->inner, TILE);
  range part = split(c->outer * tiles, 1, thread, count);
  for (int64_t t = part.begin; t < part.end; t++) {
    int64_t column = t % tiles * TILE, start = t / tiles * c->axis * c->inner + column;
    (single ? softmax_tile_f32 : softmax_tile_f64)(c, start, min_i64(TILE, c->inner - column), logarithm);
  }
}

INLINE void backward(const apus_softmax_gradient_context *c, int thread, int count, int logarithm) {
  int single = c->dtype == TYPE_F32;
  if (c->inner == 1) {
    range part = split(c->outer, 1, thread, count);
    (single ? gradient_lines_f32 : gradient_lines_f64)(c, part, logarithm);
    return;
  }
  int64_t tiles = ceil_divide(c->inner, TILE);
  range part = split(c->outer * tiles, 1, thread, count);
  for (int64_t t = part.begin; t < part.end; t++) {
    int64_t column = t % tiles * TILE, start = t / tiles * c->axis * c->inner + column;
    (single ? gradient_tile_f32 : gradient_tile_f64)(c, start, min_i64(TILE, c->inner - column), logarithm);
  }
}

static void softmax_part(void *context, int thread, int count) { forward(context, thread, count, 0); }
static void log_softmax_part(void *context, int thread, int count) { forward(context, thread, count, 1); }
static void softmax_gradient_part(void *context, int thread, int count) {
  backward(context, thread, count, 0);
}
static void log_softmax_gradient_part(void *context, int thread, int count) {
  backward(context, thread, count, 1);
}

static int run_forward(apus_softmax_context *c, void (*part)(void *, int, int)) {
  if (c->dtype != TYPE_F32 && c->dtype != TYPE_F64) return APUS_FAULT_DTYPE;
  int64_t elements = c->outer * c->axis * c->inner;
  if (elements > 0) apus_parallel(thread_count(c->threads, elements), part, c);
  return 0;
}

static int run_backward(apus_softmax_gradient_context *c, void (*part)(void *, int, int)) {
  if (c->dtype != TYPE_F32 && c->dtype != TYPE_F64) return APUS_FAULT_DTYPE;
  int64_t elements = c->outer * c->axis * c->inner;
  if (elements > 0) apus_parallel(thread_count(c->threads, elements), part, c);
  return 0;
}

int apus_softmax(void *context) { return run_forward(context, softmax_part); }
int apus_log_softmax(void *context) { return run_forward(context, log_softmax_part); }
int apus_softmax_gradient(void *context) { return run_backward(context, softmax_gradient_part); }
int apus_log_softmax_gradient(void *context) { return run_backward(context, log_softmax_gradient_part); }
