// Convolution with a 3×3 window at stride 1 in a quarter of the multiplications: Winograd's minimal filtering
// F(4×4, 3×3), Lavin and Gray, arXiv:1509.09308. float32, channels last.
#pragma once
#include <stdint.h>

#include "apus_step.h"

enum {
  /// Channels and filters must be multiples of this.
  APUS_WINOGRAD_CHANNELS = 16,
  /// Products are made for a multiple of this many filters: with fewer, some are made in vain.
  APUS_WINOGRAD_FILTERS = 64,
};

/// Context of `apus_winograd_weights`.
typedef struct {
  const float *weights;  // [3, 3, channels, filters], or turned [3, 3, filters, channels]
  float *result;         // apus_winograd_weights_bytes: [36, channels, filters] in panels of filters
  int64_t channels, filters;
  /// Non-zero: makes the weights with which the gradient of a convolution's source is made from that of its
  /// result. Taps are taken in reverse, and what the convolution calls a filter is a channel here.
  int32_t turned;
  int32_t threads;
} apus_winograd_weights_context;

/// Bytes of the weights in the form that `apus_winograd` multiplies with.
int64_t apus_winograd_weights_bytes(int64_t channels, int64_t filters);

/// Brings weights into the form that `apus_winograd` multiplies with. They grow fourfold or, where filters
/// do not fill a panel, more.
int apus_winograd_weights(void *context);

/// Context of `apus_winograd`.
typedef struct {
  const float *source;    // [batch, height, width, channels]
  const float *weights;   // what `apus_winograd_weights` made
  const float *bias;      // [filters] or NULL
  const float *residual;  // [batch, out_height, out_width, filters] or NULL: added before the relu
  float *result;          // [batch, out_height, out_width, filters]
  float *scratch;         // apus_winograd_scratch_bytes
  int64_t batch, height, width, channels, filters;
  /// Rows and columns of zeros before the source. What lies behind it is zero too.
  int64_t pad_top, pad_left;
  int64_t out_height, out_width;
  int32_t relu;  // non-zero: max(0, …) at the end
  int32_t threads;
} apus_winograd_context;

/// Bytes of scratch that `apus_winograd` needs.
int64_t apus_winograd_scratch_bytes(const apus_winograd_context *context);

/// `relu?(source * weights + bias? + residual?)`.
///
/// Each 4×4 tile of the result is made from 6×6 numbers of the source by 36 products instead of 144. The
/// transformations around them cost precision: errors are some 10 times those of the direct sum, about 1e-6 of
/// the largest result.
int apus_winograd(void *context);

/// Context of `apus_winograd_filter_gradient`.
typedef struct {
  const float *source;    // [batch, height, width, channels]
  const float *gradient;  // [batch, out_height, out_width, filters]
  float *result;          // [3, 3, channels, filters]
  float *scratch;         // apus_winograd_filter_gradient_scratch_bytes
  int64_t batch, height, width, channels, filters;
  /// Rows and columns of zeros before the source. What lies behind it is zero too.
  int64_t pad_top, pad_left;
  int64_t out_height, out_width;
  int32_t threads;
} apus_winograd_gradient_context;

/// Bytes of scratch that `apus_winograd_filter_gradient` needs.
int64_t apus_winograd_filter_gradient_scratch_bytes(const apus_winograd_gradient_context *context);

/// The gradient of `source * weights` with respect to the weights: the transpose of what `apus_winograd` does
/// with them, with 36 products for each tile and pair of channels too. Sums are made in an order that does not
/// depend on the number of threads.
int apus_winograd_filter_gradient(void *context);
