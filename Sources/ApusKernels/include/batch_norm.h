// Normalization of each channel over a batch (Ioffe and Szegedy, 2015), channels last.
// dtypes float32 and float64.
#pragma once
#include <stdint.h>

#include "apus_step.h"

/// Context of `apus_batch_norm` and `apus_batch_normalize`.
typedef struct {
  const void *source;    // [rows, channels]; rows = batch * spatial
  const void *gamma;     // [channels] or NULL
  const void *beta;      // [channels] or NULL
  const void *residual;  // [rows, channels] or NULL: added after the normalization, before the relu
  void *result;          // [rows, channels]; may equal `residual`; `source` only if nobody reads it later
  void *mean;            // [channels]
  void *variance;        // [channels], biased
  void *scratch;         // apus_batch_norm_scratch_bytes; not used by `apus_batch_normalize`
  int64_t rows, channels;
  double epsilon;
  int32_t relu;  // non-zero: max(0, …) at the end
  int32_t dtype;
  int32_t threads;
} apus_batch_norm_context;

/// Bytes of scratch that `apus_batch_norm` needs: statistics of fixed chunks of rows.
int64_t apus_batch_norm_scratch_bytes(const apus_batch_norm_context *context);

/// Writes the source's mean and variance, and unless the result is NULL normalizes with them.
///
/// Each chunk of rows gives its mean and sum of squared deviations while it is in cache; chunks are combined
/// with the formula of Chan, Golub and LeVeque (1979), so a large mean costs no precision.
int apus_batch_norm(void *context);

/// `relu?((x - mean) / sqrt(variance + epsilon) * gamma + beta + residual?)` with a given mean and variance.
int apus_batch_normalize(void *context);

/// Context of `apus_batch_norm_gradient`.
typedef struct {
  const void *source;     // [rows, channels]: what the forward kernel read
  const void *gamma;      // [channels] or NULL
  const void *beta;       // [channels] or NULL; read only with relu
  const void *mean;       // [channels]
  const void *variance;   // [channels]
  const void *gradient;   // [rows, channels], of the result
  void *source_gradient;  // [rows, channels]; may equal `gradient` or `source`
  void *gamma_gradient;   // [channels] or NULL
  void *beta_gradient;    // [channels] or NULL
  void *scratch;          // apus_batch_norm_gradient_scratch_bytes
  int64_t rows, channels;
  double epsilon;
  int32_t relu;  // non-zero: the forward result was max(0, …), without a residual
  int32_t dtype;
  int32_t threads;
} apus_batch_norm_gradient_context;

/// Bytes of scratch that `apus_batch_norm_gradient` needs.
int64_t apus_batch_norm_gradient_scratch_bytes(const apus_batch_norm_gradient_context *context);

/// Gradients of `apus_batch_norm`, mean and variance depending on the source. What the relu let pass is found
/// by normalizing again: one operand less to read.
int apus_batch_norm_gradient(void *context);
