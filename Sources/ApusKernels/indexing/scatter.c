#include "gather.h"
#include "index_check.h"
#include "kernel_support.h"

// The part of the result that one thread owns.
typedef struct {
  range outer, axis, inner;
} owned;

typedef void (*scatter_loop)(const apus_scatter_context *c, owned part);

// Whole outer slices if there are enough, else columns (equal work whatever the indices are), else rows.
static owned owned_part(const apus_scatter_context *c, int thread, int count) {
  owned part = {{0, c->outer}, {0, c->axis}, {0, c->inner}};
  if (c->outer >= count) {
    part.outer = split(c->outer, 1, thread, count);
  } else if (c->inner >= 16 * count) {
    part.inner = split(c->inner, 16, thread, count);
  } else {
    part.axis = split(c->axis, 1, thread, count);
  }
  return part;
}

static void start_from_base(const apus_scatter_context *c, owned part) {
  if (c->base == c->result) return;
  int64_t bytes = element_bytes(c->dtype);
  int64_t width = part.inner.end - part.inner.begin, rows = part.axis.end - part.axis.begin;
  // Whole rows are one run of memory for each outer index.
  if (width == c->inner) {
    width *= rows;
    rows = min_i64(rows, 1);
  }
  for (int64_t o = part.outer.begin; o < part.outer.end; o++) {
    for (int64_t r = 0; r < rows; r++) {
      int64_t offset = (((o * c->axis) + part.axis.begin + r) * c->inner + part.inner.begin) * bytes;
      char *result = (char *)c->result + offset;
      if (c->base == NULL) {
        memset(result, 0, (size_t)(width * bytes));
      } else {
        memcpy(result, (const char *)c->base + offset, (size_t)(width * bytes));
      }
    }
  }
}

#define APPLY_ADD(a, b) ((a) + (b))
#define APPLY_SET(a, b) (b)
#define APPLY_MULTIPLY(a, b) ((a) * (b))
// A NaN on either side stays.
#define APPLY_MINIMUM(a, b) ((a) < (b) || (a) != (a) ? (a) : (b))
#define APPLY_MAXIMUM(a, b) ((a) > (b) || (a) != (a) ? (a) : (b))

// T is the stored type, A that of the arithmetic.
#define DEFINE_SCATTER(NAME, T, A, LOAD, STORE, KIND) \
  VECTOR static void scatter_##NAME##_##KIND(const apus_scatter_context *c, owned part) { \
    start_from_base(c, part); \
    int64_t inner = c->inner; \
    for (int64_t o = part.outer.begin; o < part.outer.end; o++) { \
      for (int64_t k = 0; k < c->count; k++) { \
        int64_t index = load_index(c->indices, c->index_dtype, k); \
        int64_t row = resolve_index(index, c->axis, c->mode, c->wrap_negative); \
        if (row < part.axis.begin || row >= part.axis.end) continue; \
        T *restrict result = (T *)c->result + (o * c->axis + row) * inner; \
        const T *restrict update = (const T *)c->updates + (o * c->count + k) * inner; \
        for (int64_t i = part.inner.begin; i < part.inner.end; i++) { \
          A a = LOAD(result[i]), b = LOAD(update[i]); \
          (void)a; \
          result[i] = (T)STORE(APPLY_##KIND(a, b)); \
        } \
      } \
    } \
  } \
  static void scatter_along_##NAME##_##KIND(const apus_scatter_context *c, owned part) { \
    start_from_base(c, part); \
    int64_t inner = c->inner; \
    for (int64_t o = part.outer.begin; o < part.outer.end; o++) { \
      T *result = (T *)c->result + o * c->axis * inner; \
      for (int64_t k = 0; k < c->count; k++) { \
        const T *update = (const T *)c->updates + (o * c->count + k) * inner; \
        for (int64_t i = part.inner.begin; i < part.inner.end; i++) { \
          int64_t index = load_index(c->indices, c->index_dtype, (o * c->count + k) * inner + i); \
          int64_t row = resolve_index(index, c->axis, c->mode, c->wrap_negative); \
          if (row < part.axis.begin || row >= part.axis.end) continue; \
          A a = LOAD(result[row * inner + i]), b = LOAD(update[i]); \
          (void)a; \
          result[row * inner + i] = (T)STORE(APPLY_##KIND(a, b)); \
        } \
      } \
    } \
  }

// Sums and products of signed integers wrap around, so they are made unsigned; extremes are not.
#define DEFINE_SCATTERS(NAME, T, A, LOAD, STORE) \
  DEFINE_SCATTER(NAME, T, A, LOAD, STORE, ADD) \
  DEFINE_SCATTER(NAME, T, A, LOAD, STORE, MULTIPLY)
#define DEFINE_EXTREME_SCATTERS(NAME, T, A, LOAD, STORE) \
  DEFINE_SCATTER(NAME, T, A, LOAD, STORE, MINIMUM) \
  DEFINE_SCATTER(NAME, T, A, LOAD, STORE, MAXIMUM)

DEFINE_SCATTERS(f32, float, float, SAME, SAME)
DEFINE_SCATTERS(f64, double, double, SAME, SAME)
DEFINE_SCATTERS(i32, int32_t, uint32_t, SAME, SAME)
DEFINE_SCATTERS(i64, int64_t, uint64_t, SAME, SAME)
DEFINE_SCATTERS(u8, uint8_t, uint8_t, SAME, SAME)
DEFINE_SCATTERS(bool, uint8_t, uint32_t, SAME, TO_BOOL)
DEFINE_SCATTERS(bf16, uint16_t, float, float_from_bf16, bf16_from_float)
DEFINE_SCATTERS(u32, uint32_t, uint32_t, SAME, SAME)
DEFINE_EXTREME_SCATTERS(f32, float, float, SAME, SAME)
DEFINE_EXTREME_SCATTERS(f64, double, double, SAME, SAME)
DEFINE_EXTREME_SCATTERS(i32, int32_t, int32_t, SAME, SAME)
DEFINE_EXTREME_SCATTERS(i64, int64_t, int64_t, SAME, SAME)
DEFINE_EXTREME_SCATTERS(u8, uint8_t, uint8_t, SAME, SAME)
DEFINE_EXTREME_SCATTERS(bf16, uint16_t, float, float_from_bf16, bf16_from_float)
DEFINE_EXTREME_SCATTERS(u32, uint32_t, uint32_t, SAME, SAME)
// Setting only moves bits.
DEFINE_SCATTER(1, uint8_t, uint8_t, SAME, SAME, SET)
DEFINE_SCATTER(2, uint16_t, uint16_t, SAME, SAME, SET)
DEFINE_SCATTER(4, uint32_t, uint32_t, SAME, SAME, SET)
DEFINE_SCATTER(8, uint64_t, uint64_t, SAME, SAME, SET)

// Rows of the tables follow the raw values of DType, columns the APUS_SCATTER_ kinds.
#define TABLE_ROW(PREFIX, NAME, EXTREME, BYTES) \
  {PREFIX##_##NAME##_ADD, PREFIX##_##BYTES##_SET, PREFIX##_##NAME##_MULTIPLY, PREFIX##_##EXTREME##_MINIMUM, \
   PREFIX##_##EXTREME##_MAXIMUM}
#define TABLE(PREFIX) \
  {TABLE_ROW(PREFIX, f32, f32, 4),   TABLE_ROW(PREFIX, f64, f64, 8), TABLE_ROW(PREFIX, i32, i32, 4), \
   TABLE_ROW(PREFIX, i64, i64, 8),   TABLE_ROW(PREFIX, u8, u8, 1),   TABLE_ROW(PREFIX, bool, u8, 1), \
   TABLE_ROW(PREFIX, bf16, bf16, 2), TABLE_ROW(PREFIX, u32, u32, 4)}

static void scatter_part(void *context, int thread, int count) {
  static const scatter_loop loops[8][5] = TABLE(scatter);
  const apus_scatter_context *c = context;
  loops[c->dtype][c->kind](c, owned_part(c, thread, count));
}

static void scatter_along_part(void *context, int thread, int count) {
  static const scatter_loop loops[8][5] = TABLE(scatter_along);
  const apus_scatter_context *c = context;
  loops[c->dtype][c->kind](c, owned_part(c, thread, count));
}

static int run(apus_scatter_context *c, int64_t indices, void (*part)(void *, int, int)) {
  if ((uint32_t)c->dtype > TYPE_U32 || (uint32_t)c->kind > APUS_SCATTER_MAXIMUM) return APUS_FAULT_DTYPE;
  if (c->mode == APUS_INDEX_CHECK) {
    int code = apus_check_indices(c->indices, c->index_dtype, indices, c->axis, c->wrap_negative, c->threads,
                                  &c->fault);
    if (code != 0) return code;
  }
  int64_t elements = c->outer * max_i64(c->axis, c->count) * c->inner;
  if (elements > 0) apus_parallel(thread_count(c->threads, elements), part, c);
  return 0;
}

int apus_scatter(void *context) {
  apus_scatter_context *c = context;
  return run(c, c->outer * c->inner > 0 ? c->count : 0, scatter_part);
}

int apus_scatter_along(void *context) {
  apus_scatter_context *c = context;
  return run(c, c->outer * c->count * c->inner, scatter_along_part);
}
