#if defined(__x86_64__)
#define APUS_VECTOR_BYTES 32
#define APUS_HAS_FMA 1
#define KERNELS_NAME loop_kernels_avx2
#define KERNELS_INSTRUCTION_SET "avx2"
#include <math.h>
#include <stdint.h>
#include <string.h>
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,bmi2"))), apply_to = function)
#include "loop_kernels_table.h"
#pragma clang attribute pop
#endif
