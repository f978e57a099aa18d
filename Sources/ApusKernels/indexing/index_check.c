#include "index_check.h"

typedef struct {
  const void *indices;
  int64_t count, axis;
  int64_t first;  // smallest bad position so far
  int32_t index_dtype, wrap;
} check;

#define DEFINE_FIRST_BAD(NAME, I) \
  VECTOR static int64_t first_bad_##NAME(const I *indices, int64_t begin, int64_t end, int64_t axis, \
                                         int wrap) { \
    const int64_t block = 256; \
    for (int64_t start = begin; start < end; start += block) { \
      int64_t stop = min_i64(start + block, end); \
      int bad = 0; \
      for (int64_t k = start; k < stop; k++) { \
        int64_t index = (int64_t)indices[k]; \
        int64_t wrapped = wrap && index < 0 ? index + axis : index; \
        bad |= (uint64_t)wrapped >= (uint64_t)axis; \
      } \
      if (!bad) continue; \
      for (int64_t k = start; k < stop; k++) { \
        if (resolve_index((int64_t)indices[k], axis, APUS_INDEX_CHECK, wrap) < 0) return k; \
      } \
    } \
    return end; \
  }
DEFINE_FIRST_BAD(i32, int32_t)
DEFINE_FIRST_BAD(i64, int64_t)
DEFINE_FIRST_BAD(u8, uint8_t)
DEFINE_FIRST_BAD(u32, uint32_t)

static void check_part(void *context, int thread, int count) {
  check *c = context;
  range part = split(c->count, 256, thread, count);
  int64_t found;
  switch (c->index_dtype) {
    case TYPE_I32: found = first_bad_i32(c->indices, part.begin, part.end, c->axis, c->wrap); break;
    case TYPE_I64: found = first_bad_i64(c->indices, part.begin, part.end, c->axis, c->wrap); break;
    case TYPE_U32: found = first_bad_u32(c->indices, part.begin, part.end, c->axis, c->wrap); break;
    default: found = first_bad_u8(c->indices, part.begin, part.end, c->axis, c->wrap); break;
  }
  if (found < part.end) lower_to(&c->first, found);
}

int apus_check_indices(const void *indices, int32_t index_dtype, int64_t count, int64_t axis, int32_t wrap,
                       int threads, apus_fault *fault) {
  check c = {indices, count, axis, count, index_dtype, wrap};
  apus_parallel(thread_count(threads, count), check_part, &c);
  if (c.first >= count) return 0;
  *fault = (apus_fault){APUS_FAULT_INDEX, c.first, load_index(indices, index_dtype, c.first), axis};
  return APUS_FAULT_INDEX;
}
