#include "recurrence_kernels.h"

#include "loop_kernels.h"

static const recurrence_kernels *kernels_for_processor(void) {
#if defined(__x86_64__)
  const loop_kernels *loops = loop_kernels_for_processor();
  if (loops == &loop_kernels_avx512) return &recurrence_kernels_avx512;
  if (loops == &loop_kernels_avx2) return &recurrence_kernels_avx2;
#endif
  return &recurrence_kernels_baseline;
}

// Floats of the kernel in panels: each gate's columns are padded to whole panels.
static int64_t packed_floats(const apus_recurrence_sizes *s, int64_t panel) {
  return gate_count(s->cell) * s->units * ceil_divide(s->units, panel) * panel;
}

static int64_t tile_floats(int64_t panel) { return ROWS_AT_ONCE * MOST_GATES * panel; }

static int64_t shared_bytes(const apus_recurrence_sizes *s) {
  int64_t panel = kernels_for_processor()->panel;
  int64_t floats = packed_floats(s, panel) + max_i64(1, s->threads) * tile_floats(panel);
  return (int64_t)sizeof(meeting_point) + floats * (int64_t)sizeof(float);
}

int64_t apus_recurrence_scratch_bytes(const apus_recurrence_sizes *s) {
  return shared_bytes(s) + 2 * s->batch * s->units * (int64_t)sizeof(float);
}

int64_t apus_recurrence_gradient_scratch_bytes(const apus_recurrence_sizes *s) { return shared_bytes(s); }

static int threads_worth(const apus_recurrence_sizes *s) {
  return thread_count(s->threads, s->time * s->batch * s->units * min_i64(s->units, 64));
}

int apus_recurrence(void *context) {
  apus_recurrence_context *c = context;
  const recurrence_kernels *kernels = kernels_for_processor();
  int threads = threads_worth(&c->sizes);
  recurrence_job job = {.context = c, .meeting = c->scratch};
  job.meeting->arrivals = 0;
  job.packed = (float *)(job.meeting + 1);
  job.tiles = job.packed + packed_floats(&c->sizes, kernels->panel);
  job.ring = job.tiles + threads * tile_floats(kernels->panel);
  size_t row_bytes = sizeof(float) * (size_t)(c->sizes.batch * c->sizes.units);
  if (c->sizes.cell == APUS_CELL_LSTM) memcpy(c->last_cell, c->initial_cell, row_bytes);
  apus_parallel(threads, kernels->pack, &job);
  apus_parallel(threads, kernels->run, &job);
  return 0;
}

int apus_recurrence_gradient(void *context) {
  apus_recurrence_gradient_context *c = context;
  const recurrence_kernels *kernels = kernels_for_processor();
  int threads = threads_worth(&c->sizes);
  recurrence_gradient_job job = {.context = c, .meeting = c->scratch};
  job.meeting->arrivals = 0;
  job.packed = (float *)(job.meeting + 1);
  job.tiles = job.packed + packed_floats(&c->sizes, kernels->panel);
  size_t row_bytes = sizeof(float) * (size_t)(c->sizes.batch * c->sizes.units);
  memcpy(c->initial_state_gradient, c->last_state_gradient, row_bytes);
  if (c->sizes.cell == APUS_CELL_LSTM) memcpy(c->initial_cell_gradient, c->last_cell_gradient, row_bytes);
  apus_parallel(threads, kernels->pack_for_gradient, &job);
  apus_parallel(threads, kernels->run_gradient, &job);
  return 0;
}
