// Sorting float32 by radix, missing values last.
#pragma once
#include "kernel_support.h"

// Orders as integers like the numbers.
INLINE uint32_t float_order_key(float value) {
  uint32_t bits;
  if (value != value) return UINT32_MAX;
  value += 0.0f;
  memcpy(&bits, &value, sizeof bits);
  return bits >> 31 ? ~bits : bits | 0x80000000u;
}

// Puts `places` into the order of their keys, and the keys too; equal keys keep theirs. `spare` has room for 2 * count.
static inline void order_by_key(uint32_t *keys, uint32_t *places, int64_t count, uint32_t *spare) {
  uint32_t *other_keys = spare, *other_places = spare + count;
  // An even number of passes: everything ends where it began.
  for (int shift = 0; shift < 32; shift += 8) {
    int64_t starts[257] = {0};
    for (int64_t i = 0; i < count; i++) starts[(keys[i] >> shift & 255) + 1]++;
    for (int k = 0; k < 256; k++) starts[k + 1] += starts[k];
    for (int64_t i = 0; i < count; i++) {
      int64_t to = starts[keys[i] >> shift & 255]++;
      other_keys[to] = keys[i];
      other_places[to] = places[i];
    }
    uint32_t *swap = keys;
    keys = other_keys;
    other_keys = swap;
    swap = places;
    places = other_places;
    other_places = swap;
  }
}
