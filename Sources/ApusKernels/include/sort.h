// Order along an axis: stable sort, position of an extreme, running sums and extremes.
//
// Tensors are seen as `[outer, axis, inner]` in row-major order. `dtype` is the raw value of Swift's `DType`.
#pragma once
#include <stdint.h>

#include "apus_step.h"

/// Context of `apus_sort`.
///
/// The sort is stable in both directions (equal keys keep their order), -0 equals +0 (and, where the
/// engine flushes denormals, every denormal), and NaN comes last in both directions. `result` and
/// `permutation` may each be NULL. The axis is at most 2^31 - 1 long.
typedef struct {
  const void *source;  // [outer, axis, inner]
  void *result;        // [outer, axis, inner], sorted keys; must not be `source`; or NULL
  void *permutation;   // [outer, axis, inner] of permutation_dtype: position each key came from; or NULL
  void *scratch;       // apus_sort_scratch_bytes
  int64_t outer, axis, inner;
  int32_t dtype;
  int32_t permutation_dtype;  // int32 or int64
  int32_t descending;
  int32_t threads;
} apus_sort_context;

/// Bytes of scratch that `apus_sort` needs for the sizes, dtype and threads in the context.
int64_t apus_sort_scratch_bytes(const apus_sort_context *context);

/// Sorts along the axis. Other tensors are put in the same order by `apus_take_along`.
int apus_sort(void *context);

/// Context of `apus_arg_reduce`.
typedef struct {
  const void *source;  // [outer, axis, inner], axis >= 1
  void *result;        // [outer, inner] of result_dtype
  int64_t outer, axis, inner;
  int32_t dtype;
  int32_t result_dtype;  // int32 or int64
  int32_t minimum;       // non-zero: position of the smallest; zero: of the largest
  int32_t threads;
} apus_arg_reduce_context;

/// Position of the first extreme along the axis; the first NaN wins over every number, as in NumPy.
int apus_arg_reduce(void *context);

/// Kinds of `apus_cumulate`.
enum {
  APUS_CUMULATE_SUM = 0,
  APUS_CUMULATE_PRODUCT = 1,
  APUS_CUMULATE_MAXIMUM = 2,
  APUS_CUMULATE_MINIMUM = 3,
};

/// Context of `apus_cumulate`.
typedef struct {
  const void *source;  // [outer, axis, inner]
  void *result;        // same shape and dtype; may equal `source`
  int64_t outer, axis, inner;
  int32_t dtype;      // any but bool
  int32_t kind;       // APUS_CUMULATE_*
  int32_t reverse;    // non-zero: from the last element to the first
  int32_t exclusive;  // non-zero: element k combines the elements before k; the first is the identity
  int32_t threads;
} apus_cumulate_context;

/// Running sum, product, maximum or minimum along the axis.
///
/// float32 sums and products are carried in double, bfloat16 ones in float; integers wrap around. NaN sticks
/// once met. The identity of maximum is -infinity or the smallest integer, that of minimum the opposite.
int apus_cumulate(void *context);
