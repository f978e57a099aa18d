#include "apus_threads.h"
#include "kernel_support.h"
#include "winograd_kernels.h"

// Transformed tiles that wait for their products: a part of the cache that cores share.
#define WAITING_BYTES 8000000

// What threads do together, and where in the scratch memory things lie.
typedef struct {
  const apus_winograd_gradient_context *c;
  const winograd_kernels *kernels;
  int64_t panels, tiles, capacity;
  float *source, *gradient, *sums;
  // The tiles at work.
  int64_t begin, count;
} gradient_work;

static gradient_work work_of(const apus_winograd_gradient_context *c) {
  gradient_work w = {.c = c, .kernels = winograd_kernels_for_processor()};
  w.panels = ceil_divide(c->filters, w.kernels->panel);
  w.tiles = c->batch * ceil_divide(c->out_height, RESULT_SIDE) * ceil_divide(c->out_width, RESULT_SIDE);
  int64_t width = w.panels * w.kernels->panel;
  int64_t tile_bytes = TRANSFORMED * (c->channels + width) * (int64_t)sizeof(float);
  w.capacity = min_i64(w.tiles, max_i64(96, WAITING_BYTES / tile_bytes));
  w.source = c->scratch;
  w.gradient = w.source + TRANSFORMED * winograd_distance(w.capacity, c->channels);
  w.sums = w.gradient + TRANSFORMED * winograd_distance(w.capacity, width);
  return w;
}

int64_t apus_winograd_filter_gradient_scratch_bytes(const apus_winograd_gradient_context *c) {
  gradient_work w = work_of(c);
  int64_t width = w.panels * w.kernels->panel;
  int64_t floats = winograd_distance(w.capacity, c->channels) + winograd_distance(w.capacity, width) +
                   winograd_distance(c->channels, width);
  return TRANSFORMED * floats * (int64_t)sizeof(float);
}

static void transform_part(void *context, int thread, int count) {
  const gradient_work *w = context;
  const apus_winograd_gradient_context *c = w->c;
  const apus_winograd_context source = {
      .source = c->source, .batch = c->batch, .height = c->height, .width = c->width, .channels = c->channels,
      .pad_top = c->pad_top, .pad_left = c->pad_left, .out_height = c->out_height, .out_width = c->out_width};
  range part = split(w->count, 1, thread, count);
  int64_t tiles = part.end - part.begin;
  w->kernels->source(
      &source, w->begin + part.begin, tiles, w->source + part.begin * c->channels,
      winograd_distance(w->capacity, c->channels));
  w->kernels->gradient(c, w->begin + part.begin, tiles, w->gradient, part.begin, w->capacity);
}

static void products_part(void *context, int thread, int count) {
  const gradient_work *w = context;
  range part = split(TRANSFORMED * w->panels, 1, thread, count);
  w->kernels->gradient_products(
      w->c, part.begin, part.end, w->count, w->capacity, w->source, w->gradient, w->sums, w->begin > 0);
}

static void result_part(void *context, int thread, int count) {
  const gradient_work *w = context;
  range part = split(w->c->channels, 1, thread, count);
  w->kernels->gradient_result(w->c, part.begin, part.end, w->sums);
}

int apus_winograd_filter_gradient(void *context) {
  const apus_winograd_gradient_context *c = context;
  gradient_work w = work_of(c);
  int threads = thread_count(c->threads, TRANSFORMED * c->channels * c->filters);
  for (; w.begin < w.tiles; w.begin += w.capacity) {
    w.count = min_i64(w.capacity, w.tiles - w.begin);
    apus_parallel(threads, transform_part, &w);
    apus_parallel(threads, products_part, &w);
  }
  apus_parallel(threads, result_part, &w);
  return 0;
}
