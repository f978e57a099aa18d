#include "winograd_kernels.h"

#include "apus_threads.h"
#include "kernel_support.h"
#include "loop_kernels.h"

// Transformed tiles and their products stay in a core's own cache…
#define SCRATCH_BYTES 720000
// …but weights that come from farther away are used for at least so many tiles: two rows of register tiles.
#define FEWEST_TILES 12
#define MOST_TILES 48

static const winograd_kernels *kernels_for_processor(void) {
#if defined(__x86_64__)
  const loop_kernels *loops = loop_kernels_for_processor();
  if (loops == &loop_kernels_avx512) return &winograd_kernels_avx512;
  if (loops == &loop_kernels_avx2) return &winograd_kernels_avx2;
#endif
  return &winograd_kernels_baseline;
}

static int64_t floats_for_tile(const apus_winograd_context *c) {
  return TRANSFORMED * (c->channels + c->filters);
}

// A multiple of the six rows of a register tile.
static int64_t tiles_at_once(const apus_winograd_context *c) {
  int64_t fitting = SCRATCH_BYTES / (int64_t)sizeof(float) / floats_for_tile(c) / 6 * 6;
  return min_i64(MOST_TILES, max_i64(FEWEST_TILES, fitting));
}

int64_t apus_winograd_scratch_bytes(const apus_winograd_context *c) {
  return max_i64(1, c->threads) * tiles_at_once(c) * floats_for_tile(c) * (int64_t)sizeof(float);
}

int apus_winograd_weights(void *context) {
  kernels_for_processor()->weights(context);
  return 0;
}

static void winograd_part(void *context, int thread, int count) {
  const apus_winograd_context *c = context;
  const winograd_kernels *kernels = kernels_for_processor();
  int64_t block = tiles_at_once(c);
  float *scratch = c->scratch + thread * block * floats_for_tile(c);
  int64_t total = c->batch * ceil_divide(c->out_height, RESULT_SIDE) * ceil_divide(c->out_width, RESULT_SIDE);
  range part = split(total, 1, thread, count);
  for (int64_t begin = part.begin; begin < part.end; begin += block) {
    kernels->tiles(c, begin, min_i64(begin + block, part.end), scratch);
  }
}

int apus_winograd(void *context) {
  const apus_winograd_context *c = context;
  int64_t elements = c->batch * c->out_height * c->out_width * c->filters;
  apus_parallel(thread_count(c->threads, elements * 8), winograd_part, context);
  return 0;
}
