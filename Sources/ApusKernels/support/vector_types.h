// Vector types of one width, for code that is compiled once for each instruction set: the including file
// defines APUS_VECTOR_BYTES and APUS_HAS_FMA and sets the target with `#pragma clang attribute push`
// beforehand.
//
// Explicit vectors rather than loops left to the optimizer: the vector code is certain, and it is there in
// debug builds too, where loops over single elements would be some tens of times slower.

#pragma once
#include <math.h>
#include <stdint.h>
#include <string.h>

#ifndef APUS_VECTOR_BYTES
#define APUS_VECTOR_BYTES 16
#endif
#ifndef APUS_HAS_FMA
#if defined(__aarch64__)
#define APUS_HAS_FMA 1
#else
#define APUS_HAS_FMA 0
#endif
#endif

#define VECTOR_INLINE static inline __attribute__((always_inline, unused))

// `lanes` float lanes, integers of the same size, and doubles for as many lanes.
#define FLOAT_LANES (APUS_VECTOR_BYTES / 4)
typedef float vf32 __attribute__((ext_vector_type(FLOAT_LANES)));
typedef int32_t vi32 __attribute__((ext_vector_type(FLOAT_LANES)));
typedef uint32_t vu32 __attribute__((ext_vector_type(FLOAT_LANES)));
typedef double wf64 __attribute__((ext_vector_type(FLOAT_LANES)));
typedef int64_t wi64 __attribute__((ext_vector_type(FLOAT_LANES)));

// a * b + c, rounded once where the processor has the instruction. Without it, libm's exact emulation would
// cost a hundred times as much as the two operations.
#if APUS_HAS_FMA
#define MULTIPLY_ADD(a, b, c) __builtin_elementwise_fma(a, b, c)
#else
#define MULTIPLY_ADD(a, b, c) ((a) * (b) + (c))
#endif
