// What the parts of the small product share.

#pragma once
#include "small_product.h"

enum {
  // Floats of the longest vector.
  SMALL_PRODUCT_LANES = 16,
};

typedef void (*small_product_kernel)(const apus_small_product_context *context);

void small_product_baseline(const apus_small_product_context *context);
#if defined(__x86_64__)
void small_product_avx2(const apus_small_product_context *context);
void small_product_avx512(const apus_small_product_context *context);
#endif
