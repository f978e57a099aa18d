// What the kernels' implementations share; not part of the module's interface.
#pragma once
#include <stdint.h>
#include <string.h>

#include "apus_constants.h"
#include "apus_threads.h"

// Raw values of Swift's DType.
enum {
  TYPE_F32 = 0,
  TYPE_F64 = 1,
  TYPE_I32 = 2,
  TYPE_I64 = 3,
  TYPE_U8 = 4,
  TYPE_BOOL = 5,
  TYPE_BF16 = 6,
  TYPE_U32 = 7,
};

// Functions marked VECTOR are compiled for AVX-512, AVX2 and the baseline and chosen when the process starts.
#if defined(__x86_64__) && defined(__linux__)
#define VECTOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define VECTOR
#endif
// Helpers of VECTOR functions must become part of each variant.
#define INLINE static inline __attribute__((always_inline))

// Sums inside the block may be regrouped into vector lanes: the order is fixed for a given length and
// variant, so the bits do not depend on the number of threads.
#define REASSOCIATE _Pragma("clang fp reassociate(on)")

// Goes before a loop that handles each index by itself, though its result may be the memory it reads.
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")

typedef struct {
  int64_t begin, end;
} range;

INLINE int64_t min_i64(int64_t a, int64_t b) { return a < b ? a : b; }
INLINE int64_t max_i64(int64_t a, int64_t b) { return a > b ? a : b; }
INLINE int64_t ceil_divide(int64_t a, int64_t b) { return (a + b - 1) / b; }

// Part `thread` of `0 ..< total` cut into `count` parts whose sizes are multiples of `grain` (but the last).
INLINE range split(int64_t total, int64_t grain, int thread, int count) {
  int64_t grains = ceil_divide(total, grain);
  int64_t begin = grains * thread / count * grain, end = grains * (thread + 1) / count * grain;
  return (range){min_i64(begin, total), min_i64(end, total)};
}

INLINE int thread_count(int threads, int64_t elements) {
  return threads > 1 && elements >= APUS_SERIAL_ELEMENTS ? threads : 1;
}

INLINE int64_t element_bytes(int32_t dtype) {
  switch (dtype) {
    case TYPE_F64:
    case TYPE_I64: return 8;
    case TYPE_U8:
    case TYPE_BOOL: return 1;
    case TYPE_BF16: return 2;
    default: return 4;
  }
}

INLINE float float_from_bf16(uint16_t bits) {
  uint32_t wide = (uint32_t)bits << 16;
  float value;
  memcpy(&value, &wide, 4);
  return value;
}

// Rounds to nearest, ties to even; NaN stays NaN.
INLINE uint16_t bf16_from_float(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  return value != value ? (uint16_t)((bits >> 16) | 0x40) : (uint16_t)rounded;
}

// How a stored element becomes a number and back, where templates over types ask for it.
#define SAME(x) (x)
#define TO_BOOL(x) ((uint8_t)((x) != 0))

// Lowers a number that several threads share to `value`, if that is smaller.
INLINE void lower_to(int64_t *shared, int64_t value) {
  int64_t known = __atomic_load_n(shared, __ATOMIC_RELAXED);
  while (value < known &&
         !__atomic_compare_exchange_n(shared, &known, value, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
  }
}

INLINE int64_t load_index(const void *indices, int32_t dtype, int64_t position) {
  switch (dtype) {
    case TYPE_I32: return ((const int32_t *)indices)[position];
    case TYPE_I64: return ((const int64_t *)indices)[position];
    case TYPE_U32: return ((const uint32_t *)indices)[position];
    default: return ((const uint8_t *)indices)[position];
  }
}
