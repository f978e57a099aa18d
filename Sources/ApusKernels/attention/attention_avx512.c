#if defined(__x86_64__)
#define APUS_VECTOR_BYTES 64
#define APUS_HAS_FMA 1
#define ATTENTION_NAME attention_kernels_avx512
#include <math.h>
#include <stdint.h>
#include <string.h>
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma,bmi2"))), apply_to = function)
#include "attention_forward.h"
#include "attention_backward.h"
#include "attention_table.h"
#pragma clang attribute pop
#endif
