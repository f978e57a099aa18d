#include "apus_constants.h"
#include "kernel_support.h"
#include "order_keys.h"
#include "sort.h"

// Columns whose best keys so far stay in cache while the axis is walked; elements of one run of a line.
#define TILE 256

INLINE void store_position(const apus_arg_reduce_context *c, int64_t place, int64_t position) {
  if (c->result_dtype == TYPE_I32) {
    ((int32_t *)c->result)[place] = (int32_t)position;
  } else {
    ((int64_t *)c->result)[place] = position;
  }
}

// K is the key's type. Contiguous lines: the greatest key and the run it is in first, then where it first
// stands there. Other lines: a tile of them side by side.
#define DEFINE_ARG_REDUCE(NAME, T, K, LEAST) \
  VECTOR static void lines_##NAME(const apus_arg_reduce_context *c, int64_t begin, int64_t end) { \
    int minimum = c->minimum != 0; \
    for (int64_t line = begin; line < end; line++) { \
      const T *source = (const T *)c->source + line * c->axis; \
      K best = LEAST; \
      int64_t run = 0; \
      for (int64_t start = 0; start < c->axis; start += TILE) { \
        K most = LEAST; \
        for (int64_t k = start; k < min_i64(start + TILE, c->axis); k++) { \
          K key = rank_##NAME(source[k], minimum); \
          most = key > most ? key : most; \
        } \
        run = most > best ? start : run; \
        best = most > best ? most : best; \
      } \
      int32_t place = TILE; \
      int32_t width = (int32_t)min_i64(TILE, c->axis - run); \
      for (int32_t k = 0; k < width; k++) { \
        int32_t here = rank_##NAME(source[run + k], minimum) == best ? k : TILE; \
        place = here < place ? here : place; \
      } \
      store_position(c, line, run + place); \
    } \
  } \
  VECTOR static void tile_##NAME(const apus_arg_reduce_context *c, int64_t outer, int64_t column, \
                                 int64_t width) { \
    int minimum = c->minimum != 0; \
    const T *source = (const T *)c->source + outer * c->axis * c->inner + column; \
    K best[TILE]; \
    int32_t position[TILE]; \
    for (int64_t i = 0; i < width; i++) { \
      best[i] = rank_##NAME(source[i], minimum); \
      position[i] = 0; \
    } \
    for (int64_t k = 1; k < c->axis; k++) { \
      const T *row = source + k * c->inner; \
      for (int64_t i = 0; i < width; i++) { \
        K key = rank_##NAME(row[i], minimum); \
        position[i] = key > best[i] ? (int32_t)k : position[i]; \
        best[i] = key > best[i] ? key : best[i]; \
      } \
    } \
    for (int64_t i = 0; i < width; i++) store_position(c, outer * c->inner + column + i, position[i]); \
  } \
  static void part_##NAME(void *context, int thread, int count) { \
    const apus_arg_reduce_context *c = context; \
    if (c->inner == 1) { \
      range part = split(c->outer, 1, thread, count); \
      lines_##NAME(c, part.begin, part.end); \
      return; \
    } \
    int64_t tiles = ceil_divide(c->inner, TILE); \
    range part = split(c->outer * tiles, 1, thread, count); \
    for (int64_t t = part.begin; t < part.end; t++) { \
      int64_t column = t % tiles * TILE; \
      tile_##NAME(c, t / tiles, column, min_i64(TILE, c->inner - column)); \
    } \
  }
DEFINE_ARG_REDUCE(f32, float, int32_t, INT32_MIN)
DEFINE_ARG_REDUCE(f64, double, int64_t, INT64_MIN)
DEFINE_ARG_REDUCE(i32, int32_t, int32_t, INT32_MIN)
DEFINE_ARG_REDUCE(i64, int64_t, int64_t, INT64_MIN)
DEFINE_ARG_REDUCE(u8, uint8_t, int32_t, INT32_MIN)
DEFINE_ARG_REDUCE(bf16, uint16_t, int32_t, INT32_MIN)
DEFINE_ARG_REDUCE(u32, uint32_t, int32_t, INT32_MIN)

int apus_arg_reduce(void *context) {
  static void (*const parts[8])(void *, int, int) = {part_f32, part_f64, part_i32,  part_i64,
                                                     part_u8,  part_u8,  part_bf16, part_u32};
  apus_arg_reduce_context *c = context;
  if ((uint32_t)c->dtype > TYPE_U32) return APUS_FAULT_DTYPE;
  int64_t elements = c->outer * c->axis * c->inner;
  if (elements == 0) return 0;
  apus_parallel(thread_count(c->threads, elements), parts[c->dtype], c);
  return 0;
}
