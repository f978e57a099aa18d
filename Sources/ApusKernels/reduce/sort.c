#include "sort.h"

#include "apus_constants.h"
#include "kernel_support.h"
#include "order_keys.h"

#define KEY uint32_t
#define NAMED(x) x##_32
#include "radix_sort.h"

#define KEY uint64_t
#define NAMED(x) x##_64
#include "radix_sort.h"

// A single line at least this long is worth several threads.
#define LONG_LINE 65536

INLINE int is_wide(const apus_sort_context *c) { return element_bytes(c->dtype) == 8; }

// Whether all threads work on one line at a time, rather than each on its own lines.
INLINE int sorts_lines_together(const apus_sort_context *c) {
  return c->threads > 1 && c->outer * c->inner < c->threads && c->axis >= LONG_LINE;
}

INLINE int64_t pair_bytes(const apus_sort_context *c) {
  return is_wide(c) ? sizeof(pair_64) : sizeof(pair_32);
}

int64_t apus_sort_scratch_bytes(const apus_sort_context *c) {
  int64_t line = 2 * c->axis * pair_bytes(c);
  if (sorts_lines_together(c)) return line + c->threads * (int64_t)sizeof(uint32_t[256]);
  return line * max_i64(1, min_i64(c->threads, c->outer * c->inner));
}

#define FILL(PAIR, KEY, T, ORDER, FLIP) \
  for (int64_t k = part.begin; k < part.end; k++) { \
    ((PAIR *)pairs)[k] = \
        (PAIR){(KEY)ORDER(((const T *)c->source)[offset + k * c->inner], descending) ^ FLIP, (KEY)k}; \
  }
#define FILL_32(T, ORDER) FILL(pair_32, uint32_t, T, ORDER, 0x80000000u)
#define FILL_64(T, ORDER) FILL(pair_64, uint64_t, T, ORDER, 0x8000000000000000u)

// Makes the pairs of part of the line that begins at `offset`.
static void fill_pairs(const apus_sort_context *c, int64_t offset, range part, void *pairs) {
  int descending = c->descending != 0;
  switch (c->dtype) {
    case TYPE_F32: FILL_32(float, order_f32); break;
    case TYPE_F64: FILL_64(double, order_f64); break;
    case TYPE_I32: FILL_32(int32_t, order_i32); break;
    case TYPE_I64: FILL_64(int64_t, order_i64); break;
    case TYPE_BF16: FILL_32(uint16_t, order_bf16); break;
    case TYPE_U32: FILL_32(uint32_t, order_u32); break;
    default: FILL_32(uint8_t, order_u8); break;
  }
}

#define MOVE(T) \
  for (int64_t k = part.begin; k < part.end; k++) { \
    int64_t from = wide ? (int64_t)wide[k].index : narrow[k].index; \
    ((T *)c->result)[offset + k * c->inner] = ((const T *)c->source)[offset + from * c->inner]; \
  }
#define NUMBER(T) \
  for (int64_t k = part.begin; k < part.end; k++) { \
    ((T *)c->permutation)[offset + k * c->inner] = (T)(wide ? (int64_t)wide[k].index : narrow[k].index); \
  }

// Writes what the context asks for from part of a sorted line.
static void write_line(const apus_sort_context *c, int64_t offset, range part, const void *pairs) {
  const pair_32 *narrow = is_wide(c) ? NULL : pairs;
  const pair_64 *wide = is_wide(c) ? pairs : NULL;
  if (c->result != NULL) {
    switch (element_bytes(c->dtype)) {
      case 1: MOVE(uint8_t); break;
      case 2: MOVE(uint16_t); break;
      case 4: MOVE(uint32_t); break;
      default: MOVE(uint64_t); break;
    }
  }
  if (c->permutation != NULL) {
    if (c->permutation_dtype == TYPE_I32) {
      NUMBER(int32_t);
    } else {
      NUMBER(int64_t);
    }
  }
}

static int64_t line_offset(const apus_sort_context *c, int64_t line) {
  return line / c->inner * c->axis * c->inner + line % c->inner;
}

static void sort_lines(void *context, int thread, int count) {
  const apus_sort_context *c = context;
  range part = split(c->outer * c->inner, 1, thread, count), whole = {0, c->axis};
  char *pairs = (char *)c->scratch + 2 * c->axis * pair_bytes(c) * thread;
  char *spare = pairs + c->axis * pair_bytes(c);
  for (int64_t line = part.begin; line < part.end; line++) {
    int64_t offset = line_offset(c, line);
    fill_pairs(c, offset, whole, pairs);
    const void *sorted = is_wide(c) ? (void *)radix_sort_64((pair_64 *)pairs, (pair_64 *)spare, c->axis)
                                    : (void *)radix_sort_32((pair_32 *)pairs, (pair_32 *)spare, c->axis);
    write_line(c, offset, whole, sorted);
  }
}

// A line that all threads work on.
typedef struct {
  const apus_sort_context *c;
  int64_t offset;
  void *pairs;
} shared_line;

static void fill_part(void *context, int thread, int count) {
  const shared_line *s = context;
  fill_pairs(s->c, s->offset, split(s->c->axis, 1, thread, count), s->pairs);
}

static void write_part(void *context, int thread, int count) {
  const shared_line *s = context;
  write_line(s->c, s->offset, split(s->c->axis, 1, thread, count), s->pairs);
}

static void sort_together(const apus_sort_context *c) {
  char *pairs = c->scratch;
  char *spare = pairs + c->axis * pair_bytes(c);
  uint32_t (*counts)[256] = (uint32_t (*)[256])(spare + c->axis * pair_bytes(c));
  for (int64_t line = 0; line < c->outer * c->inner; line++) {
    shared_line s = {c, line_offset(c, line), pairs};
    apus_parallel(c->threads, fill_part, &s);
    if (is_wide(c)) {
      s.pairs = parallel_radix_sort_64((pair_64 *)pairs, (pair_64 *)spare, c->axis, counts, c->threads);
    } else {
      s.pairs = parallel_radix_sort_32((pair_32 *)pairs, (pair_32 *)spare, c->axis, counts, c->threads);
    }
    apus_parallel(c->threads, write_part, &s);
  }
}

int apus_sort(void *context) {
  apus_sort_context *c = context;
  int64_t lines = c->outer * c->inner;
  if (lines * c->axis == 0) return 0;
  if (sorts_lines_together(c)) {
    sort_together(c);
  } else {
    int threads = (int)min_i64(c->threads, lines);
    apus_parallel(thread_count(threads, lines * c->axis * 8), sort_lines, c);
  }
  return 0;
}
