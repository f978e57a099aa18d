// Scaled dot-product attention (Vaswani et al., 2017), tile by tile so that the scores never exist as a whole
// (Dao et al., 2022). float32.
#pragma once
#include <stdint.h>

#include "apus_step.h"

/// Elements `[batch, time, heads, size]` wherever they lie; neighbors along the last axis are adjacent.
/// Distances are in elements.
typedef struct {
  const float *data;
  int64_t batch_stride, time_stride, head_stride;
} apus_attention_operand;

/// What is added to the scores, or which of them count.
enum {
  APUS_MASK_NONE = 0,
  /// float32, added to the scaled scores.
  APUS_MASK_ADDED = 1,
  /// One byte, 0 where a key is not to be seen.
  APUS_MASK_VISIBLE = 2,
};

/// Context of `apus_attention`, and what `apus_attention_gradient` shares with it.
///
/// Query i of a sample whose first `length` keys are valid stands at position `length - queries + i`, without
/// lengths at position i. With `causal` it sees the keys up to its position. A query that sees nothing gives
/// zeros and -infinity.
typedef struct {
  apus_attention_operand query;  // [batch, queries, heads, size]
  apus_attention_operand key;    // [batch, keys, key_heads, size]
  apus_attention_operand value;  // [batch, keys, key_heads, value_size]
  const void *mask;              // [batch, heads, queries, keys] at `mask_strides`, or NULL
  const int32_t *lengths;        // [batch] or NULL
  float *output;                 // [batch, queries, heads, value_size]
  float *log_sum_exp;            // [batch, heads, queries]
  int64_t mask_strides[4];
  int64_t batch, queries, keys, heads, key_heads, size, value_size;
  float scale;
  int32_t mask_kind;
  int32_t causal;
  int32_t threads;
} apus_attention_context;

/// `softmax(scale * query . key + mask) . value` for each head; `heads / key_heads` neighboring heads share one
/// head of keys and values. Returns 0, or 1 when memory ran out.
int apus_attention(void *context);

/// Context of `apus_attention_gradient`. `forward.output` and `forward.log_sum_exp` are read.
typedef struct {
  apus_attention_context forward;
  apus_attention_operand gradient;  // of the output, [batch, queries, heads, value_size]
  float *query_gradient;            // [batch, queries, heads, size]
  float *key_gradient;              // [batch, keys, key_heads, size]
  float *value_gradient;            // [batch, keys, key_heads, value_size]
} apus_attention_gradient_context;

/// Gradients of `apus_attention`; the probabilities are computed anew from the log-sum-exp.
/// Returns 0, or 1 when memory ran out.
int apus_attention_gradient(void *context);
