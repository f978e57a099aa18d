// What a recurrent cell does to one row of the batch in one step, and the gradient of that, for a group of units.
// The formulas are in include/recurrence.h.

#pragma once
#include "vector_math.h"

// The first lanes of a vector, zeros in the others.
VECTOR_INLINE vf32 load_lanes(const float *from, int64_t lanes) {
  vf32 value = (vf32)(0.0f);
  if (lanes == FLOAT_LANES) {
    memcpy(&value, from, sizeof(value));
  } else {
    memcpy(&value, from, sizeof(float) * (size_t)lanes);
  }
  return value;
}

VECTOR_INLINE void store_lanes(float *to, vf32 value, int64_t lanes) {
  if (lanes == FLOAT_LANES) {
    memcpy(to, &value, sizeof(value));
  } else {
    memcpy(to, &value, sizeof(float) * (size_t)lanes);
  }
}

// Goes over the units of a group, a vector of them at a time.
#define FOR_UNITS(row) \
  for (int64_t k = 0, lanes; k < (row)->width && (lanes = min_i64(FLOAT_LANES, (row)->width - k), 1); \
       k += FLOAT_LANES)

typedef struct {
  // Distance between gates, and how many units the group has.
  int64_t units, width;
  // Whether the row keeps its state in this step.
  int is_kept;
  const float *recurrent;   // gates PANEL apart
  const float *projection;  // gates `units` apart
  const float *bias;        // as the projection
  const float *before;
  float *after;
  float *cell;       // c, before and after
  float *gates;      // or NULL
  float *kept_cell;  // or NULL
} cell_row;

VECTOR_INLINE vf32 gate_input(const cell_row *row, int gate, int64_t k, int64_t lanes) {
  return load_lanes(row->projection + gate * row->units + k, lanes) +
         load_lanes(row->recurrent + gate * PANEL + k, FLOAT_LANES);
}

static void simple_row(const cell_row *row) {
  FOR_UNITS(row) {
    vf32 h = row->is_kept ? load_lanes(row->before + k, lanes) : vector_tanh(gate_input(row, 0, k, lanes));
    store_lanes(row->after + k, h, lanes);
  }
}

static void lstm_row(const cell_row *row) {
  FOR_UNITS(row) {
    vf32 i = vector_logistic(gate_input(row, 0, k, lanes)), f = vector_logistic(gate_input(row, 1, k, lanes));
    vf32 g = vector_tanh(gate_input(row, 2, k, lanes)), o = vector_logistic(gate_input(row, 3, k, lanes));
    vf32 c = load_lanes(row->cell + k, lanes), h;
    if (row->is_kept) {
      h = load_lanes(row->before + k, lanes);
    } else {
      c = MULTIPLY_ADD(f, c, i * g);
      h = o * vector_tanh(c);
    }
    store_lanes(row->after + k, h, lanes);
    store_lanes(row->cell + k, c, lanes);
    if (row->kept_cell != NULL) store_lanes(row->kept_cell + k, c, lanes);
    if (row->gates != NULL) {
      float *gates = row->gates + k;
      store_lanes(gates, i, lanes);
      store_lanes(gates + row->units, f, lanes);
      store_lanes(gates + 2 * row->units, g, lanes);
      store_lanes(gates + 3 * row->units, o, lanes);
    }
  }
}

static void gru_row(const cell_row *row) {
  FOR_UNITS(row) {
    const float *bias = row->bias + k;
    vf32 z = vector_logistic(gate_input(row, 0, k, lanes) + load_lanes(bias, lanes));
    vf32 r = vector_logistic(gate_input(row, 1, k, lanes) + load_lanes(bias + row->units, lanes));
    vf32 candidate =
        load_lanes(row->recurrent + 2 * PANEL + k, FLOAT_LANES) + load_lanes(bias + 2 * row->units, lanes);
    vf32 n = vector_tanh(MULTIPLY_ADD(r, candidate, load_lanes(row->projection + 2 * row->units + k, lanes)));
    vf32 h = load_lanes(row->before + k, lanes);
    if (!row->is_kept) h = MULTIPLY_ADD(z, h - n, n);
    store_lanes(row->after + k, h, lanes);
    if (row->kept_cell != NULL) store_lanes(row->kept_cell + k, candidate, lanes);
    if (row->gates != NULL) {
      float *gates = row->gates + k;
      store_lanes(gates, z, lanes);
      store_lanes(gates + row->units, r, lanes);
      store_lanes(gates + 2 * row->units, n, lanes);
    }
  }
}

typedef struct {
  int64_t units, width;
  int is_kept;
  const float *gates;        // the simple cell's h
  const float *cell;         // the LSTM's c, the GRU's h' U + b of n
  const float *before;       // the LSTM's c', the GRU's h'
  const float *arriving;     // gradient of this step's state, or NULL
  float *state_gradient;     // of h, then of h'
  float *cell_gradient;      // of c, then of c'
  float *gate_gradients;     // may equal `gates`
  float *candidate_gradient;
} cell_gradient_row;

// The gradient that reaches this step's state from everywhere.
VECTOR_INLINE vf32 arriving_gradient(const cell_gradient_row *row, int64_t k, int64_t lanes) {
  vf32 gradient = load_lanes(row->state_gradient + k, lanes);
  return row->arriving == NULL ? gradient : gradient + load_lanes(row->arriving + k, lanes);
}

// A row that kept its state passes its gradient on; its gates have none.
VECTOR_INLINE void pass_on(const cell_gradient_row *row, int64_t k, int64_t lanes, int gates, vf32 gradient) {
  store_lanes(row->state_gradient + k, gradient, lanes);
  for (int gate = 0; gate < gates; gate++) {
    store_lanes(row->gate_gradients + gate * row->units + k, (vf32)(0.0f), lanes);
  }
  if (row->candidate_gradient != NULL) store_lanes(row->candidate_gradient + k, (vf32)(0.0f), lanes);
}

static void simple_gradient_row(const cell_gradient_row *row) {
  FOR_UNITS(row) {
    vf32 dh = arriving_gradient(row, k, lanes);
    if (row->is_kept) {
      pass_on(row, k, lanes, 1, dh);
      continue;
    }
    vf32 h = load_lanes(row->gates + k, lanes);
    store_lanes(row->gate_gradients + k, dh * (1.0f - h * h), lanes);
    store_lanes(row->state_gradient + k, (vf32)(0.0f), lanes);
  }
}

static void lstm_gradient_row(const cell_gradient_row *row) {
  FOR_UNITS(row) {
    vf32 dh = arriving_gradient(row, k, lanes);
    if (row->is_kept) {
      pass_on(row, k, lanes, 4, dh);
      continue;
    }
    const float *gates = row->gates + k;
    vf32 i = load_lanes(gates, lanes), f = load_lanes(gates + row->units, lanes);
    vf32 g = load_lanes(gates + 2 * row->units, lanes), o = load_lanes(gates + 3 * row->units, lanes);
    vf32 t = vector_tanh(load_lanes(row->cell + k, lanes));
    vf32 dc = MULTIPLY_ADD(dh * o, 1.0f - t * t, load_lanes(row->cell_gradient + k, lanes));
    float *to = row->gate_gradients + k;
    store_lanes(to, dc * g * i * (1.0f - i), lanes);
    store_lanes(to + row->units, dc * load_lanes(row->before + k, lanes) * f * (1.0f - f), lanes);
    store_lanes(to + 2 * row->units, dc * i * (1.0f - g * g), lanes);
    store_lanes(to + 3 * row->units, dh * t * o * (1.0f - o), lanes);
    store_lanes(row->cell_gradient + k, dc * f, lanes);
    store_lanes(row->state_gradient + k, (vf32)(0.0f), lanes);
  }
}

static void gru_gradient_row(const cell_gradient_row *row) {
  FOR_UNITS(row) {
    vf32 dh = arriving_gradient(row, k, lanes);
    if (row->is_kept) {
      pass_on(row, k, lanes, 3, dh);
      continue;
    }
    const float *gates = row->gates + k;
    vf32 z = load_lanes(gates, lanes), r = load_lanes(gates + row->units, lanes);
    vf32 n = load_lanes(gates + 2 * row->units, lanes);
    vf32 dn = dh * (1.0f - z) * (1.0f - n * n);
    float *to = row->gate_gradients + k;
    store_lanes(to, dh * (load_lanes(row->before + k, lanes) - n) * z * (1.0f - z), lanes);
    store_lanes(to + row->units, dn * load_lanes(row->cell + k, lanes) * r * (1.0f - r), lanes);
    store_lanes(to + 2 * row->units, dn, lanes);
    store_lanes(row->candidate_gradient + k, dn * r, lanes);
    store_lanes(row->state_gradient + k, dh * z, lanes);
  }
}
