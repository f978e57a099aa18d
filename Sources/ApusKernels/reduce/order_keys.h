// Whole numbers that order as the elements do, so that sorting and searching need one comparison.
#pragma once
#include "kernel_support.h"

// Signed keys; adding zero makes -0 into +0. NaN has no key: callers give it the greatest.
INLINE int32_t key_from_f32(float value) {
  float plain = value + 0.0f;
  int32_t bits;
  memcpy(&bits, &plain, 4);
  return bits ^ ((bits >> 31) & INT32_MAX);
}

INLINE int64_t key_from_f64(double value) {
  double plain = value + 0.0;
  int64_t bits;
  memcpy(&bits, &plain, 8);
  return bits ^ ((bits >> 63) & INT64_MAX);
}

// The first in order has the smallest key; NaN comes last in either direction.
INLINE int32_t order_f32(float x, int descending) {
  int32_t key = key_from_f32(x);
  return x != x ? INT32_MAX : descending ? ~key : key;
}
INLINE int64_t order_f64(double x, int descending) {
  int64_t key = key_from_f64(x);
  return x != x ? INT64_MAX : descending ? ~key : key;
}
INLINE int32_t order_bf16(uint16_t x, int descending) { return order_f32(float_from_bf16(x), descending); }
INLINE int32_t order_i32(int32_t x, int descending) { return descending ? ~x : x; }
INLINE int64_t order_i64(int64_t x, int descending) { return descending ? ~x : x; }
INLINE int32_t order_u8(uint8_t x, int descending) { return descending ? ~(int32_t)x : (int32_t)x; }
INLINE int32_t order_u32(uint32_t x, int descending) {
  int32_t key = (int32_t)(x ^ 0x80000000u);
  return descending ? ~key : key;
}

// The extreme has the greatest key; NaN is greater than every number in either direction.
INLINE int32_t rank_f32(float x, int minimum) { return x != x ? INT32_MAX : key_from_f32(minimum ? -x : x); }
INLINE int64_t rank_f64(double x, int minimum) { return x != x ? INT64_MAX : key_from_f64(minimum ? -x : x); }
INLINE int32_t rank_bf16(uint16_t x, int minimum) { return rank_f32(float_from_bf16(x), minimum); }
INLINE int32_t rank_i32(int32_t x, int minimum) { return order_i32(x, minimum); }
INLINE int64_t rank_i64(int64_t x, int minimum) { return order_i64(x, minimum); }
INLINE int32_t rank_u8(uint8_t x, int minimum) { return order_u8(x, minimum); }
INLINE int32_t rank_u32(uint32_t x, int minimum) { return order_u32(x, minimum); }
