// The gradient of a convolution at stride 2 with respect to its filters. float32, channels last.
#pragma once
#include <stdint.h>

#include "apus_step.h"

enum {
  /// Filters must be a multiple of this.
  APUS_STRIDED_GRADIENT_FILTERS = 64,
};

/// Context of `apus_strided_filter_gradient`.
typedef struct {
  const float *source;    // [batch, height, width, channels]
  const float *gradient;  // [batch, out_height, out_width, filters]
  float *result;          // [window, window, channels, filters]
  float *scratch;         // apus_strided_filter_gradient_scratch_bytes
  int64_t batch, height, width, channels, filters, window;
  /// Rows and columns of zeros before the source. What lies behind it is zero too.
  int64_t pad_top, pad_left;
  int64_t out_height, out_width;
  int32_t threads;
} apus_strided_gradient_context;

/// Bytes of scratch that `apus_strided_filter_gradient` needs.
int64_t apus_strided_filter_gradient_scratch_bytes(const apus_strided_gradient_context *context);

/// The gradient as one product of matrices for each tap: what a tap meets lies side by side once the source is
/// parted into its even and odd rows and columns. Sums are made in an order that does not depend on the number
/// of threads.
int apus_strided_filter_gradient(void *context);
