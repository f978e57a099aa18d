// Matrix product, convolution and pooling for the element types that oneDNN lacks, and as an oracle for it.
//
// Activations are channels-last, `[batch, spatial…, channels]`, with 1 to 3 spatial axes. Convolution is
// cross-correlation, as in Keras and PyTorch, with weights `[kernel…, inputs / groups, outputs]`:
//   output[b, o, f] = sum over k, c of
//       input[b, o * stride + k * dilation - padding_low, group(f) * cin/groups + c] * weight[k, c, f]
// Padding at the high end is whatever the output size implies. dtypes: float32, float64, int32, int64.
#pragma once
#include <stdint.h>

#include "apus_constants.h"
#include "apus_step.h"

/// Context of `apus_matmul`.
///
/// Strides are in elements; a batch stride of 0 broadcasts. The batch axes come in row-major order.
typedef struct {
  const void *left;   // [batch…, rows, depth]
  const void *right;  // [batch…, depth, columns]
  void *result;       // [batch…, rows, columns]
  int64_t batch[APUS_MAXIMUM_RANK];
  int64_t left_batch_stride[APUS_MAXIMUM_RANK];
  int64_t right_batch_stride[APUS_MAXIMUM_RANK];
  int64_t result_batch_stride[APUS_MAXIMUM_RANK];
  int64_t rows, depth, columns;
  int64_t left_row_stride, left_depth_stride;
  int64_t right_depth_stride, right_column_stride;
  int64_t result_row_stride, result_column_stride;
  int32_t batch_rank;  // 0 for one product
  int32_t dtype;
  int32_t threads;
} apus_matmul_context;

/// `result = left · right` for every batch index. Sums run over depth in order.
int apus_matmul(void *context);

/// Context of the three convolution kernels: each reads two of the tensors and writes the third.
typedef struct {
  void *input;   // [batch, input_size…, input_channels]
  void *weight;  // [kernel_size…, input_channels / groups, output_channels]
  void *output;  // [batch, output_size…, output_channels]
  int64_t batch, input_channels, output_channels, groups;
  int64_t input_size[3];
  int64_t kernel_size[3];
  int64_t output_size[3];
  int64_t stride[3];
  int64_t dilation[3];     // 1: dense kernel
  int64_t padding_low[3];  // may be negative
  int32_t spatial_rank;    // 1, 2 or 3; only so many entries of the arrays are read
  int32_t dtype;
  int32_t threads;
} apus_convolution_context;

/// Reads `input` and `weight`, writes `output`.
int apus_convolution(void *context);

/// Reads `output` (its gradient) and `weight`, writes `input` (its gradient): also the transpose.
int apus_convolution_input_gradient(void *context);

/// Reads `input` and `output` (its gradient), writes `weight` (its gradient).
int apus_convolution_filter_gradient(void *context);

/// Context of the pooling kernels.
typedef struct {
  const void *input;     // [batch, input_size…, channels]; not read by apus_average_pool_gradient
  const void *gradient;  // gradients only: [batch, output_size…, channels]
  void *result;  // forward: [batch, output_size…, channels]; gradients: [batch, input_size…, channels]
  int64_t batch, channels;
  int64_t input_size[3];
  int64_t output_size[3];
  int64_t window_size[3];
  int64_t stride[3];
  int64_t dilation[3];
  int64_t padding_low[3];
  int64_t padding_high[3];  // read only with count_padding
  int32_t spatial_rank;
  int32_t count_padding;  // average: whether the divisor counts padding; else real elements alone
  int32_t dtype;          // maximum: also uint8, int32 and int64; average: float32 and float64
  int32_t threads;
} apus_pool_context;

/// Largest element of each window; padding never wins; NaN does.
int apus_maximum_pool(void *context);

/// Gives each window's gradient to its first largest element; overlapping windows add up.
int apus_maximum_pool_gradient(void *context);

/// Mean of each window. A window wholly in the padding gives 0.
int apus_average_pool(void *context);

/// Spreads each window's gradient evenly over its elements.
int apus_average_pool_gradient(void *context);
