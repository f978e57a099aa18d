// Normalization of each channel over a batch (Ioffe and Szegedy, 2015), channels last.
// dtypes float32 and float64.
#pragma once
#include <stdint.h>

#include "apus_step.h"

/// Context of `apus_batch_norm`: training, with the statistics of this batch.
typedef struct {
  const void *source;    // [rows, channels]; rows = batch * spatial
  const void *gamma;     // [channels] or NULL
  const void *beta;      // [channels] or NULL
  const void *residual;  // [rows, channels] or NULL: added after the normalization, before the relu
  void *result;          // [rows, channels]; may equal `residual`; `source` only if nobody reads it later
  void *mean;            // [channels]
  void *variance;        // [channels], biased
  void *scratch;         // apus_batch_norm_scratch_bytes
  int64_t rows, channels;
  double epsilon;
  int32_t relu;  // non-zero: max(0, …) at the end
  int32_t dtype;
  int32_t threads;
} apus_batch_norm_context;

/// Bytes of scratch that `apus_batch_norm` needs: statistics of fixed chunks of rows.
int64_t apus_batch_norm_scratch_bytes(const apus_batch_norm_context *context);

/// `relu?((x - mean) / sqrt(variance + epsilon) * gamma + beta + residual?)`.
///
/// Each chunk of rows gives its mean and sum of squared deviations while it is in cache; chunks are combined
/// with the formula of Chan, Golub and LeVeque (1979), so a large mean costs no precision.
int apus_batch_norm(void *context);

/// Context of `apus_batch_norm_gradient`.
typedef struct {
  const void *source;       // [rows, channels]: what the forward kernel read
  const void *gamma;        // [channels] or NULL
  const void *mean;         // [channels]
  const void *variance;     // [channels]
  const void *output;       // [rows, channels]: the forward result; read only with relu, else NULL
  const void *gradient;     // [rows, channels], of the result
  void *source_gradient;    // [rows, channels]; may equal `gradient` or `source`
  void *residual_gradient;  // [rows, channels] or NULL: `gradient` where the relu passed; may equal it
  void *gamma_gradient;  // [channels] or NULL
  void *beta_gradient;   // [channels] or NULL
  void *scratch;         // apus_batch_norm_gradient_scratch_bytes
  int64_t rows, channels;
  double epsilon;
  int32_t relu;
  int32_t dtype;
  int32_t threads;
} apus_batch_norm_gradient_context;

/// Bytes of scratch that `apus_batch_norm_gradient` needs.
int64_t apus_batch_norm_gradient_scratch_bytes(const apus_batch_norm_gradient_context *context);

/// Gradients of `apus_batch_norm`.
int apus_batch_norm_gradient(void *context);
