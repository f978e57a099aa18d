// What the parts of the attention kernels share.

#pragma once
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "attention.h"

// Queries and keys of a tile: scores, a tile of keys and one of values fit into a core's own cache together.
#define QUERY_TILE 64
#define KEY_TILE 256

// The attention of one instruction set. Each does a thread's part and returns 0, or 1 when memory ran out.
typedef struct {
  int (*forward)(const apus_attention_context *, int thread, int count);
  int (*backward)(const apus_attention_gradient_context *, int thread, int count);
} attention_kernels;

extern const attention_kernels attention_kernels_baseline;
#if defined(__x86_64__)
extern const attention_kernels attention_kernels_avx2;
extern const attention_kernels attention_kernels_avx512;
#endif

// Valid keys of a sample.
static inline int64_t attention_length(const apus_attention_context *c, int64_t sample) {
  if (c->lengths == NULL) return c->keys;
  int64_t length = c->lengths[sample];
  return length < 0 ? 0 : length > c->keys ? c->keys : length;
}

// How many of the first keys a query may see; a mask may hide some of them.
static inline int64_t attention_visible(const apus_attention_context *c, int64_t length, int64_t query) {
  if (!c->causal) return length;
  int64_t position = c->lengths == NULL ? query : length - c->queries + query;
  int64_t visible = position + 1;
  return visible < 0 ? 0 : visible > length ? length : visible;
}
