// Normalization of each row by its own mean and variance (Ba et al., 2016) or root mean square (Zhang and
// Sennrich, 2019). dtypes float32 and float64.
#pragma once
#include <stdint.h>

#include "apus_step.h"

/// Context of `apus_layer_norm` and `apus_rms_norm`.
typedef struct {
  const void *source;  // [rows, columns]
  const void *gamma;   // [columns] or NULL
  const void *beta;    // [columns] or NULL; not read by rms_norm
  void *result;        // [rows, columns]; may equal `source`
  void *mean;          // [rows] or NULL; not written by rms_norm
  void *rstd;          // [rows] or NULL: 1 / sqrt(variance + epsilon), or 1 / sqrt(mean square + epsilon)
  int64_t rows, columns;
  double epsilon;
  int32_t activation;  // APUS_ACTIVATION_...: float32 layer_norm with gamma and beta only, else NONE
  int32_t dtype;
  int32_t threads;
} apus_layer_norm_context;

/// `(x - mean) * rstd * gamma + beta`, with the biased variance, then the activation.
int apus_layer_norm(void *context);

/// `x * rstd * gamma`
int apus_rms_norm(void *context);

/// Context of `apus_layer_norm_gradient` and `apus_rms_norm_gradient`.
typedef struct {
  const void *source;     // [rows, columns]: what the forward kernel read
  const void *gamma;      // [columns] or NULL
  const void *mean;       // [rows]; not read by rms_norm
  const void *rstd;       // [rows]
  const void *gradient;   // [rows, columns], of the result
  void *source_gradient;  // [rows, columns] or NULL; may equal `gradient` or `source`
  void *gamma_gradient;   // [columns] or NULL
  void *beta_gradient;    // [columns] or NULL; not written by rms_norm
  void *scratch;          // apus_layer_norm_gradient_scratch_bytes
  int64_t rows, columns;
  int32_t dtype;
  int32_t threads;
} apus_layer_norm_gradient_context;

/// Bytes of scratch that either gradient needs: partial sums of fixed chunks of rows.
int64_t apus_layer_norm_gradient_scratch_bytes(const apus_layer_norm_gradient_context *context);

/// Gradients of `apus_layer_norm`.
int apus_layer_norm_gradient(void *context);

/// Gradients of `apus_rms_norm`.
int apus_rms_norm_gradient(void *context);
