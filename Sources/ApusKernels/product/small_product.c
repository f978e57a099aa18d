#include "kernel_support.h"
#include "loop_kernels.h"
#include "small_product_kernels.h"

static small_product_kernel kernel_for_processor(void) {
#if defined(__x86_64__)
  const loop_kernels *loops = loop_kernels_for_processor();
  if (loops == &loop_kernels_avx512) return small_product_avx512;
  if (loops == &loop_kernels_avx2) return small_product_avx2;
#endif
  return small_product_baseline;
}

int64_t apus_small_product_scratch_bytes(const apus_small_product_context *c) {
  int64_t right = c->depth * max_i64(c->columns, SMALL_PRODUCT_LANES);
  int64_t result = c->columns < SMALL_PRODUCT_LANES ? c->rows * SMALL_PRODUCT_LANES : 0;
  return (right + result) * (int64_t)sizeof(float);
}

int apus_small_product(void *context) {
  kernel_for_processor()(context);
  return 0;
}
