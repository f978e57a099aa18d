// What the parts of the Winograd convolution share.

#pragma once
#include <stdint.h>

#include "winograd.h"

// Numbers of a transformed tile.
#define TRANSFORMED 36
// Sides of a tile of the result and of what it is made from.
#define RESULT_SIDE 4
#define SOURCE_SIDE 6
// Channels whose weights are transformed together.
#define WEIGHT_ROWS 16

// Transformed tiles [36, count, channels] or products [36, count, filters]: distance between two of the 36,
// in elements. A line more than they need, as lines that lie a power of two apart would share few places in a
// cache.
static inline int64_t winograd_distance(int64_t count, int64_t width) { return count * width + 16; }

// The convolution of one instruction set. Tiles `begin ..< begin + count` are made in three steps.
typedef struct {
  /// Blocks `begin ..< end` of WEIGHT_ROWS channels and a panel of filters.
  void (*weights)(const apus_winograd_weights_context *, int64_t begin, int64_t end);
  void (*source)(const apus_winograd_context *, int64_t begin, int64_t count, float *to, int64_t distance);
  /// Units `begin ..< end` of 36 times the panels of filters.
  void (*products)(
      const apus_winograd_context *, int64_t begin, int64_t end, int64_t count, const float *from, float *to);
  void (*result)(
      const apus_winograd_context *, int64_t begin, int64_t count, const float *products, int64_t distance);
  /// The gradients of the results of tiles, transformed, in panels of filters: [36, panels, count, panel],
  /// where `capacity` tiles fit. The first of them goes to place `first`.
  void (*gradient)(
      const apus_winograd_gradient_context *, int64_t begin, int64_t count, float *to, int64_t first,
      int64_t capacity);
  /// Units `begin ..< end` of 36 times the panels of filters: sums over `count` tiles of transformed sources
  /// times gradients, [36, panels, channels, panel], which are added to those before with `adds`.
  void (*gradient_products)(
      const apus_winograd_gradient_context *, int64_t begin, int64_t end, int64_t count, int64_t capacity,
      const float *source, const float *gradient, float *to, int adds);
  /// The weights' gradient from the sums, for channels `begin ..< end`.
  void (*gradient_result)(
      const apus_winograd_gradient_context *, int64_t begin, int64_t end, const float *sums);
  /// The product of product_tile.h, for other gradients of filters too.
  void (*product)(
      const float *a, int64_t a_row, int64_t a_depth, const float *b, int64_t b_panel, float *c, int64_t c_row,
      int64_t rows, int64_t panels, int64_t depth, int adds);
  int64_t panel;  // filters in a panel
} winograd_kernels;

const winograd_kernels *winograd_kernels_for_processor(void);

extern const winograd_kernels winograd_kernels_baseline;
#if defined(__x86_64__)
extern const winograd_kernels winograd_kernels_avx2;
extern const winograd_kernels winograd_kernels_avx512;
#endif
