// Looks for NaN and infinity.
#pragma once
#include <stdint.h>

#include "apus_constants.h"
#include "apus_step.h"

/// Context of `apus_check_finite`.
typedef struct {
  const void *source;  // [count]
  int64_t count;
  int32_t dtype;  // float32, float64 or bfloat16; whole numbers always pass
  int32_t threads;
  apus_fault fault;
} apus_check_finite_context;

/// Returns APUS_FAULT_NAN or APUS_FAULT_INFINITE for the first value that is not finite, with its `position`.
/// For an infinity `value` is its sign, 1 or -1.
int apus_check_finite(void *context);
