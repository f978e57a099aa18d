// Copies between strided memories.

#include <string.h>

#include "loop_internal.h"

void loop_fill(int32_t size_log2, char *result, const char *element, int64_t count) {
#define FILL(T)                                         \
  {                                                     \
    T value;                                            \
    memcpy(&value, element, sizeof(T));                 \
    T *out = (T *)result;                               \
    for (int64_t i = 0; i < count; i++) out[i] = value; \
    break;                                              \
  }
  switch (size_log2) {
    case 0: memset(result, *element, (size_t)count); break;
    case 1: FILL(uint16_t)
    case 2: FILL(uint32_t)
    default: FILL(uint64_t)
  }
#undef FILL
}

static void copy_strided(
    int32_t size_log2, char *result, int64_t result_stride, const char *source, int64_t source_stride,
    int64_t count) {
#define COPY(T)                                                                         \
  {                                                                                     \
    T *out = (T *)result;                                                               \
    const T *in = (const T *)source;                                                    \
    for (int64_t i = 0; i < count; i++) out[i * result_stride] = in[i * source_stride]; \
    break;                                                                              \
  }
  switch (size_log2) {
    case 0: COPY(uint8_t)
    case 1: COPY(uint16_t)
    case 2: COPY(uint32_t)
    default: COPY(uint64_t)
  }
#undef COPY
}

typedef struct {
  int32_t rank;
  int64_t extents[MAX_RANK];
  int64_t result[MAX_RANK];
  int64_t source[MAX_RANK];
} block_shape;

static block_shape merged(
    int32_t rank, const int64_t *extents, const int64_t *result_strides, const int64_t *source_strides) {
  block_shape b;
  b.rank = 0;
  for (int32_t d = 0; d < rank; d++) {
    if (extents[d] == 1) continue;
    int32_t last = b.rank - 1;
    if (last >= 0 && b.result[last] == result_strides[d] * extents[d] &&
        b.source[last] == source_strides[d] * extents[d]) {
      b.extents[last] *= extents[d];
    } else {
      b.extents[++last] = extents[d];
      b.rank++;
    }
    b.result[last] = result_strides[d];
    b.source[last] = source_strides[d];
  }
  return b;
}

static void remove_dimension(block_shape *b, int32_t d) {
  for (int32_t k = d; k + 1 < b->rank; k++) {
    b->extents[k] = b->extents[k + 1];
    b->result[k] = b->result[k + 1];
    b->source[k] = b->source[k + 1];
  }
  b->rank--;
}

// A dimension other than the last whose stride is 1, or -1.
static int32_t unit_dimension(const block_shape *b, const int64_t *strides) {
  for (int32_t d = 0; d < b->rank - 1; d++) {
    if (strides[d] == 1) return d;
  }
  return -1;
}

void loop_copy_block(
    const loop_kernels *kernels, int32_t size_log2, int32_t rank, const int64_t *extents, char *result,
    const int64_t *result_strides, const char *source, const int64_t *source_strides) {
  block_shape b = merged(rank, extents, result_strides, source_strides);
  if (b.rank == 0) {
    memcpy(result, source, (size_t)1 << size_log2);
    return;
  }
  // The innermost loops are one of: a row that is consecutive on both sides, a transposition of two
  // dimensions, an element repeated, or single elements.
  int32_t last = b.rank - 1;
  int64_t count = b.extents[last], result_stride = b.result[last], source_stride = b.source[last];
  enum { ROW, TRANSPOSE, REPEAT, ELEMENTS } form = ELEMENTS;
  int64_t rows = 0, row_result = 0, row_source = 0;
  if (result_stride == 1 && source_stride == 1) {
    form = ROW;
  } else if (result_stride == 1 && source_stride == 0) {
    form = REPEAT;
  } else {
    int32_t other = -1;
    if (result_stride == 1 && (other = unit_dimension(&b, b.source)) >= 0) {
      form = TRANSPOSE;
      rows = b.extents[other], row_result = b.result[other], row_source = source_stride;
    } else if (source_stride == 1 && (other = unit_dimension(&b, b.result)) >= 0) {
      form = TRANSPOSE;
      rows = count, count = b.extents[other], row_result = result_stride, row_source = b.source[other];
    }
    if (form == TRANSPOSE) {
      remove_dimension(&b, last);
      remove_dimension(&b, other);
      b.rank++;  // as if one dimension had been handled, like the other forms
    }
  }
  const int32_t outer = b.rank - 1;
  int64_t index[MAX_RANK] = {0};
  while (1) {
    switch (form) {
      case ROW: memcpy(result, source, (size_t)count << size_log2); break;
      case REPEAT: loop_fill(size_log2, result, source, count); break;
      case TRANSPOSE:
        kernels->transpose[size_log2](result, row_result, source, row_source, rows, count);
        break;
      case ELEMENTS: copy_strided(size_log2, result, result_stride, source, source_stride, count); break;
    }
    int32_t d = outer - 1;
    for (; d >= 0; d--) {
      result += b.result[d] * ((int64_t)1 << size_log2);
      source += b.source[d] * ((int64_t)1 << size_log2);
      if (++index[d] < b.extents[d]) break;
      index[d] = 0;
      result -= b.extents[d] * b.result[d] * ((int64_t)1 << size_log2);
      source -= b.extents[d] * b.source[d] * ((int64_t)1 << size_log2);
    }
    if (d < 0) return;
  }
}
