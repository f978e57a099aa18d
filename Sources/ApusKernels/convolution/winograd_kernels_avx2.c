#if defined(__x86_64__)
#define APUS_VECTOR_BYTES 32
#define APUS_HAS_FMA 1
#define WINOGRAD_NAME winograd_kernels_avx2
#include <math.h>
#include <stdint.h>
#include <string.h>
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,bmi2"))), apply_to = function)
#include "winograd_tiles.h"
#pragma clang attribute pop
#endif
