#if defined(__x86_64__)
#define APUS_VECTOR_BYTES 64
#define APUS_HAS_FMA 1
#define SMALL_PRODUCT_NAME small_product_avx512
#include <math.h>
#include <stdint.h>
#include <string.h>
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma,bmi2"))), apply_to = function)
#include "small_product_tiles.h"
#pragma clang attribute pop
#endif
