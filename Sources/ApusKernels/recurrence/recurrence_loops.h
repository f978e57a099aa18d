// The recurrent loops for one instruction set; see vector_types.h for what the including file defines. What one
// step does to a row of the batch is in recurrence_cells.h.

#pragma once
#include <sched.h>
#include <string.h>

#include "loop_kernels.h"
#include "recurrence_kernels.h"
#include "product_tile.h"
#include "recurrence_cells.h"

// Depth of a product that is worked through at once: so much of a panel stays in the nearest cache while the rows
// pass by.
#define DEPTH_AT_ONCE 128

// What one thread handles.
typedef struct {
  range rows, groups;
  // Whether other threads handle other units of the same rows.
  int is_shared;
} share;

// Rows are shared out as long as each thread gets several register tiles of them, for then nobody has to wait;
// units otherwise.
static share share_of(const apus_recurrence_sizes *s, int thread, int count) {
  int64_t groups = panel_count(s->units);
  if (s->batch >= 2 * TILE_ROWS * (int64_t)count || groups < count) {
    return (share){split(s->batch, 1, thread, count), {0, groups}, 0};
  }
  return (share){{0, s->batch}, split(groups, 1, thread, count), count > 1};
}

// Waits until all threads have arrived as often as this one has.
static void meet(meeting_point *meeting, int64_t *visits, int threads) {
  int64_t expected = ++*visits * threads;
  __atomic_fetch_add(&meeting->arrivals, 1, __ATOMIC_ACQ_REL);
  for (int spins = 0; __atomic_load_n(&meeting->arrivals, __ATOMIC_ACQUIRE) < expected; spins++) {
    if (spins >= 10000) sched_yield();
  }
}

// C[rows, PANEL] = A[rows, depth] B, or += with `adds`.
static void panel_product(
    const float *a, int64_t a_row, const float *panel, float *c, int64_t c_row, int64_t rows, int64_t depth,
    int adds) {
  for (int64_t k = 0; k < depth; k += DEPTH_AT_ONCE) {
    product(a + k, a_row, 1, panel + k * PANEL, 0, c, c_row, rows, 1, min_i64(DEPTH_AT_ONCE, depth - k),
            adds || k > 0);
  }
}

// MARK: - Forward

static void pack(void *context, int thread, int count) {
  const recurrence_job *job = context;
  const apus_recurrence_sizes *s = &job->context->sizes;
  int64_t gates = gate_count(s->cell), columns = gates * s->units;
  const float *kernel = job->context->kernel;
  for (int64_t g = thread; g < gates; g += count) {
    pack_panels(job->packed + g * panel_count(s->units) * s->units * PANEL, kernel + g * s->units, columns,
                s->units, s->units);
  }
}

// The state after a step, counted in the order of the run.
static float *state_after(const recurrence_job *job, int64_t step) {
  const apus_recurrence_sizes *s = &job->context->sizes;
  float *states = job->context->states;
  if (states == NULL) return job->ring + (step & 1) * s->batch * s->units;
  return states + (s->reverse ? s->time - 1 - step : step) * s->batch * s->units;
}

static void run_step(
    const recurrence_job *job, int64_t step, range rows, int64_t group, float *tile) {
  const apus_recurrence_context *c = job->context;
  const apus_recurrence_sizes *s = &c->sizes;
  int64_t units = s->units, gates = gate_count(s->cell), panel_floats = units * PANEL;
  const float *before = step == 0 ? c->initial_state : state_after(job, step - 1);
  for (int64_t g = 0; g < gates; g++) {
    const float *panel = job->packed + (g * panel_count(units) + group) * panel_floats;
    panel_product(before + rows.begin * units, units, panel, tile + g * PANEL, MOST_GATES * PANEL,
                  rows.end - rows.begin, units, 0);
  }
  int64_t place = s->reverse ? s->time - 1 - step : step, first = group * PANEL;
  float *after = state_after(job, step);
  const float *bias = c->recurrent_bias;
  for (int64_t r = rows.begin; r < rows.end; r++) {
    int64_t row = place * s->batch + r, at = r * units + first, gates_at = row * gates * units + first;
    cell_row cell = {
        .units = units,
        .width = min_i64(PANEL, units - first),
        .is_kept = c->mask != NULL && ((const uint8_t *)c->mask)[row] == 0,
        .recurrent = tile + (r - rows.begin) * MOST_GATES * PANEL,
        .projection = (const float *)c->projection + gates_at,
        .bias = bias == NULL ? NULL : bias + first,
        .before = before + at,
        .after = after + at,
        .cell = c->last_cell == NULL ? NULL : (float *)c->last_cell + at,
        .gates = c->gates == NULL ? NULL : (float *)c->gates + gates_at,
        .kept_cell = c->cells == NULL ? NULL : (float *)c->cells + row * units + first,
    };
    switch (s->cell) {
      case APUS_CELL_LSTM: lstm_row(&cell); break;
      case APUS_CELL_GRU: gru_row(&cell); break;
      default: simple_row(&cell); break;
    }
  }
}

static void run(void *context, int thread, int count) {
  const recurrence_job *job = context;
  const apus_recurrence_sizes *s = &job->context->sizes;
  share part = share_of(s, thread, count);
  float *tile = job->tiles + (int64_t)thread * ROWS_AT_ONCE * MOST_GATES * PANEL;
  int64_t visits = 0;
  for (int64_t step = 0; step < s->time; step++) {
    for (int64_t group = part.groups.begin; group < part.groups.end; group++) {
      for (int64_t r = part.rows.begin; r < part.rows.end; r += ROWS_AT_ONCE) {
        run_step(job, step, (range){r, min_i64(r + ROWS_AT_ONCE, part.rows.end)}, group, tile);
      }
    }
    if (part.is_shared) meet(job->meeting, &visits, count);
  }
  const float *last = state_after(job, s->time - 1);
  int64_t first = part.groups.begin * PANEL, end = min_i64(part.groups.end * PANEL, s->units);
  for (int64_t r = part.rows.begin; r < part.rows.end; r++) {
    memcpy((float *)job->context->last_state + r * s->units + first, last + r * s->units + first,
           sizeof(float) * (size_t)(end - first));
  }
}

// MARK: - Gradient

static void pack_for_gradient(void *context, int thread, int count) {
  const recurrence_gradient_job *job = context;
  const apus_recurrence_sizes *s = &job->context->sizes;
  int64_t columns = gate_count(s->cell) * s->units;
  range panels = split(panel_count(s->units), 1, thread, count);
  int64_t first = panels.begin * PANEL, end = min_i64(panels.end * PANEL, s->units);
  pack_turned_panels(job->packed + panels.begin * columns * PANEL,
                     (const float *)job->context->kernel + first * columns, columns, end - first, columns);
}

// Gradients of the gates of one step, for some rows and one group of units; leaves in the state's gradient what
// reaches the previous state by other ways than the recurrent product.
static void gate_gradients(const recurrence_gradient_job *job, int64_t step, range rows, int64_t group) {
  const apus_recurrence_gradient_context *c = job->context;
  const apus_recurrence_sizes *s = &c->sizes;
  int64_t units = s->units, gates = gate_count(s->cell), first = group * PANEL, slice = s->batch * units;
  int64_t place = s->reverse ? s->time - 1 - step : step;
  int64_t previous = s->reverse ? place + 1 : place - 1;
  const float *history = s->cell == APUS_CELL_LSTM ? c->cells : c->states;
  const float *start = s->cell == APUS_CELL_LSTM ? c->initial_cell : c->initial_state;
  const float *before = step == 0 ? start : history + previous * slice;
  for (int64_t r = rows.begin; r < rows.end; r++) {
    int64_t row = place * s->batch + r, at = r * units + first, gates_at = row * gates * units + first;
    int64_t all_at = row * units + first;
    cell_gradient_row cell = {
        .units = units,
        .width = min_i64(PANEL, units - first),
        .is_kept = c->mask != NULL && ((const uint8_t *)c->mask)[row] == 0,
        .gates = (const float *)(s->cell == APUS_CELL_SIMPLE ? c->states : c->gates) + gates_at,
        .cell = s->cell == APUS_CELL_SIMPLE ? NULL : (const float *)c->cells + all_at,
        .before = s->cell == APUS_CELL_SIMPLE ? NULL : before + at,
        .arriving = c->state_gradients == NULL ? NULL : (const float *)c->state_gradients + all_at,
        .state_gradient = (float *)c->initial_state_gradient + at,
        .cell_gradient = s->cell == APUS_CELL_LSTM ? (float *)c->initial_cell_gradient + at : NULL,
        .gate_gradients = (float *)c->projection_gradient + gates_at,
        .candidate_gradient = s->cell == APUS_CELL_GRU ? (float *)c->candidate_gradient + all_at : NULL,
    };
    switch (s->cell) {
      case APUS_CELL_LSTM: lstm_gradient_row(&cell); break;
      case APUS_CELL_GRU: gru_gradient_row(&cell); break;
      default: simple_gradient_row(&cell); break;
    }
  }
}

// Adds what reaches the previous state through the recurrent product.
static void add_state_gradient(
    const recurrence_gradient_job *job, int64_t step, range rows, int64_t group, float *tile) {
  const apus_recurrence_gradient_context *c = job->context;
  const apus_recurrence_sizes *s = &c->sizes;
  int64_t units = s->units, columns = gate_count(s->cell) * units;
  int64_t row = (s->reverse ? s->time - 1 - step : step) * s->batch + rows.begin, count = rows.end - rows.begin;
  const float *panel = job->packed + group * columns * PANEL;
  const float *gates = (const float *)c->projection_gradient + row * columns;
  int64_t shared = s->cell == APUS_CELL_GRU ? 2 * units : columns;
  panel_product(gates, columns, panel, tile, PANEL, count, shared, 0);
  if (s->cell == APUS_CELL_GRU) {
    panel_product((const float *)c->candidate_gradient + row * units, units, panel + shared * PANEL, tile,
                  PANEL, count, units, 1);
  }
  int64_t first = group * PANEL, width = min_i64(PANEL, units - first);
  for (int64_t r = 0; r < count; r++) {
    float *gradient = (float *)c->initial_state_gradient + (rows.begin + r) * units + first;
    for (int64_t k = 0; k < width; k += FLOAT_LANES) {
      int64_t lanes = min_i64(FLOAT_LANES, width - k);
      store_lanes(gradient + k, load_lanes(gradient + k, lanes) + load_lanes(tile + r * PANEL + k, lanes), lanes);
    }
  }
}

static void run_gradient(void *context, int thread, int count) {
  const recurrence_gradient_job *job = context;
  const apus_recurrence_sizes *s = &job->context->sizes;
  share part = share_of(s, thread, count);
  float *tile = job->tiles + (int64_t)thread * ROWS_AT_ONCE * MOST_GATES * PANEL;
  int64_t visits = 0;
  for (int64_t step = s->time - 1; step >= 0; step--) {
    for (int64_t group = part.groups.begin; group < part.groups.end; group++) {
      gate_gradients(job, step, part.rows, group);
    }
    if (part.is_shared) meet(job->meeting, &visits, count);
    for (int64_t group = part.groups.begin; group < part.groups.end; group++) {
      for (int64_t r = part.rows.begin; r < part.rows.end; r += ROWS_AT_ONCE) {
        add_state_gradient(job, step, (range){r, min_i64(r + ROWS_AT_ONCE, part.rows.end)}, group, tile);
      }
    }
  }
}

const recurrence_kernels KERNELS_NAME = {PANEL, pack, run, pack_for_gradient, run_gradient};
