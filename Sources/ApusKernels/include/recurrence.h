// The loops over time of recurrent layers, float32. Inputs were multiplied with their weights before; a step
// multiplies the state with the recurrent kernel and applies the cell.
//
// With p the projection, r = h' U the recurrent part, h' and c' the previous state, s the logistic function:
//   simple  h = tanh(p + r)
//   LSTM    i, f, g, o = s(p + r), s(p + r), tanh(p + r), s(p + r);  c = f c' + i g;  h = o tanh(c)
//           (Hochreiter and Schmidhuber, 1997; Gers et al., 2000)
//   GRU     z, r, n = s(p + r), s(p + r), tanh(p + r (h' U + b));  h = z h' + (1 - z) n  (Cho et al., 2014, with the
//           reset after the product)
// Gates lie side by side in the last axis, in the order in which they are named here.
#pragma once
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { APUS_CELL_SIMPLE = 0, APUS_CELL_GRU = 1, APUS_CELL_LSTM = 2 };

/// Sizes that the loop and its gradient share.
typedef struct {
  int64_t time, batch, units;
  int32_t cell;
  /// Whether steps run from the last slice to the first.
  int32_t reverse;
  int32_t threads;
} apus_recurrence_sizes;

/// Context of `apus_recurrence`. All sizes are at least 1.
typedef struct {
  const void *projection;      // [time, batch, gates * units]
  const void *kernel;          // [units, gates * units]
  const void *recurrent_bias;  // [gates * units]; GRU only
  const void *initial_state;   // [batch, units]
  const void *initial_cell;    // [batch, units]; LSTM only
  const void *mask;            // bytes [time, batch] or NULL: where 0, a row keeps its state
  void *states;                // [time, batch, units] or NULL
  void *last_state;            // [batch, units]
  void *last_cell;             // [batch, units]; LSTM only
  void *gates;                 // [time, batch, gates * units] or NULL; may equal `projection`; not of the simple cell
  void *cells;                 // [time, batch, units] or NULL: the LSTM's c, the GRU's h' U + b of n
  void *scratch;               // apus_recurrence_scratch_bytes
  apus_recurrence_sizes sizes;
} apus_recurrence_context;

/// Bytes of scratch that `apus_recurrence` needs.
int64_t apus_recurrence_scratch_bytes(const apus_recurrence_sizes *sizes);

/// Runs the cell over all steps.
int apus_recurrence(void *context);

/// Context of `apus_recurrence_gradient`.
typedef struct {
  const void *kernel;
  const void *states;               // of the simple cell and the GRU
  const void *initial_state;        // of the GRU
  const void *initial_cell;         // of the LSTM
  const void *gates;                // not of the simple cell
  const void *cells;                // not of the simple cell
  const void *mask;                 // as in the forward loop
  const void *state_gradients;      // [time, batch, units] or NULL
  const void *last_state_gradient;  // [batch, units]
  const void *last_cell_gradient;   // [batch, units]; LSTM only
  void *projection_gradient;        // [time, batch, gates * units]; may equal `gates`, or `states` of the simple cell
  void *candidate_gradient;         // [time, batch, units]: of the GRU's h' U + b of n
  void *initial_state_gradient;     // [batch, units]
  void *initial_cell_gradient;      // [batch, units]; LSTM only
  void *scratch;                    // apus_recurrence_gradient_scratch_bytes
  apus_recurrence_sizes sizes;
} apus_recurrence_gradient_context;

/// Bytes of scratch that `apus_recurrence_gradient` needs.
int64_t apus_recurrence_gradient_scratch_bytes(const apus_recurrence_sizes *sizes);

/// Runs the cell's gradient over all steps, the other way round. The recurrent kernel's gradient is a product of
/// the states before each step and the results, over all steps at once, and is left to the caller.
int apus_recurrence_gradient(void *context);

#ifdef __cplusplus
}
#endif
