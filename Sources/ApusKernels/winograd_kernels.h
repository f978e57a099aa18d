// What the parts of the Winograd convolution share.

#pragma once
#include <stdint.h>

#include "winograd.h"

// Numbers of a transformed tile.
#define TRANSFORMED 36
// Sides of a tile of the result and of what it is made from.
#define RESULT_SIDE 4
#define SOURCE_SIDE 6

// Transformed tiles [36, count, channels] or products [36, count, filters]: distance between two of the 36,
// in elements. A line more than they need, as lines that lie a power of two apart would share few places in a
// cache.
static inline int64_t winograd_distance(int64_t count, int64_t width) { return count * width + 16; }

// The convolution of one instruction set. Tiles `begin ..< begin + count` are made in three steps.
typedef struct {
  void (*weights)(const apus_winograd_weights_context *);
  void (*source)(const apus_winograd_context *, int64_t begin, int64_t count, float *to, int64_t distance);
  /// Units `begin ..< end` of 36 times the panels of filters.
  void (*products)(
      const apus_winograd_context *, int64_t begin, int64_t end, int64_t count, const float *from, float *to);
  void (*result)(
      const apus_winograd_context *, int64_t begin, int64_t count, const float *products, int64_t distance);
  int64_t panel;  // filters in a panel
} winograd_kernels;

extern const winograd_kernels winograd_kernels_baseline;
#if defined(__x86_64__)
extern const winograd_kernels winograd_kernels_avx2;
extern const winograd_kernels winograd_kernels_avx512;
#endif
