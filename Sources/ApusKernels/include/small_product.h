// A product of small float32 matrices on the calling thread, where a library's call would cost more than the arithmetic.
#pragma once
#include <stdint.h>

#include "apus_step.h"

enum {
  /// Up to so many multiplications one core is done before a second would have begun.
  APUS_SMALL_PRODUCT_LIMIT = 1 << 17,
};

/// Context of `apus_small_product`: result = activation(left · right + bias + residual).
typedef struct {
  const float *left;      // [rows, depth], any strides
  const float *right;     // [depth, columns], any strides
  const float *bias;      // [columns] or NULL
  const float *residual;  // [rows, columns], row-major, or NULL
  float *result;          // [rows, columns], row-major; shares no memory with the operands
  float *scratch;         // apus_small_product_scratch_bytes
  int64_t rows, depth, columns;
  int64_t left_row_stride, left_depth_stride, right_depth_stride, right_column_stride;
  int32_t activation;  // APUS_ACTIVATION_...
} apus_small_product_context;

/// Bytes of scratch that `apus_small_product` needs.
int64_t apus_small_product_scratch_bytes(const apus_small_product_context *context);

/// Each sum is made in the order of the depth, in one chain of multiply-adds that starts from the bias.
int apus_small_product(void *context);
