#include "winograd_kernels.h"

#include "apus_threads.h"
#include "kernel_support.h"
#include "loop_kernels.h"

// Transformed tiles and their products stay in a core's own cache…
#define SCRATCH_BYTES 720000
// …but weights that come from farther away are used for at least so many tiles: two rows of register tiles.
#define FEWEST_TILES 12
#define MOST_TILES 48
// Where threads share the weights rather than the tiles: at most so many tiles, at least so many weights.
#define MOST_SHARED_TILES 64
#define FEWEST_SHARED_WEIGHTS (1 << 16)

const winograd_kernels *winograd_kernels_for_processor(void) {
#if defined(__x86_64__)
  const loop_kernels *loops = loop_kernels_for_processor();
  if (loops == &loop_kernels_avx512) return &winograd_kernels_avx512;
  if (loops == &loop_kernels_avx2) return &winograd_kernels_avx2;
#endif
  return &winograd_kernels_baseline;
}

static int64_t panels(int64_t filters) { return ceil_divide(filters, winograd_kernels_for_processor()->panel); }

// Filters with those that fill the last panel.
static int64_t width(const apus_winograd_context *c) {
  return panels(c->filters) * winograd_kernels_for_processor()->panel;
}

static int64_t floats_for_tiles(const apus_winograd_context *c, int64_t count) {
  return TRANSFORMED * (winograd_distance(count, c->channels) + winograd_distance(count, width(c)));
}

static int64_t tile_count(const apus_winograd_context *c) {
  return c->batch * ceil_divide(c->out_height, RESULT_SIDE) * ceil_divide(c->out_width, RESULT_SIDE);
}

// A multiple of the six rows of a register tile.
static int64_t tiles_at_once(const apus_winograd_context *c) {
  int64_t tile_bytes = TRANSFORMED * (c->channels + width(c)) * (int64_t)sizeof(float);
  int64_t fitting = SCRATCH_BYTES / tile_bytes / 6 * 6;
  return min_i64(MOST_TILES, max_i64(FEWEST_TILES, fitting));
}

// Whether threads share the weights, each with its part of the products of all tiles, rather than the tiles:
// weights that serve few tiles are read from far away, and then once.
static int shares_weights(const apus_winograd_context *c) {
  return tile_count(c) <= MOST_SHARED_TILES && c->channels * c->filters >= FEWEST_SHARED_WEIGHTS;
}

int64_t apus_winograd_scratch_bytes(const apus_winograd_context *c) {
  int64_t floats = shares_weights(c) ? floats_for_tiles(c, tile_count(c))
                                     : max_i64(1, c->threads) * floats_for_tiles(c, tiles_at_once(c));
  return floats * (int64_t)sizeof(float);
}

int64_t apus_winograd_weights_bytes(int64_t channels, int64_t filters) {
  int64_t panel = winograd_kernels_for_processor()->panel;
  return TRANSFORMED * winograd_distance(channels, panels(filters) * panel) * (int64_t)sizeof(float);
}

static void weights_part(void *context, int thread, int count) {
  const apus_winograd_weights_context *c = context;
  range part = split(c->channels / WEIGHT_ROWS * panels(c->filters), 1, thread, count);
  winograd_kernels_for_processor()->weights(c, part.begin, part.end);
}

int apus_winograd_weights(void *context) {
  const apus_winograd_weights_context *c = context;
  apus_parallel(thread_count(c->threads, TRANSFORMED * c->channels * c->filters), weights_part, context);
  return 0;
}

// A thread's share of the tiles, block by block.
static void blocks_part(void *context, int thread, int count) {
  const apus_winograd_context *c = context;
  const winograd_kernels *kernels = winograd_kernels_for_processor();
  int64_t most = tiles_at_once(c), units = TRANSFORMED * panels(c->filters);
  float *scratch = c->scratch + thread * floats_for_tiles(c, most);
  range part = split(tile_count(c), 1, thread, count);
  for (int64_t begin = part.begin; begin < part.end; begin += most) {
    int64_t tiles = min_i64(most, part.end - begin), distance = winograd_distance(tiles, c->channels);
    float *products = scratch + TRANSFORMED * distance;
    kernels->source(c, begin, tiles, scratch, distance);
    kernels->products(c, 0, units, tiles, scratch, products);
    kernels->result(c, begin, tiles, products, winograd_distance(tiles, width(c)));
  }
}

static float *shared_products(const apus_winograd_context *c) {
  return c->scratch + TRANSFORMED * winograd_distance(tile_count(c), c->channels);
}

static void shared_source_part(void *context, int thread, int count) {
  const apus_winograd_context *c = context;
  range part = split(tile_count(c), 1, thread, count);
  winograd_kernels_for_processor()->source(
      c, part.begin, part.end - part.begin, c->scratch + part.begin * c->channels,
      winograd_distance(tile_count(c), c->channels));
}

static void shared_products_part(void *context, int thread, int count) {
  const apus_winograd_context *c = context;
  const winograd_kernels *kernels = winograd_kernels_for_processor();
  range part = split(TRANSFORMED * panels(c->filters), 1, thread, count);
  kernels->products(c, part.begin, part.end, tile_count(c), c->scratch, shared_products(c));
}

static void shared_result_part(void *context, int thread, int count) {
  const apus_winograd_context *c = context;
  range part = split(tile_count(c), 1, thread, count);
  winograd_kernels_for_processor()->result(
      c, part.begin, part.end - part.begin, shared_products(c) + part.begin * width(c),
      winograd_distance(tile_count(c), width(c)));
}

int apus_winograd(void *context) {
  const apus_winograd_context *c = context;
  int64_t results = c->batch * c->out_height * c->out_width * c->filters;
  int threads = thread_count(c->threads, results * 8 + c->channels * c->filters);
  if (shares_weights(c)) {
    apus_parallel(threads, shared_source_part, context);
    apus_parallel(threads, shared_products_part, context);
    apus_parallel(threads, shared_result_part, context);
  } else {
    apus_parallel(threads, blocks_part, context);
  }
  return 0;
}
