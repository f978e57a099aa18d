// Elementwise kernels. KERNEL_1, _2 and _3 make one from an expression over the vectors x, y and z.

#pragma once
#include "loop_kernels.h"
#include "vector_math.h"

#define VECTOR_OF(type, lanes) type __attribute__((ext_vector_type(lanes)))
// So many lanes that the widest type taking part fills a vector.
#define WIDER(a, b) (sizeof(a) > sizeof(b) ? sizeof(a) : sizeof(b))
#define LANES_FOR(a, b) (APUS_VECTOR_BYTES / WIDER(a, b))

// Loads and stores go through memcpy: operands need no alignment, and may alias.
#define LOAD(vector, address) memcpy(&vector, address, sizeof(vector))

#define KERNEL_1(name, R, A, expression)                                                           \
  static void name(                                                                                \
      void *result, const tile_source *a, const tile_source *b, const tile_source *c, int64_t n) { \
    enum { lanes = LANES_FOR(R, A) };                                                              \
    typedef VECTOR_OF(R, lanes) rv;                                                                \
    typedef VECTOR_OF(A, lanes) av;                                                                \
    (void)b, (void)c;                                                                              \
    const A *pa = a->data;                                                                         \
    const int64_t sa = a->step;                                                                    \
    R *out = result;                                                                               \
    int64_t i = 0;                                                                                 \
    for (; i + lanes <= n; i += lanes) {                                                           \
      av x;                                                                                        \
      LOAD(x, pa + i * sa);                                                                        \
      rv value = (expression);                                                                     \
      memcpy(out + i, &value, sizeof(value));                                                      \
    }                                                                                              \
    if (i < n) {                                                                                   \
      av x = (av)(0);                                                                              \
      memcpy(&x, pa + i * sa, (size_t)(n - i) * sizeof(A));                                        \
      rv value = (expression);                                                                     \
      memcpy(out + i, &value, (size_t)(n - i) * sizeof(R));                                        \
    }                                                                                              \
  }

#define KERNEL_2(name, R, T, expression)                                                           \
  static void name(                                                                                \
      void *result, const tile_source *a, const tile_source *b, const tile_source *c, int64_t n) { \
    enum { lanes = LANES_FOR(R, T) };                                                              \
    typedef VECTOR_OF(R, lanes) rv;                                                                \
    typedef VECTOR_OF(T, lanes) av;                                                                \
    (void)c;                                                                                       \
    const T *pa = a->data, *pb = b->data;                                                          \
    const int64_t sa = a->step, sb = b->step;                                                      \
    R *out = result;                                                                               \
    int64_t i = 0;                                                                                 \
    for (; i + lanes <= n; i += lanes) {                                                           \
      av x, y;                                                                                     \
      LOAD(x, pa + i * sa);                                                                        \
      LOAD(y, pb + i * sb);                                                                        \
      rv value = (expression);                                                                     \
      memcpy(out + i, &value, sizeof(value));                                                      \
    }                                                                                              \
    if (i < n) {                                                                                   \
      av x = (av)(0), y = (av)(0);                                                                 \
      memcpy(&x, pa + i * sa, (size_t)(n - i) * sizeof(T));                                        \
      memcpy(&y, pb + i * sb, (size_t)(n - i) * sizeof(T));                                        \
      rv value = (expression);                                                                     \
      memcpy(out + i, &value, (size_t)(n - i) * sizeof(R));                                        \
    }                                                                                              \
  }

// The first operand may be of another type P: a predicate.
#define KERNEL_3(name, P, T, expression)                                                           \
  static void name(                                                                                \
      void *result, const tile_source *a, const tile_source *b, const tile_source *c, int64_t n) { \
    enum { lanes = LANES_FOR(P, T) };                                                              \
    typedef VECTOR_OF(P, lanes) pv;                                                                \
    typedef VECTOR_OF(T, lanes) av;                                                                \
    typedef av rv;                                                                                 \
    const P *pa = a->data;                                                                         \
    const T *pb = b->data, *pc = c->data;                                                          \
    const int64_t sa = a->step, sb = b->step, sc = c->step;                                        \
    T *out = result;                                                                               \
    int64_t i = 0;                                                                                 \
    for (; i + lanes <= n; i += lanes) {                                                           \
      pv x;                                                                                        \
      av y, z;                                                                                     \
      LOAD(x, pa + i * sa);                                                                        \
      LOAD(y, pb + i * sb);                                                                        \
      LOAD(z, pc + i * sc);                                                                        \
      rv value = (expression);                                                                     \
      memcpy(out + i, &value, sizeof(value));                                                      \
    }                                                                                              \
    if (i < n) {                                                                                   \
      pv x = (pv)(0);                                                                              \
      av y = (av)(0), z = (av)(0);                                                                 \
      memcpy(&x, pa + i * sa, (size_t)(n - i) * sizeof(P));                                        \
      memcpy(&y, pb + i * sb, (size_t)(n - i) * sizeof(T));                                        \
      memcpy(&z, pc + i * sc, (size_t)(n - i) * sizeof(T));                                        \
      rv value = (expression);                                                                     \
      memcpy(out + i, &value, (size_t)(n - i) * sizeof(T));                                        \
    }                                                                                              \
  }

// A comparison's lanes of 0 and -1 as bytes of 0 and 1.
#define TO_BYTES(mask) __builtin_convertvector(-(mask), rv)

// A function of libm, or of one element, on each lane.
#define EACH_1(function)                                                     \
  ({                                                                         \
    rv each;                                                                 \
    for (int lane = 0; lane < lanes; lane++) each[lane] = function(x[lane]); \
    each;                                                                    \
  })
#define EACH_2(function)                                                              \
  ({                                                                                  \
    rv each;                                                                          \
    for (int lane = 0; lane < lanes; lane++) each[lane] = function(x[lane], y[lane]); \
    each;                                                                             \
  })

// Floor remainder: the sign of the divisor, also for a result of zero, as in Python.
#define DEFINE_FLOAT_REMAINDER(name, T, fmod, copysign) \
  VECTOR_INLINE T name(T a, T b) {                      \
    T r = fmod(a, b);                                   \
    if (r == 0) return copysign((T)0, b);               \
    return (r < 0) != (b < 0) ? r + b : r;              \
  }
DEFINE_FLOAT_REMAINDER(floor_remainder_f32, float, fmodf, copysignf)
DEFINE_FLOAT_REMAINDER(floor_remainder_f64, double, fmod, copysign)

#define FLOAT_KERNELS(s, T)                                                                 \
  KERNEL_1(neg_##s, T, T, -x)                                                               \
  KERNEL_1(abs_##s, T, T, __builtin_elementwise_abs(x))                                     \
  KERNEL_1(sign_##s, T, T, x > 0 ? (av)(1) : (x < 0 ? (av)(-1) : (x != x ? x : (av)(0))))   \
  KERNEL_1(floor_##s, T, T, __builtin_elementwise_floor(x))                                 \
  KERNEL_1(ceil_##s, T, T, __builtin_elementwise_ceil(x))                                   \
  KERNEL_1(round_##s, T, T, __builtin_elementwise_rint(x))                                  \
  KERNEL_1(sqrt_##s, T, T, __builtin_elementwise_sqrt(x))                                   \
  KERNEL_1(rsqrt_##s, T, T, (T)1 / __builtin_elementwise_sqrt(x))                           \
  KERNEL_1(is_finite_##s, uint8_t, T, TO_BYTES(__builtin_elementwise_abs(x) < (T)INFINITY)) \
  KERNEL_1(relu_##s, T, T, x < 0 ? (av)(0) : x)                                             \
  KERNEL_1(square_##s, T, T, x *x)                                                          \
  KERNEL_1(reciprocal_##s, T, T, (T)1 / x)                                                  \
  KERNEL_2(add_##s, T, T, x + y)                                                            \
  KERNEL_2(sub_##s, T, T, x - y)                                                            \
  KERNEL_2(mul_##s, T, T, x *y)                                                             \
  KERNEL_2(div_##s, T, T, x / y)                                                            \
  KERNEL_2(max_##s, T, T, ((x > y) | (x != x)) ? x : y)                                     \
  KERNEL_2(min_##s, T, T, ((x < y) | (x != x)) ? x : y)                                     \
  KERNEL_2(rem_##s, T, T, EACH_2(floor_remainder_##s))                                      \
  KERNEL_2(relu_grad_##s, T, T, y > 0 ? x : (av)(0))                                        \
  KERNEL_3(clamp_##s, T, T, CLAMP(x, y, z))                                                 \
  KERNEL_3(fma_##s, T, T, MULTIPLY_ADD(x, y, z))                                            \
  KERNEL_3(lerp_##s, T, T, STEPWISE(x + (y - x) * z))                                       \
  KERNEL_3(lerp_square_##s, T, T, STEPWISE(x + (y * y - x) * z))                            \
  KERNEL_3(div_root_##s, T, T, STEPWISE(x / (__builtin_elementwise_sqrt(y) + z)))
// Rounds each step, as the instructions do that one stands for.
#define STEPWISE(expression)           \
  ({                                   \
    _Pragma("clang fp contract(off)")  \
    (expression);                      \
  })
// Bounds first low, then high; comparisons with NaN fail, so that a NaN value stays.
#define CLAMP(low, value, high)                    \
  ({                                               \
    av raised = (value) < (low) ? (low) : (value); \
    raised > (high) ? (high) : raised;             \
  })

FLOAT_KERNELS(f32, float)
FLOAT_KERNELS(f64, double)

KERNEL_1(exp_f32, float, float, vector_exp(x))
KERNEL_1(expm1_f32, float, float, vector_expm1(x))
KERNEL_1(log_f32, float, float, vector_log(x))
KERNEL_1(log1p_f32, float, float, vector_log1p(x))
KERNEL_1(sin_f32, float, float, vector_sin(x))
KERNEL_1(cos_f32, float, float, vector_cos(x))
KERNEL_1(tanh_f32, float, float, vector_tanh(x))
KERNEL_1(logistic_f32, float, float, vector_logistic(x))
KERNEL_1(erf_f32, float, float, vector_erf(x))
KERNEL_1(gelu_f32, float, float, vector_gelu(x))
KERNEL_1(gelu_tanh_f32, float, float, vector_gelu_tanh(x))
KERNEL_2(gelu_grad_f32, float, float, x *vector_gelu_slope(y))
KERNEL_2(gelu_tanh_grad_f32, float, float, x *vector_gelu_tanh_slope(y))
KERNEL_2(pow_f32, float, float, vector_pow(x, y))
KERNEL_2(atan2_f32, float, float, EACH_2(atan2f))

VECTOR_INLINE double logistic(double x) { return 1 / (1 + exp(-x)); }
KERNEL_1(exp_f64, double, double, EACH_1(exp))
KERNEL_1(expm1_f64, double, double, EACH_1(expm1))
KERNEL_1(log_f64, double, double, EACH_1(log))
KERNEL_1(log1p_f64, double, double, EACH_1(log1p))
KERNEL_1(sin_f64, double, double, EACH_1(sin))
KERNEL_1(cos_f64, double, double, EACH_1(cos))
KERNEL_1(tanh_f64, double, double, EACH_1(tanh))
KERNEL_1(logistic_f64, double, double, EACH_1(logistic))
KERNEL_1(erf_f64, double, double, EACH_1(erf))
KERNEL_2(pow_f64, double, double, EACH_2(pow))
KERNEL_2(atan2_f64, double, double, EACH_2(atan2))

// Where wrapping arithmetic is the same for signed and unsigned, the unsigned kernel serves both: in C,
// signed overflow is undefined.
#define UNSIGNED_KERNELS(s, T)      \
  KERNEL_1(neg_##s, T, T, (T)0 - x) \
  KERNEL_1(not_##s, T, T, ~x)       \
  KERNEL_1(square_##s, T, T, x *x)  \
  KERNEL_2(add_##s, T, T, x + y)    \
  KERNEL_2(sub_##s, T, T, x - y)    \
  KERNEL_2(mul_##s, T, T, x *y)     \
  KERNEL_2(and_##s, T, T, x &y)     \
  KERNEL_2(or_##s, T, T, x | y)     \
  KERNEL_2(xor_##s, T, T, x ^ y)    \
  KERNEL_2(shl_##s, T, T, y < sizeof(T) * 8 ? x << (y & (sizeof(T) * 8 - 1)) : (av)(0))
UNSIGNED_KERNELS(u8, uint8_t)
UNSIGNED_KERNELS(u32, uint32_t)
UNSIGNED_KERNELS(u64, uint64_t)

#define DEFINE_INTEGER_FUNCTIONS(s, T, U, is_signed)          \
  VECTOR_INLINE T divide_##s(T a, T b) {                      \
    if (b == 0) return 0;                                     \
    if (is_signed && b == (T) - 1) return (T)(0 - (U)a);      \
    return a / b;                                             \
  }                                                           \
  VECTOR_INLINE T floor_remainder_##s(T a, T b) {             \
    if (b == 0 || (is_signed && b == (T) - 1)) return 0;      \
    T r = a % b;                                              \
    return r != 0 && ((r < 0) != (b < 0)) ? r + b : r;        \
  }                                                           \
  VECTOR_INLINE T power_##s(T base, T exponent) {             \
    if (is_signed && exponent < 0) {                          \
      if (base == 1) return 1;                                \
      if (base == (T) - 1) return exponent & 1 ? (T) - 1 : 1; \
      return 0;                                               \
    }                                                         \
    U result = 1, square = (U)base;                           \
    for (U rest = (U)exponent; rest != 0; rest >>= 1) {       \
      if (rest & 1) result *= square;                         \
      square *= square;                                       \
    }                                                         \
    return (T)result;                                         \
  }
#define SHIFT_WIDTH(T) (T)(sizeof(T) * 8 - 1)
#define INTEGER_KERNELS(s, T, U, is_signed)            \
  DEFINE_INTEGER_FUNCTIONS(s, T, U, is_signed)         \
  KERNEL_2(div_##s, T, T, EACH_2(divide_##s))          \
  KERNEL_2(rem_##s, T, T, EACH_2(floor_remainder_##s)) \
  KERNEL_2(pow_##s, T, T, EACH_2(power_##s))
#define ORDERED_KERNELS(s, T)            \
  KERNEL_2(max_##s, T, T, x > y ? x : y) \
  KERNEL_2(min_##s, T, T, x < y ? x : y) \
  KERNEL_3(clamp_##s, T, T, CLAMP(x, y, z))
#define SIGNED_KERNELS(s, T, U)                                            \
  INTEGER_KERNELS(s, T, U, 1)                                              \
  ORDERED_KERNELS(s, T)                                                    \
  KERNEL_1(abs_##s, T, T, SIGNED_ABS(T, U))                                \
  KERNEL_1(sign_##s, T, T, x > 0 ? (av)(1) : (x < 0 ? (av)(-1) : (av)(0))) \
  KERNEL_2(shr_##s, T, T, x >> (((y >= 0) & (y < SHIFT_WIDTH(T))) ? y : (av)(SHIFT_WIDTH(T))))
// Through unsigned, where the least integer may be negated.
#define SIGNED_ABS(T, U)                          \
  ({                                              \
    typedef VECTOR_OF(U, lanes) uv;               \
    uv bits, mask;                                \
    av below = x >> SHIFT_WIDTH(T);               \
    memcpy(&bits, &x, sizeof(bits));              \
    memcpy(&mask, &below, sizeof(mask));          \
    bits = (bits ^ mask) - mask;                  \
    av magnitude;                                 \
    memcpy(&magnitude, &bits, sizeof(magnitude)); \
    magnitude;                                    \
  })
SIGNED_KERNELS(i32, int32_t, uint32_t)
SIGNED_KERNELS(i64, int64_t, uint64_t)

INTEGER_KERNELS(u8, uint8_t, uint8_t, 0)
INTEGER_KERNELS(u32, uint32_t, uint32_t, 0)
ORDERED_KERNELS(u8, uint8_t)
ORDERED_KERNELS(u32, uint32_t)
KERNEL_1(sign_u8, uint8_t, uint8_t, x > 0 ? (av)(1) : (av)(0))
KERNEL_1(sign_u32, uint32_t, uint32_t, x > 0 ? (av)(1) : (av)(0))
KERNEL_2(shr_u8, uint8_t, uint8_t, y < 8 ? x >> (y & 7) : (av)(0))
KERNEL_2(shr_u32, uint32_t, uint32_t, y < 32 ? x >> (y & 31) : (av)(0))
KERNEL_1(not_bool, uint8_t, uint8_t, x ^ 1)

#define COMPARISON_KERNELS(s, T)                 \
  KERNEL_2(eq_##s, uint8_t, T, TO_BYTES(x == y)) \
  KERNEL_2(ne_##s, uint8_t, T, TO_BYTES(x != y)) \
  KERNEL_2(lt_##s, uint8_t, T, TO_BYTES(x < y))  \
  KERNEL_2(le_##s, uint8_t, T, TO_BYTES(x <= y)) \
  KERNEL_2(gt_##s, uint8_t, T, TO_BYTES(x > y))  \
  KERNEL_2(ge_##s, uint8_t, T, TO_BYTES(x >= y))
COMPARISON_KERNELS(f32, float)
COMPARISON_KERNELS(f64, double)
COMPARISON_KERNELS(i32, int32_t)
COMPARISON_KERNELS(i64, int64_t)
COMPARISON_KERNELS(u8, uint8_t)
COMPARISON_KERNELS(u32, uint32_t)

#define SIZED_KERNELS(s, T, mask) \
  KERNEL_1(copy_##s, T, T, x)     \
  KERNEL_3(select_##s, uint8_t, T, __builtin_convertvector(x, VECTOR_OF(mask, lanes)) != 0 ? y : z)
SIZED_KERNELS(size1, uint8_t, int8_t)
SIZED_KERNELS(size2, uint16_t, int16_t)
SIZED_KERNELS(size4, uint32_t, int32_t)
SIZED_KERNELS(size8, uint64_t, int64_t)
