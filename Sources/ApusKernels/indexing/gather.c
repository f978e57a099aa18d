#include "gather.h"

#include "index_check.h"
#include "kernel_support.h"

// Copies or clears one row; `bytes` is a constant in the specialised callers below, so memcpy is one move.
INLINE void take_row(char *result, const char *source, int64_t position, int64_t bytes) {
  if (position >= 0) {
    memcpy(result, source + position * bytes, (size_t)bytes);
  } else {
    memset(result, 0, (size_t)bytes);
  }
}

INLINE void take_rows(const apus_take_context *c, range part, int64_t bytes, int32_t index_dtype) {
  char *result = c->result;
  int64_t count = c->count;
  for (int64_t r = part.begin; r < part.end;) {
    int64_t o = r / count, stop = min_i64(part.end, (o + 1) * count);
    const char *source = (const char *)c->source + o * c->axis * bytes;
    for (; r < stop; r++) {
      int64_t index = load_index(c->indices, index_dtype, r - o * count);
      take_row(result + r * bytes, source, resolve_index(index, c->axis, c->mode, c->wrap_negative), bytes);
    }
  }
}

static void take_part(void *context, int thread, int count) {
  const apus_take_context *c = context;
  range part = split(c->outer * c->count, 16, thread, count);
  int64_t bytes = c->inner * element_bytes(c->dtype);
  if (bytes == 4 && c->index_dtype == TYPE_I32) {
    take_rows(c, part, 4, TYPE_I32);
  } else if (bytes == 4 && c->index_dtype == TYPE_I64) {
    take_rows(c, part, 4, TYPE_I64);
  } else if (bytes == 8) {
    take_rows(c, part, 8, c->index_dtype);
  } else if (bytes == 1) {
    take_rows(c, part, 1, c->index_dtype);
  } else {
    take_rows(c, part, bytes, c->index_dtype);
  }
}

int apus_take(void *context) {
  apus_take_context *c = context;
  int64_t rows = c->outer * c->count;
  if (rows == 0 || c->inner == 0) return 0;
  if (c->mode == APUS_INDEX_CHECK) {
    int code = apus_check_indices(c->indices, c->index_dtype, c->count, c->axis, c->wrap_negative, c->threads,
                                  &c->fault);
    if (code != 0) return code;
  }
  apus_parallel(thread_count(c->threads, rows * c->inner), take_part, c);
  return 0;
}

// `index_dtype` is a constant where it is common, so that the loop has no branch for it.
#define DEFINE_TAKE_ALONG(BYTES, T) \
  INLINE void walk_along_##BYTES(const apus_take_context *c, range part, int32_t index_dtype, \
                                 int64_t inner) { \
    T *result = c->result; \
    for (int64_t r = part.begin; r < part.end;) { \
      int64_t o = r / c->count, stop = min_i64(part.end, (o + 1) * c->count); \
      const T *slice = (const T *)c->source + o * c->axis * inner; \
      for (; r < stop; r++) { \
        for (int64_t i = 0; i < inner; i++) { \
          int64_t index = load_index(c->indices, index_dtype, r * inner + i); \
          int64_t position = resolve_index(index, c->axis, c->mode, c->wrap_negative); \
          result[r * inner + i] = position >= 0 ? slice[position * inner + i] : 0; \
        } \
      } \
    } \
  } \
  static void take_along_##BYTES(const apus_take_context *c, range part) { \
    if (c->inner == 1 && c->index_dtype == TYPE_I32) { \
      walk_along_##BYTES(c, part, TYPE_I32, 1); \
    } else if (c->inner == 1 && c->index_dtype == TYPE_I64) { \
      walk_along_##BYTES(c, part, TYPE_I64, 1); \
    } else { \
      walk_along_##BYTES(c, part, c->index_dtype, c->inner); \
    } \
  }
DEFINE_TAKE_ALONG(1, uint8_t)
DEFINE_TAKE_ALONG(2, uint16_t)
DEFINE_TAKE_ALONG(4, uint32_t)
DEFINE_TAKE_ALONG(8, uint64_t)

static void take_along_part(void *context, int thread, int count) {
  const apus_take_context *c = context;
  range part = split(c->outer * c->count, 1, thread, count);
  switch (element_bytes(c->dtype)) {
    case 1: take_along_1(c, part); break;
    case 2: take_along_2(c, part); break;
    case 4: take_along_4(c, part); break;
    default: take_along_8(c, part); break;
  }
}

int apus_take_along(void *context) {
  apus_take_context *c = context;
  int64_t elements = c->outer * c->count * c->inner;
  if (elements == 0) return 0;
  if (c->mode == APUS_INDEX_CHECK) {
    int code = apus_check_indices(c->indices, c->index_dtype, elements, c->axis, c->wrap_negative, c->threads,
                                  &c->fault);
    if (code != 0) return code;
  }
  apus_parallel(thread_count(c->threads, elements), take_along_part, c);
  return 0;
}
