// Template of a stable radix sort of (key, index) pairs by bytes, least significant first.
// Before each inclusion define KEY (uint32_t or uint64_t) and NAMED(x), which makes names unique.
#include "kernel_support.h"

typedef struct {
  KEY key;
  KEY index;
} NAMED(pair);

enum { NAMED(digits) = sizeof(KEY) };

static void NAMED(insertion_sort)(NAMED(pair) *pairs, int64_t count) {
  for (int64_t k = 1; k < count; k++) {
    NAMED(pair) moving = pairs[k];
    int64_t hole = k;
    while (hole > 0 && pairs[hole - 1].key > moving.key) {
      pairs[hole] = pairs[hole - 1];
      hole--;
    }
    pairs[hole] = moving;
  }
}

// Sorts with `spare` as the second buffer; returns whichever of the two holds the result.
static NAMED(pair) *NAMED(radix_sort)(NAMED(pair) *pairs, NAMED(pair) *spare, int64_t count) {
  if (count <= 48) {
    NAMED(insertion_sort)(pairs, count);
    return pairs;
  }
  uint32_t counts[NAMED(digits)][256];
  memset(counts, 0, sizeof(counts));
  for (int64_t k = 0; k < count; k++) {
    for (int d = 0; d < NAMED(digits); d++) counts[d][(pairs[k].key >> (8 * d)) & 255]++;
  }
  for (int d = 0; d < NAMED(digits); d++) {
    // A byte that all keys share orders nothing.
    if (counts[d][(pairs[0].key >> (8 * d)) & 255] == count) continue;
    uint32_t next = 0;
    for (int b = 0; b < 256; b++) {
      uint32_t here = counts[d][b];
      counts[d][b] = next;
      next += here;
    }
    for (int64_t k = 0; k < count; k++) spare[counts[d][(pairs[k].key >> (8 * d)) & 255]++] = pairs[k];
    NAMED(pair) *sorted = spare;
    spare = pairs;
    pairs = sorted;
  }
  return pairs;
}

// One pass of the sort of a long line by several threads.
typedef struct {
  const NAMED(pair) *from;
  NAMED(pair) *to;
  int64_t count;
  uint32_t (*counts)[256];  // one table for each thread
  int shift;
} NAMED(pass);

static void NAMED(count_part)(void *context, int thread, int count) {
  const NAMED(pass) *p = context;
  range part = split(p->count, 1, thread, count);
  uint32_t counts[256] = {0};
  for (int64_t k = part.begin; k < part.end; k++) counts[(p->from[k].key >> p->shift) & 255]++;
  memcpy(p->counts[thread], counts, sizeof(counts));
}

static void NAMED(move_part)(void *context, int thread, int count) {
  const NAMED(pass) *p = context;
  range part = split(p->count, 1, thread, count);
  uint32_t next[256];
  memcpy(next, p->counts[thread], sizeof(next));
  for (int64_t k = part.begin; k < part.end; k++) {
    p->to[next[(p->from[k].key >> p->shift) & 255]++] = p->from[k];
  }
}

static NAMED(pair) *NAMED(parallel_radix_sort)(NAMED(pair) *pairs, NAMED(pair) *spare, int64_t count,
                                               uint32_t (*counts)[256], int threads) {
  for (int d = 0; d < NAMED(digits); d++) {
    NAMED(pass) p = {pairs, spare, count, counts, 8 * d};
    // Fewer threads may come than were asked for; those missing count nothing.
    memset(counts, 0, sizeof(counts[0]) * (size_t)threads);
    apus_parallel(threads, NAMED(count_part), &p);
    uint32_t next = 0;
    int shared = 0;
    for (int b = 0; b < 256; b++) {
      uint32_t before = next;
      for (int t = 0; t < threads; t++) {
        uint32_t here = counts[t][b];
        counts[t][b] = next;
        next += here;
      }
      shared |= next - before == count;
    }
    if (shared) continue;
    apus_parallel(threads, NAMED(move_part), &p);
    NAMED(pair) *sorted = spare;
    spare = pairs;
    pairs = sorted;
  }
  return pairs;
}

#undef KEY
#undef NAMED
