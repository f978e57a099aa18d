// What the parts of the Winograd convolution share.

#pragma once
#include <stdint.h>

#include "winograd.h"

// Numbers of a transformed tile.
#define TRANSFORMED 36
// Sides of a tile of the result and of what it is made from.
#define RESULT_SIDE 4
#define SOURCE_SIDE 6

// The convolution of one instruction set.
typedef struct {
  void (*weights)(const apus_winograd_weights_context *);
  /// Tiles `begin ..< end`, at most `apus_winograd_block` at once, with a thread's scratch.
  void (*tiles)(const apus_winograd_context *, int64_t begin, int64_t end, float *scratch);
} winograd_kernels;

extern const winograd_kernels winograd_kernels_baseline;
#if defined(__x86_64__)
extern const winograd_kernels winograd_kernels_avx2;
extern const winograd_kernels winograd_kernels_avx512;
#endif
