#include "finite.h"

#include "kernel_support.h"

// Elements tested between two looks at the outcome.
#define BLOCK 4096

typedef struct {
  const void *source;
  int64_t count;
  int64_t first;  // smallest bad position so far
  int32_t dtype;
} search;

// Position of the first element with all exponent bits set, or `end`.
#define DEFINE_FIRST(NAME, BITS, EXPONENT) \
  VECTOR static int64_t first_##NAME(const BITS *source, int64_t begin, int64_t end) { \
    for (int64_t start = begin; start < end; start += BLOCK) { \
      int64_t stop = min_i64(start + BLOCK, end); \
      BITS found = 0; \
      for (int64_t k = start; k < stop; k++) found |= (BITS)((source[k] & EXPONENT) == EXPONENT); \
      if (!found) continue; \
      for (int64_t k = start; k < stop; k++) { \
        if ((source[k] & EXPONENT) == EXPONENT) return k; \
      } \
    } \
    return end; \
  }
DEFINE_FIRST(f32, uint32_t, 0x7f800000u)
DEFINE_FIRST(f64, uint64_t, 0x7ff0000000000000u)
DEFINE_FIRST(bf16, uint16_t, 0x7f80u)

static void search_part(void *context, int thread, int count) {
  search *s = context;
  range part = split(s->count, BLOCK, thread, count);
  int64_t found;
  switch (s->dtype) {
    case TYPE_F32: found = first_f32(s->source, part.begin, part.end); break;
    case TYPE_F64: found = first_f64(s->source, part.begin, part.end); break;
    default: found = first_bf16(s->source, part.begin, part.end); break;
  }
  if (found < part.end) lower_to(&s->first, found);
}

int apus_check_finite(void *context) {
  apus_check_finite_context *c = context;
  if (c->dtype != TYPE_F32 && c->dtype != TYPE_F64 && c->dtype != TYPE_BF16) return 0;
  search s = {c->source, c->count, c->count, c->dtype};
  if (c->count > 0) apus_parallel(thread_count(c->threads, c->count), search_part, &s);
  if (s.first >= c->count) return 0;
  double value;
  switch (c->dtype) {
    case TYPE_F32: value = ((const float *)c->source)[s.first]; break;
    case TYPE_F64: value = ((const double *)c->source)[s.first]; break;
    default: value = float_from_bf16(((const uint16_t *)c->source)[s.first]); break;
  }
  int32_t code = value != value ? APUS_FAULT_NAN : APUS_FAULT_INFINITE;
  c->fault = (apus_fault){code, s.first, value > 0 ? 1 : value < 0 ? -1 : 0, 0};
  return code;
}
