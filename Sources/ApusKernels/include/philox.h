// Counter-based random numbers: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
// SC 2011), as in Random123, TensorFlow and PyTorch.
//
// Word i of a stream is word `i % 4` of the block with the 128-bit counter
// `(low: *counter + i / 4, high: stream)` under the 64-bit key `*key`. The low half wraps around.
// Whoever draws n words advances the counter by `(n + 3) / 4` afterwards.
#pragma once
#include <stdint.h>

#include "apus_step.h"

/// Context of `apus_rng_bits`.
typedef struct {
  const uint64_t *key;      // one scalar
  const uint64_t *counter;  // one scalar
  uint32_t *result;         // [count]
  int64_t count;
  uint64_t stream;  // upper half of the counter; 0 unless several draws share one counter
  int32_t threads;
} apus_rng_bits_context;

/// Fills `result` with words 0 ..< count of the stream.
int apus_rng_bits(void *context);

/// Context of `apus_dropout`.
typedef struct {
  const uint64_t *key;
  const uint64_t *counter;
  const void *source;  // [count]
  void *result;        // [count]; may equal `source`
  int64_t count;
  uint64_t stream;
  double rate;    // in [0, 1)
  int32_t dtype;  // float32, float64 or bfloat16
  int32_t threads;
} apus_dropout_context;

/// `result[i] = u[i] >= rate ? source[i] / (1 - rate) : 0`, where `u[i] = (word i >> 8) * 2^-24`.
///
/// The gradient is the same kernel on the incoming gradient with the same key and counter: the mask is made
/// again, never stored.
int apus_dropout(void *context);
