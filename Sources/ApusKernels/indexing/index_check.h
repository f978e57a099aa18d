// Indices of gather and scatter: validation before anything is written, and the rule for bad ones.
#pragma once
#include "gather.h"
#include "kernel_support.h"

// Position on the axis, or -1 when the element is to be skipped.
INLINE int64_t resolve_index(int64_t index, int64_t axis, int32_t mode, int32_t wrap) {
  if (wrap && index < 0) index += axis;
  if ((uint64_t)index < (uint64_t)axis) return index;
  if (mode != APUS_INDEX_CLAMP || axis == 0) return -1;
  return index < 0 ? 0 : axis - 1;
}

// Finds the first index outside the axis; returns 0 or APUS_FAULT_INDEX with `fault` filled in.
int apus_check_indices(const void *indices, int32_t index_dtype, int64_t count, int64_t axis, int32_t wrap,
                       int threads, apus_fault *fault);
