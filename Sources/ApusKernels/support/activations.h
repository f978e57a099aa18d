// What kernels do to their results before these are stored, by its code.

#pragma once
#include "apus_constants.h"
#include "vector_math.h"

VECTOR_INLINE vf32 activated(vf32 x, int32_t activation) {
  switch (activation) {
    case APUS_ACTIVATION_RELU: return x < 0.0f ? (vf32)(0.0f) : x;
    case APUS_ACTIVATION_GELU: return vector_gelu(x);
    case APUS_ACTIVATION_GELU_TANH: return vector_gelu_tanh(x);
    case APUS_ACTIVATION_SILU: return x * vector_logistic(x);
    case APUS_ACTIVATION_TANH: return vector_tanh(x);
    case APUS_ACTIVATION_SIGMOID: return vector_logistic(x);
    default: return x;
  }
}
