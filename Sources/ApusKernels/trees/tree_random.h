// Random numbers of a tree: Philox4x32-10 as in philox.h, keyed by the seed, counted by the tree and what they are for.
#pragma once
#include "kernel_support.h"

enum { TREE_RANDOM_ROWS = 1, TREE_RANDOM_SPLITS = 2 };

typedef struct {
  uint32_t key[2], counter[4], words[4];
  int next;
} tree_random;

INLINE tree_random tree_random_of(uint64_t seed, int64_t tree, uint32_t purpose) {
  return (tree_random){{(uint32_t)seed, (uint32_t)(seed >> 32)}, {0, purpose, (uint32_t)tree, 0}, {0}, 4};
}

INLINE uint32_t random_word(tree_random *r) {
  if (r->next == 4) {
    uint32_t c0 = r->counter[0]++, c1 = r->counter[1], c2 = r->counter[2], c3 = r->counter[3];
    uint32_t k0 = r->key[0], k1 = r->key[1];
    for (int round = 0; round < 10; round++) {
      uint64_t a = (uint64_t)0xD2511F53u * c0, b = (uint64_t)0xCD9E8D57u * c2;
      c0 = (uint32_t)(b >> 32) ^ c1 ^ k0;
      c1 = (uint32_t)b;
      c2 = (uint32_t)(a >> 32) ^ c3 ^ k1;
      c3 = (uint32_t)a;
      k0 += 0x9E3779B9u;
      k1 += 0xBB67AE85u;
    }
    r->words[0] = c0;
    r->words[1] = c1;
    r->words[2] = c2;
    r->words[3] = c3;
    r->next = 0;
  }
  return r->words[r->next++];
}

// A whole number below `bound`, which is at least 1 and below 2^32, each equally likely (Lemire 2019).
INLINE uint32_t random_below(tree_random *r, uint32_t bound) {
  uint64_t product = (uint64_t)random_word(r) * bound;
  if ((uint32_t)product < bound) {
    uint32_t threshold = (0u - bound) % bound;
    while ((uint32_t)product < threshold) product = (uint64_t)random_word(r) * bound;
  }
  return (uint32_t)(product >> 32);
}

// A number in 0 ..< 1.
INLINE double random_uniform(tree_random *r) { return random_word(r) * 0x1p-32; }
