// Steps on a tile of scores that attention and its gradient share.

#pragma once
#include "attention_internal.h"
#include "loop_internal.h"
#include "loop_kernels.h"
#include "product_tile.h"
#include "vector_math.h"

static inline int64_t padded(int64_t columns) { return panel_count(columns) * PANEL; }

// One row's scores of `count` keys from key `first` on, with what the mask says.
static void apply_mask(
    const apus_attention_context *c, float *scores, int64_t sample, int64_t head, int64_t query, int64_t first,
    int64_t count) {
  if (c->mask_kind == APUS_MASK_NONE) return;
  int64_t step = c->mask_strides[3];
  int64_t offset = sample * c->mask_strides[0] + head * c->mask_strides[1] + query * c->mask_strides[2] +
                   first * step;
  if (c->mask_kind == APUS_MASK_ADDED) {
    const float *added = (const float *)c->mask + offset;
    for (int64_t j = 0; j < count; j++) scores[j] += added[j * step];
  } else {
    const uint8_t *visible = (const uint8_t *)c->mask + offset;
    for (int64_t j = 0; j < count; j++) scores[j] = visible[j * step] != 0 ? scores[j] : -INFINITY;
  }
}

VECTOR_INLINE float sum_of_lanes(vf32 x) {
  float sum = 0;
  for (int i = 0; i < FLOAT_LANES; i++) {
    _Pragma("clang fp reassociate(on)")
    sum += x[i];
  }
  return sum;
}

VECTOR_INLINE float largest_lane(vf32 x) { return __builtin_reduce_max(x); }

// exp(scores - shift) in place for a whole number of vectors; returns the sum. Scores of -infinity give 0.
VECTOR_INLINE float exponentials(float *scores, int64_t count, float shift) {
  vf32 sum = (vf32)(0.0f);
  for (int64_t j = 0; j < count; j += FLOAT_LANES) {
    vf32 x;
    memcpy(&x, scores + j, sizeof(x));
    vf32 p = vector_exp(x - shift);
    p = x == -INFINITY ? (vf32)(0.0f) : p;
    sum += p;
    memcpy(scores + j, &p, sizeof(p));
  }
  return sum_of_lanes(sum);
}

// Rows of the operand times `factor`, close together.
static void copy_rows(
    float *result, int64_t result_stride, const float *rows, int64_t row_stride, int64_t count, int64_t columns,
    float factor) {
  for (int64_t r = 0; r < count; r++) {
    for (int64_t k = 0; k < columns; k++) result[r * result_stride + k] = rows[r * row_stride + k] * factor;
  }
}

static inline const float *operand_rows(
    const apus_attention_operand *x, int64_t sample, int64_t time, int64_t head) {
  return x->data + sample * x->batch_stride + time * x->time_stride + head * x->head_stride;
}
