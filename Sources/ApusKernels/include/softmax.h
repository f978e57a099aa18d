// Softmax and its logarithm along an axis, and their gradients from the output alone.
//
// Tensors are seen as `[outer, axis, inner]` in row-major order; dtypes float32 and float64.
#pragma once
#include <stdint.h>

#include "apus_step.h"

/// Context of `apus_softmax` and `apus_log_softmax`.
typedef struct {
  const void *source;  // [outer, axis, inner]
  void *result;        // same shape; may equal `source`
  int64_t outer, axis, inner;
  int32_t dtype;
  int32_t threads;
} apus_softmax_context;

/// `exp(x - max) / sum(exp(x - max))`. A row of -infinity gives NaN, as in PyTorch.
int apus_softmax(void *context);

/// `x - max - log(sum(exp(x - max)))`
int apus_log_softmax(void *context);

/// Context of `apus_softmax_gradient` and `apus_log_softmax_gradient`.
typedef struct {
  const void *output;    // what the forward kernel gave, [outer, axis, inner]
  const void *gradient;  // of the output
  void *result;          // gradient of the source; may equal `output` or `gradient`
  int64_t outer, axis, inner;
  int32_t dtype;
  int32_t threads;
} apus_softmax_gradient_context;

/// `y * (g - sum(g * y))`
int apus_softmax_gradient(void *context);

/// `g - exp(y) * sum(g)`
int apus_log_softmax_gradient(void *context);
