// Layer normalization of one row with an activation behind it, all while the row is in the innermost cache.

#pragma once
#include "activations.h"
#include "loop_kernels.h"

VECTOR_INLINE float total_of_lanes(vf32 x) {
  float sum = 0;
  for (int i = 0; i < FLOAT_LANES; i++) {
    _Pragma("clang fp reassociate(on)")
    sum += x[i];
  }
  return sum;
}

// Sum of (x - shift)^power over a row, for powers 1 and 2.
VECTOR_INLINE float row_total(const float *x, int64_t count, float shift, int power) {
  enum { chains = 4, step = chains * FLOAT_LANES };
  vf32 sum[chains] = {0};
  int64_t k = 0;
  for (; k + step <= count; k += step) {
    for (int i = 0; i < chains; i++) {
      vf32 value;
      memcpy(&value, x + k + i * FLOAT_LANES, sizeof(value));
      value -= shift;
      sum[i] = power == 1 ? sum[i] + value : MULTIPLY_ADD(value, value, sum[i]);
    }
  }
  float total = total_of_lanes((sum[0] + sum[1]) + (sum[2] + sum[3]));
  for (; k < count; k++) total += power == 1 ? x[k] - shift : (x[k] - shift) * (x[k] - shift);
  return total;
}

// `activation` is known where this is called, so that the loop has no branch.
VECTOR_INLINE void normalized_row(
    const row_normalization *row, float mean, float rstd, int64_t count, int32_t activation) {
  int streams = row->streams && ((uintptr_t)row->result & (APUS_VECTOR_BYTES - 1)) == 0;
  for (int64_t k = 0; k < count; k += FLOAT_LANES) {
    int64_t left = count - k < FLOAT_LANES ? count - k : FLOAT_LANES;
    if (row->next != NULL) __builtin_prefetch(row->next + k);
    vf32 x = (vf32)(0.0f), gamma = x, beta = x;
    if (left == FLOAT_LANES) {
      memcpy(&x, row->source + k, sizeof(x));
      memcpy(&gamma, row->gamma + k, sizeof(x));
      memcpy(&beta, row->beta + k, sizeof(x));
    } else {
      memcpy(&x, row->source + k, (size_t)left * sizeof(float));
      memcpy(&gamma, row->gamma + k, (size_t)left * sizeof(float));
      memcpy(&beta, row->beta + k, (size_t)left * sizeof(float));
    }
    vf32 y = activated(MULTIPLY_ADD((x - mean) * rstd, gamma, beta), activation);
    if (left < FLOAT_LANES) {
      memcpy(row->result + k, &y, (size_t)left * sizeof(float));
    } else if (streams) {
      __builtin_nontemporal_store(y, (vf32 *)(row->result + k));
    } else {
      memcpy(row->result + k, &y, sizeof(y));
    }
  }
}

static void normalize_row(const row_normalization *row, int64_t count, float *mean, float *rstd) {
  *mean = row_total(row->source, count, 0, 1) / (float)count;
  *rstd = 1 / sqrtf(row_total(row->source, count, *mean, 2) / (float)count + row->epsilon);
#define ACTIVATION_CASE(kind) \
  case kind: normalized_row(row, *mean, *rstd, count, kind); break;
  switch (row->activation) {
    ACTIVATION_CASE(APUS_ACTIVATION_RELU)
    ACTIVATION_CASE(APUS_ACTIVATION_GELU)
    ACTIVATION_CASE(APUS_ACTIVATION_GELU_TANH)
    ACTIVATION_CASE(APUS_ACTIVATION_SILU)
    ACTIVATION_CASE(APUS_ACTIVATION_TANH)
    ACTIVATION_CASE(APUS_ACTIVATION_SIGMOID)
    default: normalized_row(row, *mean, *rstd, count, APUS_ACTIVATION_NONE);
  }
#undef ACTIVATION_CASE
}
