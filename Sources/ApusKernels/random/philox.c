#include "philox.h"

#include "apus_constants.h"
#include "kernel_support.h"

// Blocks of four words made side by side.
#define BLOCKS 64
#define WORDS (4 * BLOCKS)

// Words of BLOCKS consecutive blocks. Ten rounds; the constants are those of the paper.
INLINE void make_words(uint64_t key, uint64_t counter, uint64_t stream, uint32_t *words) {
  uint32_t x0[BLOCKS], x1[BLOCKS], x2[BLOCKS], x3[BLOCKS];
  for (int i = 0; i < BLOCKS; i++) {
    uint64_t low = counter + (uint64_t)i;
    x0[i] = (uint32_t)low;
    x1[i] = (uint32_t)(low >> 32);
    x2[i] = (uint32_t)stream;
    x3[i] = (uint32_t)(stream >> 32);
  }
  uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
  for (int round = 0; round < 10; round++) {
    for (int i = 0; i < BLOCKS; i++) {
      uint64_t a = (uint64_t)0xD2511F53u * x0[i], b = (uint64_t)0xCD9E8D57u * x2[i];
      uint32_t y0 = (uint32_t)(b >> 32) ^ x1[i] ^ k0, y2 = (uint32_t)(a >> 32) ^ x3[i] ^ k1;
      x0[i] = y0;
      x1[i] = (uint32_t)b;
      x2[i] = y2;
      x3[i] = (uint32_t)a;
    }
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  for (int i = 0; i < BLOCKS; i++) {
    words[4 * i] = x0[i];
    words[4 * i + 1] = x1[i];
    words[4 * i + 2] = x2[i];
    words[4 * i + 3] = x3[i];
  }
}

VECTOR static void fill(const apus_rng_bits_context *c, range part) {
  uint64_t key = *c->key, counter = *c->counter;
  for (int64_t start = part.begin; start < part.end; start += WORDS) {
    uint64_t first = counter + (uint64_t)start / 4;
    if (part.end - start >= WORDS) {
      make_words(key, first, c->stream, c->result + start);
    } else {
      uint32_t words[WORDS];
      make_words(key, first, c->stream, words);
      memcpy(c->result + start, words, sizeof(uint32_t) * (size_t)(part.end - start));
    }
  }
}

static void fill_part(void *context, int thread, int count) {
  const apus_rng_bits_context *c = context;
  fill(c, split(c->count, WORDS, thread, count));
}

int apus_rng_bits(void *context) {
  apus_rng_bits_context *c = context;
  if (c->count > 0) apus_parallel(thread_count(c->threads, c->count), fill_part, c);
  return 0;
}

// An element stays when its word's upper 24 bits, as a fraction of 2^24, are at least the rate.
INLINE uint32_t threshold_of(double rate) {
  float single = (float)rate;  // as a graph of float32 operations would compare
  double scaled = (double)single * 16777216.0;
  uint32_t whole = (uint32_t)scaled;
  return whole < scaled ? whole + 1 : whole;
}

// Fetches a run of memory while the words for it are made: the processor does not look that far ahead by
// itself.
INLINE void prefetch(const void *start, int64_t bytes) {
  for (int64_t k = 0; k < bytes; k += 64) __builtin_prefetch((const char *)start + k);
}

#define DEFINE_DROPOUT(NAME, T, A, LOAD, STORE) \
  VECTOR static void dropout_##NAME(const apus_dropout_context *c, range part) { \
    uint64_t key = *c->key, counter = *c->counter; \
    uint32_t threshold = threshold_of(c->rate); \
    A scale = (A)(1.0 / (1.0 - c->rate)); \
    for (int64_t start = part.begin; start < part.end; start += WORDS) { \
      const T *x = (const T *)c->source + start; \
      T *y = (T *)c->result + start; \
      int64_t width = min_i64(WORDS, part.end - start); \
      prefetch(x, width * (int64_t)sizeof(T)); \
      prefetch(y, width * (int64_t)sizeof(T)); \
      uint32_t words[WORDS]; \
      make_words(key, counter + (uint64_t)start / 4, c->stream, words); \
      INDEPENDENT for (int64_t i = 0; i < width; i++) { \
        A value = LOAD(x[i]) * scale; \
        y[i] = words[i] >> 8 >= threshold ? STORE(value) : 0; \
      } \
    } \
  }
DEFINE_DROPOUT(f32, float, float, SAME, SAME)
DEFINE_DROPOUT(f64, double, double, SAME, SAME)
DEFINE_DROPOUT(bf16, uint16_t, float, float_from_bf16, bf16_from_float)

static void dropout_part(void *context, int thread, int count) {
  const apus_dropout_context *c = context;
  range part = split(c->count, WORDS, thread, count);
  switch (c->dtype) {
    case TYPE_F32: dropout_f32(c, part); break;
    case TYPE_F64: dropout_f64(c, part); break;
    default: dropout_bf16(c, part); break;
  }
}

int apus_dropout(void *context) {
  apus_dropout_context *c = context;
  if (c->dtype != TYPE_F32 && c->dtype != TYPE_F64 && c->dtype != TYPE_BF16) return APUS_FAULT_DTYPE;
  if (c->count > 0) apus_parallel(thread_count(c->threads, c->count), dropout_part, c);
  return 0;
}
