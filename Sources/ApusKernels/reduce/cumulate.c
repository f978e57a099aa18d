#include <math.h>

#include "apus_constants.h"
#include "kernel_support.h"
#include "sort.h"

// Columns whose running values stay in cache while the axis is walked.
#define TILE 256

typedef void (*tile_loop)(const apus_cumulate_context *c, int64_t outer, int64_t column, int64_t width);

#define COMBINE_SUM(a, b) ((a) + (b))
#define COMBINE_PRODUCT(a, b) ((a) * (b))
// A NaN on either side stays.
#define COMBINE_MAXIMUM(a, b) ((a) > (b) || (a) != (a) ? (a) : (b))
#define COMBINE_MINIMUM(a, b) ((a) < (b) || (a) != (a) ? (a) : (b))

// T is the stored type, A that of the running value.
#define DEFINE_CUMULATE(NAME, T, A, LOAD, STORE, KIND, IDENTITY) \
  INLINE void walk_##NAME##_##KIND(const apus_cumulate_context *c, int64_t start, int64_t width, \
                                   int exclusive) { \
    A running[TILE]; \
    for (int64_t i = 0; i < width; i++) running[i] = IDENTITY; \
    for (int64_t k = 0; k < c->axis; k++) { \
      int64_t row = start + (c->reverse ? c->axis - 1 - k : k) * c->inner; \
      const T *source = (const T *)c->source + row; \
      T *result = (T *)c->result + row; \
      for (int64_t i = 0; i < width; i++) { \
        A before = running[i], after = COMBINE_##KIND(before, (A)LOAD(source[i])); \
        running[i] = after; \
        result[i] = (T)STORE(exclusive ? before : after); \
      } \
    } \
  } \
  VECTOR static void tile_##NAME##_##KIND(const apus_cumulate_context *c, int64_t outer, int64_t column, \
                                          int64_t width) { \
    int64_t start = outer * c->axis * c->inner + column; \
    if (width == 1) { \
      walk_##NAME##_##KIND(c, start, 1, c->exclusive != 0); \
    } else { \
      walk_##NAME##_##KIND(c, start, width, c->exclusive != 0); \
    } \
  }

#define DEFINE_CUMULATES(NAME, T, A, LOAD, STORE, E, LEAST, GREATEST) \
  DEFINE_CUMULATE(NAME, T, A, LOAD, STORE, SUM, 0) \
  DEFINE_CUMULATE(NAME, T, A, LOAD, STORE, PRODUCT, 1) \
  DEFINE_CUMULATE(NAME, T, E, LOAD, STORE, MAXIMUM, LEAST) \
  DEFINE_CUMULATE(NAME, T, E, LOAD, STORE, MINIMUM, GREATEST)

// Signed integers wrap around, so their sums and products are made unsigned.
DEFINE_CUMULATES(f32, float, double, SAME, SAME, float, -INFINITY, INFINITY)
DEFINE_CUMULATES(f64, double, double, SAME, SAME, double, -INFINITY, INFINITY)
DEFINE_CUMULATES(i32, int32_t, uint32_t, SAME, SAME, int32_t, INT32_MIN, INT32_MAX)
DEFINE_CUMULATES(i64, int64_t, uint64_t, SAME, SAME, int64_t, INT64_MIN, INT64_MAX)
DEFINE_CUMULATES(u8, uint8_t, uint8_t, SAME, SAME, uint8_t, 0, UINT8_MAX)
DEFINE_CUMULATES(bf16, uint16_t, float, float_from_bf16, bf16_from_float, float, -INFINITY, INFINITY)
DEFINE_CUMULATES(u32, uint32_t, uint32_t, SAME, SAME, uint32_t, 0, UINT32_MAX)

#define TABLE_ROW(NAME) \
  {tile_##NAME##_SUM, tile_##NAME##_PRODUCT, tile_##NAME##_MAXIMUM, tile_##NAME##_MINIMUM}

static void cumulate_part(void *context, int thread, int count) {
  // Rows follow the raw values of DType, columns the APUS_CUMULATE_ kinds.
  static const tile_loop loops[8][4] = {TABLE_ROW(f32), TABLE_ROW(f64), TABLE_ROW(i32),  TABLE_ROW(i64),
                                        TABLE_ROW(u8),  TABLE_ROW(u8),  TABLE_ROW(bf16), TABLE_ROW(u32)};
  const apus_cumulate_context *c = context;
  int64_t tiles = ceil_divide(c->inner, TILE);
  range part = split(c->outer * tiles, 1, thread, count);
  for (int64_t t = part.begin; t < part.end; t++) {
    int64_t column = t % tiles * TILE;
    loops[c->dtype][c->kind](c, t / tiles, column, min_i64(TILE, c->inner - column));
  }
}

int apus_cumulate(void *context) {
  apus_cumulate_context *c = context;
  if ((uint32_t)c->dtype > TYPE_U32 || c->dtype == TYPE_BOOL || (uint32_t)c->kind > APUS_CUMULATE_MINIMUM) {
    return APUS_FAULT_DTYPE;
  }
  int64_t elements = c->outer * c->axis * c->inner;
  if (elements > 0) apus_parallel(thread_count(c->threads, elements), cumulate_part, c);
  return 0;
}
