// Exponentials without branches, so that loops over them become vector code.
//
// Made for arguments up to about 0, where softmax lives. Results below the smallest normal number are 0; NaN
// stays NaN. Errors are at most 2 units in the last place.
#pragma once
#include "kernel_support.h"

// exp(x) = 2^n exp(r). Adding 1.5 * 2^23 rounds to a whole number n, which is then in the low bits.
INLINE float exp_f32(float x) {
  float bounded = x > 88.0f ? 88.0f : x;
  bounded = bounded < -87.3f ? -87.3f : bounded;
  float shifted = bounded * 1.44269504f + 12582912.0f;
  float n = shifted - 12582912.0f;
  float r = bounded - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  // The polynomial of Cephes' expf (Moshier).
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = (p * r) * r + r;
  p = p + 1.0f;
  uint32_t bits;
  memcpy(&bits, &shifted, 4);
  bits = (bits - 0x4b400000u + 127u) << 23;
  float scale;
  memcpy(&scale, &bits, 4);
  return x < -87.3f ? 0.0f : p * scale;
}

INLINE double exp_f64(double x) {
  double bounded = x > 709.0 ? 709.0 : x;
  bounded = bounded < -708.0 ? -708.0 : bounded;
  double shifted = bounded * 1.4426950408889634074 + 6755399441055744.0;
  double n = shifted - 6755399441055744.0;
  double r = bounded - n * 6.93145751953125e-1;
  r = r - n * 1.42860682030941723212e-6;
  // Taylor's series: |r| <= ln 2 / 2, so the first term left out is below 2^-57.
  double p = 1.0 / 6227020800.0;
  p = p * r + 1.0 / 479001600.0;
  p = p * r + 1.0 / 39916800.0;
  p = p * r + 1.0 / 3628800.0;
  p = p * r + 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  p = (p * r) * r + r;
  p = p + 1.0;
  uint64_t bits;
  memcpy(&bits, &shifted, 8);
  bits = (bits - 0x4338000000000000u + 1023u) << 52;
  double scale;
  memcpy(&scale, &bits, 8);
  return x < -708.0 ? 0.0 : p * scale;
}

// The largest element; NaN is passed over. -infinity when there is none.
#define DEFINE_LARGEST(NAME, T) \
  typedef T lanes_##NAME __attribute__((vector_size(64))); \
  INLINE T largest_##NAME(const T *x, int64_t count) { \
    const int64_t width = 64 / sizeof(T); \
    T best = -(T)INFINITY; \
    int64_t k = 0; \
    if (count >= 2 * width) { \
      lanes_##NAME a, b, c, d; \
      memcpy(&a, x, 64); \
      memcpy(&b, x + width, 64); \
      for (k = 2 * width; k + 2 * width <= count; k += 2 * width) { \
        memcpy(&c, x + k, 64); \
        memcpy(&d, x + k + width, 64); \
        a = __builtin_elementwise_max(a, c); \
        b = __builtin_elementwise_max(b, d); \
      } \
      best = __builtin_reduce_max(__builtin_elementwise_max(a, b)); \
      /* All NaN so far: any number that follows is larger. */ \
      if (best != best) best = -(T)INFINITY; \
    } \
    for (; k < count; k++) best = x[k] > best ? x[k] : best; \
    return best; \
  }
