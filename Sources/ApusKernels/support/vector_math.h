// float32 functions on vectors, free of branches but for the sine's rare fallback. Errors are in units in the
// last place (ulp) against the exact value, the largest seen over dense samples with fused multiply-add; the
// tests hold them. Denormal results may be flushed to zero. The polynomials are minimax fits over the reduced
// ranges, made for this file by reweighted least squares with coefficients rounded to float32 one after the
// other.

#pragma once
#include "vector_types.h"

// Vectors wider than the target's registers are passed between these functions; they are always inlined, so
// no calling convention is at stake.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpsabi"

VECTOR_INLINE vf32 bits_to_float(vi32 bits) {
  vf32 value;
  memcpy(&value, &bits, sizeof(value));
  return value;
}

VECTOR_INLINE vi32 float_to_bits(vf32 value) {
  vi32 bits;
  memcpy(&bits, &value, sizeof(bits));
  return bits;
}

// The magnitude of one, the sign of the other.
VECTOR_INLINE vf32 with_sign_of(vf32 magnitude, vf32 sign) {
  return bits_to_float((float_to_bits(magnitude) & 0x7fffffff) | (float_to_bits(sign) & (int32_t)0x80000000));
}

VECTOR_INLINE vf32 magnitude_of(vf32 x) { return bits_to_float(float_to_bits(x) & 0x7fffffff); }

// x = n ln 2 + r with |r| <= ln 2 / 2. Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits,
// also for NaN, which a conversion to integer would not allow.
#define ROUNDING_SHIFT 12582912.0f
typedef struct {
  vf32 r;
  vi32 n;
} exp_reduction;

VECTOR_INLINE exp_reduction reduce_for_exp(vf32 x) {
  vf32 shifted = MULTIPLY_ADD(x, (vf32)(1.44269504f), (vf32)(ROUNDING_SHIFT));
  vf32 n = shifted - ROUNDING_SHIFT;
  vf32 r = MULTIPLY_ADD(n, (vf32)(-0.693145752f), x);
  r = MULTIPLY_ADD(n, (vf32)(-1.42860677e-6f), r);
  return (exp_reduction){r, float_to_bits(shifted) - float_to_bits((vf32)(ROUNDING_SHIFT))};
}

// exp(r) - 1 for the reduced r.
VECTOR_INLINE vf32 expm1_of_reduced(vf32 r) {
  vf32 q = (vf32)(0.000197633271f);
  q = MULTIPLY_ADD(q, r, (vf32)(0.00139323261f));
  q = MULTIPLY_ADD(q, r, (vf32)(0.00833354425f));
  q = MULTIPLY_ADD(q, r, (vf32)(0.0416664928f));
  q = MULTIPLY_ADD(q, r, (vf32)(0.166666657f));
  q = MULTIPLY_ADD(q, r, (vf32)(0.5f));
  return MULTIPLY_ADD(r * r, q, r);
}

// At most 1 ulp. exp(-inf) = 0, overflow gives inf.
VECTOR_INLINE vf32 vector_exp(vf32 x) {
  x = x > 89.0f ? (vf32)(89.0f) : x;
  x = x < -104.0f ? (vf32)(-104.0f) : x;
  exp_reduction e = reduce_for_exp(x);
  vf32 r = e.r;
  vf32 q = (vf32)(0.00138703024f);
  q = MULTIPLY_ADD(q, r, (vf32)(0.00836625788f));
  q = MULTIPLY_ADD(q, r, (vf32)(0.041667439f));
  q = MULTIPLY_ADD(q, r, (vf32)(0.166665465f));
  q = MULTIPLY_ADD(q, r, (vf32)(0.49999997f));
  vf32 p = MULTIPLY_ADD(r * r, q, r) + 1.0f;
  // In two steps, since 2^128 and 2^-150 are no floats.
  vi32 half = e.n >> 1;
  return p * bits_to_float((half + 127) << 23) * bits_to_float((e.n - half + 127) << 23);
}

// At most 2 ulp.
VECTOR_INLINE vf32 vector_expm1(vf32 x) {
  vf32 bounded = x > 89.0f ? (vf32)(89.0f) : x;
  bounded = bounded < -30.0f ? (vf32)(-30.0f) : bounded;
  exp_reduction e = reduce_for_exp(bounded);
  vf32 scale = bits_to_float((e.n + 126) << 23);  // 2^(n - 1)
  vf32 half = MULTIPLY_ADD(scale, expm1_of_reduced(e.r), scale - 0.5f);
  // There x is the result, and halves of it may be denormal.
  return magnitude_of(x) < 5.9604645e-8f ? x : half + half;
}

// x = 2^e (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)]; then log(1 + f) = f - f^2 / 2 + f^3 P(f).
// At most 1 ulp.
VECTOR_INLINE vf32 vector_log(vf32 x) {
  vi32 tiny = x < 1.17549435e-38f;
  vf32 scaled = tiny ? x * 8388608.0f : x;
  vi32 bits = float_to_bits(scaled) - 0x3f3504f3;
  vf32 e = __builtin_convertvector((bits >> 23) - (tiny & 23), vf32);
  vf32 f = bits_to_float((bits & 0x7fffff) + 0x3f3504f3) - 1.0f;
  vf32 p = (vf32)(0.0675095618f);
  p = MULTIPLY_ADD(p, f, (vf32)(-0.116714492f));
  p = MULTIPLY_ADD(p, f, (vf32)(0.11883568f));
  p = MULTIPLY_ADD(p, f, (vf32)(-0.124060318f));
  p = MULTIPLY_ADD(p, f, (vf32)(0.142203271f));
  p = MULTIPLY_ADD(p, f, (vf32)(-0.166679963f));
  p = MULTIPLY_ADD(p, f, (vf32)(0.20002073f));
  p = MULTIPLY_ADD(p, f, (vf32)(-0.250000089f));
  p = MULTIPLY_ADD(p, f, (vf32)(0.333333135f));
  vf32 square = f * f;
  vf32 rest = MULTIPLY_ADD(square * f, p, e * 1.42860677e-6f);
  rest = MULTIPLY_ADD(square, (vf32)(-0.5f), rest);
  vf32 result = MULTIPLY_ADD(e, (vf32)(0.693145752f), f + rest);
  result = x == 0.0f ? (vf32)(-INFINITY) : result;
  result = x < 0.0f ? (vf32)(NAN) : result;
  return ((x == INFINITY) | (x != x)) ? x : result;
}

// log(u) with u = 1 + x rounded, corrected by what the rounding lost. At most 2 ulp.
VECTOR_INLINE vf32 vector_log1p(vf32 x) {
  vf32 u = 1.0f + x;
  vf32 lost = x < 1.0f ? x - (u - 1.0f) : 1.0f - (u - x);
  vf32 logarithm = vector_log(u);
  vf32 result = logarithm + lost / u;
  result = ((u == 0.0f) | (u == INFINITY)) ? logarithm : result;
  return x == 0.0f ? x : result;
}

// expm1(2 |x|) / (expm1(2 |x|) + 2), accurate near 0 too. At most 3 ulp.
VECTOR_INLINE vf32 vector_tanh(vf32 x) {
  vf32 magnitude = magnitude_of(x);
  vf32 bounded = magnitude > 10.0f ? (vf32)(10.0f) : magnitude;
  exp_reduction e = reduce_for_exp(bounded + bounded);
  vf32 scale = bits_to_float((e.n + 127) << 23);
  vf32 t = MULTIPLY_ADD(scale, expm1_of_reduced(e.r), scale - 1.0f);
  return with_sign_of(t / (t + 2.0f), x);
}

// At most 2 ulp.
VECTOR_INLINE vf32 vector_logistic(vf32 x) { return 1.0f / (1.0f + vector_exp(-x)); }

// Near 0 a polynomial in x^2, beyond 0.93 one for log(1 - erf). At most 2 ulp.
VECTOR_INLINE vf32 vector_erf(vf32 x) {
  vf32 t = magnitude_of(x);
  vf32 s = x * x;
  vf32 near = (vf32)(7.99664922e-05f);
  near = MULTIPLY_ADD(near, s, (vf32)(-0.000804976968f));
  near = MULTIPLY_ADD(near, s, (vf32)(0.00519240508f));
  near = MULTIPLY_ADD(near, s, (vf32)(-0.0268557314f));
  near = MULTIPLY_ADD(near, s, (vf32)(0.112836257f));
  near = MULTIPLY_ADD(near, s, (vf32)(-0.376126289f));
  near = MULTIPLY_ADD(near, s, (vf32)(0.128379166f));
  near = MULTIPLY_ADD(near, x, x);
  vf32 u = t > 3.95f ? (vf32)(3.95f) : t;
  vf32 far = (vf32)(1.12309435e-05f);
  far = MULTIPLY_ADD(far, u, (vf32)(-0.000322803331f));
  far = MULTIPLY_ADD(far, u, (vf32)(0.00364246778f));
  far = MULTIPLY_ADD(far, u, (vf32)(-0.0237621013f));
  far = MULTIPLY_ADD(far, u, (vf32)(0.106236942f));
  far = MULTIPLY_ADD(far, u, (vf32)(0.635151267f));
  far = MULTIPLY_ADD(far, u, (vf32)(0.128648505f));
  far = MULTIPLY_ADD(far, u, u);
  far = with_sign_of(1.0f - vector_exp(-far), x);
  return t < 0.93f ? near : far;
}

// exp(x) for x in -80 ... 0, where nothing overflows. At most 1 ulp.
VECTOR_INLINE vf32 exp_of_negative(vf32 x) {
  exp_reduction e = reduce_for_exp(x);
  return MULTIPLY_ADD(bits_to_float((e.n + 127) << 23), expm1_of_reduced(e.r), bits_to_float((e.n + 127) << 23));
}

// The normal distribution's upper tail, as exp(-p(t)) / 2 with a polynomial p. For t in 0 ... 6.5; the absolute
// error is at most 3e-8, the relative one at most 4e-6.
#define LAST_TAIL 6.5f
VECTOR_INLINE vf32 upper_tail(vf32 t) {
  vf32 p = (vf32)(1.6031853178333222e-08f);
  p = MULTIPLY_ADD(p, t, (vf32)(-4.875080321653513e-07f));
  p = MULTIPLY_ADD(p, t, (vf32)(6.37798075331375e-06f));
  p = MULTIPLY_ADD(p, t, (vf32)(-4.547564822132699e-05f));
  p = MULTIPLY_ADD(p, t, (vf32)(0.00016666689771227539f));
  p = MULTIPLY_ADD(p, t, (vf32)(5.887082443223335e-05f));
  p = MULTIPLY_ADD(p, t, (vf32)(-0.0048898570239543915f));
  p = MULTIPLY_ADD(p, t, (vf32)(0.036401305347681046f));
  p = MULTIPLY_ADD(p, t, (vf32)(0.3182905614376068f));
  p = MULTIPLY_ADD(p, t, (vf32)(0.7978864908218384f));
  return 0.5f * exp_of_negative(-p * t);
}

// x times the normal distribution's cumulative function. The error is at most 1e-7, or 2 ulp where that is more.
VECTOR_INLINE vf32 vector_gelu(vf32 x) {
  vf32 t = magnitude_of(x);
  t = t > LAST_TAIL ? (vf32)(LAST_TAIL) : t;
  vf32 positive = x > 0.0f ? x : (vf32)(0.0f);
  return positive - t * upper_tail(t);
}

// The slope of vector_gelu. The error is at most 2e-7.
VECTOR_INLINE vf32 vector_gelu_slope(vf32 x) {
  vf32 t = magnitude_of(x);
  t = t > LAST_TAIL ? (vf32)(LAST_TAIL) : t;
  vf32 tail = upper_tail(t);
  vf32 density = 0.398942280f * exp_of_negative(-0.5f * t * t);
  return (x > 0.0f ? 1.0f - tail : tail) + with_sign_of(t * density, x);
}

// Hendrycks and Gimpel's approximation by tanh: x logistic(x (a + b x^2)). The relative error is at most 4e-6.
#define GELU_TANH_LINEAR 1.59576912f
#define GELU_TANH_CUBIC 0.0713548163f
VECTOR_INLINE vf32 vector_gelu_tanh(vf32 x) {
  vf32 angle = x * MULTIPLY_ADD(x * x, (vf32)(GELU_TANH_CUBIC), (vf32)(GELU_TANH_LINEAR));
  return x / (1.0f + vector_exp(-angle));
}

// The slope of vector_gelu_tanh. The error is at most 1e-6.
VECTOR_INLINE vf32 vector_gelu_tanh_slope(vf32 x) {
  // Beyond, the slope is 0 or 1.
  x = x > 10.0f ? (vf32)(10.0f) : x;
  x = x < -10.0f ? (vf32)(-10.0f) : x;
  vf32 square = x * x;
  vf32 angle = x * MULTIPLY_ADD(square, (vf32)(GELU_TANH_CUBIC), (vf32)(GELU_TANH_LINEAR));
  vf32 change = x * MULTIPLY_ADD(square, (vf32)(3 * GELU_TANH_CUBIC), (vf32)(GELU_TANH_LINEAR));
  // s (1 - s) without the difference, which would leave few digits.
  vf32 e = vector_exp(-angle);
  vf32 s = 1.0f / (1.0f + e);
  return MULTIPLY_ADD(s * e * s, change, s);
}

// The quadrant and the rest of x by pi / 2, in double: exact enough for |x| up to 10^6, next to multiples of
// pi / 2 too.
typedef struct {
  vf32 sine, cosine;
  vi32 quadrant;
} sine_and_cosine;

#define LARGEST_REDUCED_ANGLE 1e6f

VECTOR_INLINE sine_and_cosine reduce_and_evaluate(vf32 x) {
  wf64 wide = __builtin_convertvector(x, wf64);
  wf64 shifted = wide * 0.63661977236758134308 + 6755399441055744.0;
  wf64 n = shifted - 6755399441055744.0;
  wf64 rest = (wide - n * 1.57079632673412561417) - n * 6.07710050650619224932e-11;
  wi64 bits;
  memcpy(&bits, &shifted, sizeof(bits));
  vf32 r = __builtin_convertvector(rest, vf32);
  vf32 s = r * r;
  vf32 sine = (vf32)(2.8327197e-06f);
  sine = MULTIPLY_ADD(sine, s, (vf32)(-0.000198530746f));
  sine = MULTIPLY_ADD(sine, s, (vf32)(0.0083333794f));
  sine = MULTIPLY_ADD(sine, s, (vf32)(-0.166666672f));
  sine = MULTIPLY_ADD(sine * s, r, r);
  vf32 cosine = (vf32)(2.4432331e-05f);
  cosine = MULTIPLY_ADD(cosine, s, (vf32)(-0.00138873095f));
  cosine = MULTIPLY_ADD(cosine, s, (vf32)(0.0416666456f));
  cosine = MULTIPLY_ADD(cosine * s, s, MULTIPLY_ADD(s, (vf32)(-0.5f), (vf32)(1.0f)));
  return (sine_and_cosine){sine, cosine, __builtin_convertvector(bits, vi32)};
}

// At most 2 ulp up to 10^6; beyond, libm.
VECTOR_INLINE vf32 vector_sin(vf32 x) {
  sine_and_cosine p = reduce_and_evaluate(x);
  vf32 value = (p.quadrant & 1) != 0 ? p.cosine : p.sine;
  value = bits_to_float(float_to_bits(value) ^ ((p.quadrant & 2) << 30));
  vi32 large = magnitude_of(x) > LARGEST_REDUCED_ANGLE;
  if (__builtin_reduce_or(large)) {
    for (int i = 0; i < FLOAT_LANES; i++) {
      if (large[i]) value[i] = sinf(x[i]);
    }
  }
  return x == 0.0f ? x : value;
}

// At most 2 ulp up to 10^6; beyond, libm.
VECTOR_INLINE vf32 vector_cos(vf32 x) {
  sine_and_cosine p = reduce_and_evaluate(x);
  vf32 value = (p.quadrant & 1) != 0 ? p.sine : p.cosine;
  value = bits_to_float(float_to_bits(value) ^ (((p.quadrant + 1) & 2) << 30));
  vi32 large = magnitude_of(x) > LARGEST_REDUCED_ANGLE;
  if (__builtin_reduce_or(large)) {
    for (int i = 0; i < FLOAT_LANES; i++) {
      if (large[i]) value[i] = cosf(x[i]);
    }
  }
  return value;
}

// log2 |x| in double, to about 2^-40 relative. 0 and inf give finite stand-ins with which products behave.
VECTOR_INLINE wf64 log2_of_magnitude(vf32 x) {
  wf64 wide = __builtin_convertvector(magnitude_of(x), wf64);
  wi64 bits;
  memcpy(&bits, &wide, sizeof(bits));
  bits -= 0x3fe6a09e667f3bcd;  // sqrt(1/2)
  wf64 e = __builtin_convertvector(bits >> 52, wf64);
  wi64 mantissa = (bits & 0xfffffffffffff) + 0x3fe6a09e667f3bcd;
  wf64 m;
  memcpy(&m, &mantissa, sizeof(m));
  wf64 t = (m - 1.0) / (m + 1.0);
  wf64 s = t * t;
  wf64 p = (wf64)(2.0 / 15);
  p = p * s + 2.0 / 13;
  p = p * s + 2.0 / 11;
  p = p * s + 2.0 / 9;
  p = p * s + 2.0 / 7;
  p = p * s + 2.0 / 5;
  p = p * s + 2.0 / 3;
  p = p * s + 2.0;
  wf64 result = t * p * 1.44269504088896340736 + e;
  result = wide == 0.0 ? (wf64)(-1e300) : result;
  return wide == (double)INFINITY ? (wf64)(1e300) : result;
}

// 2^z in double, to about 2^-40 relative, for |z| <= 200.
VECTOR_INLINE wf64 exp2_wide(wf64 z) {
  wf64 shifted = z + 6755399441055744.0;
  wf64 f = (z - (shifted - 6755399441055744.0)) * 0.69314718055994530942;
  wf64 p = (wf64)(1.0 / 3628800);
  p = p * f + 1.0 / 362880;
  p = p * f + 1.0 / 40320;
  p = p * f + 1.0 / 5040;
  p = p * f + 1.0 / 720;
  p = p * f + 1.0 / 120;
  p = p * f + 1.0 / 24;
  p = p * f + 1.0 / 6;
  p = p * f + 0.5;
  p = p * f + 1.0;
  p = p * f + 1.0;
  wi64 bits, scaled;
  memcpy(&bits, &shifted, sizeof(bits));
  memcpy(&scaled, &p, sizeof(scaled));
  scaled += bits << 52;
  memcpy(&p, &scaled, sizeof(p));
  return p;
}

// C's pow with all its special cases. At most 1 ulp.
VECTOR_INLINE vf32 vector_pow(vf32 x, vf32 y) {
  wf64 z = __builtin_convertvector(y, wf64) * log2_of_magnitude(x);
  z = z > 200.0 ? (wf64)(200.0) : z;
  z = z < -200.0 ? (wf64)(-200.0) : z;
  vf32 result = __builtin_convertvector(exp2_wide(z), vf32);
  vf32 magnitude = magnitude_of(x);
  vf32 half = y * 0.5f;
  vi32 whole = __builtin_elementwise_rint(y) == y;
  vi32 odd = whole & (__builtin_elementwise_rint(half) != half);
  vi32 negative = float_to_bits(x) < 0;
  result = bits_to_float(float_to_bits(result) ^ (negative & odd & (int32_t)0x80000000));
  result = ((x < 0.0f) & ~whole & (magnitude != INFINITY)) ? (vf32)(NAN) : result;
  result = ((x != x) | (y != y)) ? x + y : result;
  vi32 one = (y == 0.0f) | (x == 1.0f) | ((magnitude == 1.0f) & (magnitude_of(y) == INFINITY));
  return one ? (vf32)(1.0f) : result;
}

#pragma clang diagnostic pop
