// Reading and writing elements at positions that are themselves data.
//
// Tensors are seen as `[outer, axis, inner]` in row-major order. `dtype` is the raw value of Swift's `DType`.
// Indices may be int32, int64, uint8 or uint32. With APUS_INDEX_CHECK every index is validated before
// anything is written; the first bad one fills `fault` (code APUS_FAULT_INDEX, its flat position among the
// indices, its value, and the axis length as limit) and the kernel returns that code.
#pragma once
#include <stdint.h>

#include "apus_constants.h"
#include "apus_step.h"

/// What to do with an index outside its axis.
enum {
  /// Report it as a fault.
  APUS_INDEX_CHECK = 0,
  /// Use the nearest valid index.
  APUS_INDEX_CLAMP = 1,
  /// Reading gives zero, writing does nothing.
  APUS_INDEX_SKIP = 2,
};

/// How an update is combined with the element it lands on.
enum {
  APUS_SCATTER_ADD = 0,
  /// When several updates land on an element, the last one stays.
  APUS_SCATTER_SET = 1,
  APUS_SCATTER_MULTIPLY = 2,
  APUS_SCATTER_MINIMUM = 3,
  APUS_SCATTER_MAXIMUM = 4,
};

/// Context of `apus_take` and `apus_take_along`.
typedef struct {
  const void *source;   // [outer, axis, inner]
  const void *indices;  // take: [count]; take_along: [outer, count, inner]
  void *result;         // [outer, count, inner]
  int64_t outer, axis, inner, count;
  int32_t dtype;
  int32_t index_dtype;
  int32_t mode;           // APUS_INDEX_*
  int32_t wrap_negative;  // non-zero: index -1 is the last one, as in NumPy
  int32_t threads;
  apus_fault fault;
} apus_take_context;

/// `result[o, k, :] = source[o, indices[k], :]`
int apus_take(void *context);

/// `result[o, k, i] = source[o, indices[o, k, i], i]`
int apus_take_along(void *context);

/// Context of `apus_scatter` and `apus_scatter_along`.
typedef struct {
  const void *base;     // [outer, axis, inner]: what `result` starts from; NULL: zeros; may equal `result`
  const void *indices;  // scatter: [count]; scatter_along: [outer, count, inner]
  const void *updates;  // [outer, count, inner]
  void *result;         // [outer, axis, inner]
  int64_t outer, axis, inner, count;
  int32_t dtype;
  int32_t index_dtype;
  int32_t kind;  // APUS_SCATTER_*
  int32_t mode;  // APUS_INDEX_*
  int32_t wrap_negative;
  int32_t threads;
  apus_fault fault;
} apus_scatter_context;

/// `result[o, indices[k], :] = kind(result[o, indices[k], :], updates[o, k, :])`, in the order of k.
///
/// Every element is owned by one thread, which sees its updates in order: sums have the same bits with any
/// number of threads. bfloat16 sums round after every addition. On bool, add is "or" and multiply is "and".
int apus_scatter(void *context);

/// `result[o, indices[o, k, i], i] = kind(…, updates[o, k, i])`, in the order of k.
int apus_scatter_along(void *context);

/// Context of `apus_dynamic_slice` and `apus_dynamic_update_slice`.
///
/// Starts are clamped so that the window lies inside, as XLA does; `axis_size[d] >= window_size[d]`.
typedef struct {
  const void *source;  // slice: [axis_size…]; update: what `result` starts from; may equal `result`
  const void *update;  // update only: [window_size…]
  void *result;        // slice: [window_size…]; update: [axis_size…]
  const void *start[APUS_MAXIMUM_RANK];  // one scalar each, of `start_dtype`
  int64_t axis_size[APUS_MAXIMUM_RANK];
  int64_t window_size[APUS_MAXIMUM_RANK];
  int32_t rank;
  int32_t start_dtype;  // int32 or int64
  int32_t dtype;
  int32_t threads;
} apus_dynamic_slice_context;

/// Copies the window of `source` that begins at the starts to `result`.
int apus_dynamic_slice(void *context);

/// Copies `source` to `result` (unless they are the same memory), then `update` over the window.
int apus_dynamic_update_slice(void *context);
