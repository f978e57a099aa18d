// Padding, cropping, and copies of blocks between rows of different lengths.
#pragma once
#include <stdint.h>

#include "apus_constants.h"
#include "apus_step.h"

/// Context of `apus_pad`.
///
/// Axis d of the result has `low[d] + size[d] + max(0, size[d] - 1) * interior[d] + high[d]` elements
/// (a negative `low` or `high` crops what the interior padding gave), as in StableHLO's `pad`.
typedef struct {
  const void *source;  // [size…]
  const void *value;   // one scalar of dtype
  void *result;
  int64_t size[APUS_MAXIMUM_RANK];
  int64_t low[APUS_MAXIMUM_RANK];
  int64_t high[APUS_MAXIMUM_RANK];
  int64_t interior[APUS_MAXIMUM_RANK];  // >= 0
  int32_t rank;
  int32_t dtype;
  int32_t threads;
} apus_pad_context;

/// Pads every axis with the value, low, high and between the elements.
int apus_pad(void *context);

/// Context of `apus_copy2d`.
typedef struct {
  const void *source;
  void *result;
  int64_t rows;
  int64_t row_bytes;      // bytes copied from each row
  int64_t source_stride;  // bytes from one row of the source to the next; 0 repeats one row
  int64_t result_stride;  // bytes from one row of the result to the next
  int32_t threads;
} apus_copy2d_context;

/// Copies `rows` blocks of `row_bytes`. A concatenation is one of these for each operand.
int apus_copy2d(void *context);
