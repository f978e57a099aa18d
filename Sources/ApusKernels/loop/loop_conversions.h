// Kernels that convert between element types.

#pragma once
#include "loop_elementwise.h"

#define CONVERT_TO(T, vector) __builtin_convertvector(vector, VECTOR_OF(T, lanes))

// Integers wrap among each other and round to nearest when they become floats; floats round to nearest.
#define PLAIN_CAST(from, A, to, R) KERNEL_1(cast_##from##_##to, R, A, CONVERT_TO(R, x))
#define BOOL_CAST(from, A) KERNEL_1(cast_##from##_bool, uint8_t, A, TO_BYTES(x != 0))

// Floats saturate. INSIDE is the greatest float within the range of R: the vector conversion is only defined
// for what fits.
#define SATURATING_CAST(from, A, to, R, MINIMUM, INSIDE, MAXIMUM)              \
  KERNEL_1(cast_##from##_##to, R, A, ({                                        \
             av bounded = x != x ? (av)(0) : x;                                \
             bounded = bounded < (A)(MINIMUM) ? (av)((A)(MINIMUM)) : bounded;  \
             av fitting = bounded > (A)(INSIDE) ? (av)((A)(INSIDE)) : bounded; \
             rv whole = CONVERT_TO(R, fitting);                                \
             MASK_LIKE(R, bounded > fitting) ? (rv)(MAXIMUM) : whole;          \
           }))
// Lanes of 0 and -1 in the size of R.
#define MASK_LIKE(R, mask) (CONVERT_TO(R, mask) != 0)

#define FROM_FLOAT(from, A, INSIDE32, INSIDE64, INSIDE_U32)              \
  SATURATING_CAST(from, A, i32, int32_t, INT32_MIN, INSIDE32, INT32_MAX) \
  SATURATING_CAST(from, A, i64, int64_t, INT64_MIN, INSIDE64, INT64_MAX) \
  SATURATING_CAST(from, A, u8, uint8_t, 0, 255, 255)                     \
  SATURATING_CAST(from, A, u32, uint32_t, 0, INSIDE_U32, UINT32_MAX)     \
  BOOL_CAST(from, A)
FROM_FLOAT(f32, float, 2147483520.0, 9223371487098961920.0, 4294967040.0)
FROM_FLOAT(f64, double, 2147483647.0, 9223372036854774784.0, 4294967295.0)
PLAIN_CAST(f32, float, f64, double)
PLAIN_CAST(f64, double, f32, float)

#define FROM_INTEGER(from, A)        \
  PLAIN_CAST(from, A, f32, float)    \
  PLAIN_CAST(from, A, f64, double)   \
  PLAIN_CAST(from, A, i32, int32_t)  \
  PLAIN_CAST(from, A, i64, int64_t)  \
  PLAIN_CAST(from, A, u8, uint8_t)   \
  PLAIN_CAST(from, A, u32, uint32_t) \
  BOOL_CAST(from, A)
FROM_INTEGER(i32, int32_t)
FROM_INTEGER(i64, int64_t)
FROM_INTEGER(u8, uint8_t)
FROM_INTEGER(u32, uint32_t)

// bfloat16 is the upper half of a float32.
#define FLOAT_FROM_BF16(bits)                                           \
  ({                                                                    \
    VECTOR_OF(uint32_t, lanes) wide = CONVERT_TO(uint32_t, bits) << 16; \
    VECTOR_OF(float, lanes) floats;                                     \
    memcpy(&floats, &wide, sizeof(floats));                             \
    floats;                                                             \
  })
// To nearest, ties to even; a NaN keeps its sign and stays one.
#define BF16_FROM_FLOAT(floats)                                                      \
  ({                                                                                 \
    VECTOR_OF(float, lanes) source = (floats);                                       \
    VECTOR_OF(uint32_t, lanes) bits;                                                 \
    memcpy(&bits, &source, sizeof(bits));                                            \
    VECTOR_OF(uint32_t, lanes) rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16; \
    rounded = source != source ? (bits >> 16) | 0x40 : rounded;                      \
    CONVERT_TO(uint16_t, rounded);                                                   \
  })
KERNEL_1(cast_f32_bf16, uint16_t, float, BF16_FROM_FLOAT(x))
KERNEL_1(cast_bf16_f32, float, uint16_t, FLOAT_FROM_BF16(x))
KERNEL_1(cast_bf16_f64, double, uint16_t, CONVERT_TO(double, FLOAT_FROM_BF16(x)))
KERNEL_1(cast_f64_bf16, uint16_t, double, BF16_FROM_FLOAT(CONVERT_TO(float, x)))
KERNEL_1(cast_i32_bf16, uint16_t, int32_t, BF16_FROM_FLOAT(CONVERT_TO(float, x)))
KERNEL_1(cast_i64_bf16, uint16_t, int64_t, BF16_FROM_FLOAT(CONVERT_TO(float, x)))
KERNEL_1(cast_u8_bf16, uint16_t, uint8_t, BF16_FROM_FLOAT(CONVERT_TO(float, x)))
KERNEL_1(cast_u32_bf16, uint16_t, uint32_t, BF16_FROM_FLOAT(CONVERT_TO(float, x)))
KERNEL_1(cast_bf16_bool, uint8_t, uint16_t, TO_BYTES((x & 0x7fff) != 0))

// From bfloat16 to an integer: by way of a short buffer of float32.
#define BF16_TO(to, R)                                                                             \
  static void cast_bf16_##to(                                                                      \
      void *result, const tile_source *a, const tile_source *b, const tile_source *c, int64_t n) { \
    float buffer[256];                                                                             \
    for (int64_t i = 0; i < n; i += 256) {                                                         \
      int64_t count = n - i < 256 ? n - i : 256;                                                   \
      tile_source source = {(const uint16_t *)a->data + i * a->step, a->step};                     \
      cast_bf16_f32(buffer, &source, b, c, count);                                                 \
      source = (tile_source){buffer, 1};                                                           \
      cast_f32_##to((R *)result + i, &source, b, c, count);                                        \
    }                                                                                              \
  }
BF16_TO(i32, int32_t)
BF16_TO(i64, int64_t)
BF16_TO(u8, uint8_t)
BF16_TO(u32, uint32_t)
