#include "pad.h"

#include "kernel_support.h"

// One axis of the padded result: where the source's elements stand on it.
typedef struct {
  int64_t size, low, step;  // element k of the source stands at low + k * step
  int64_t length;           // of the result
} padded_axis;

// The axes after the last padded one move as one block of bytes.
typedef struct {
  const apus_pad_context *c;
  padded_axis axis[APUS_MAXIMUM_RANK];
  int rank;             // axes up to and including the last padded one; at least 1
  int64_t block_bytes;  // of the axes after them
  int64_t rows;         // of the result: all axes but the last of those `rank`
} padding;

INLINE void fill(char *to, const char *value, int64_t bytes, int64_t value_bytes) {
  switch (value_bytes) {
    case 1: memset(to, value[0], (size_t)bytes); break;
    case 2:
      for (int64_t k = 0; k < bytes; k += 2) memcpy(to + k, value, 2);
      break;
    case 4:
      for (int64_t k = 0; k < bytes; k += 4) memcpy(to + k, value, 4);
      break;
    default:
      for (int64_t k = 0; k < bytes; k += 8) memcpy(to + k, value, 8);
      break;
  }
}

// Index of the first row or element of the source at or after a position of the result.
INLINE int64_t source_index_from(const padded_axis *a, int64_t position) {
  return position <= a->low ? 0 : min_i64(a->size, ceil_divide(position - a->low, a->step));
}

VECTOR static void pad_row(const padding *p, const char *source, char *result) {
  const padded_axis *a = &p->axis[p->rank - 1];
  int64_t block = p->block_bytes, value_bytes = element_bytes(p->c->dtype);
  const char *value = p->c->value;
  int64_t first = source_index_from(a, 0), last = source_index_from(a, a->length);
  if (first >= last) {
    fill(result, value, a->length * block, value_bytes);
    return;
  }
  int64_t begin = a->low + first * a->step, end = a->low + (last - 1) * a->step + 1;
  fill(result, value, begin * block, value_bytes);
  if (a->step == 1) {
    memcpy(result + begin * block, source + first * block, (size_t)((last - first) * block));
  } else {
    for (int64_t k = first; k < last; k++) {
      int64_t position = a->low + k * a->step;
      memcpy(result + position * block, source + k * block, (size_t)block);
      if (k + 1 < last) fill(result + (position + 1) * block, value, (a->step - 1) * block, value_bytes);
    }
  }
  fill(result + end * block, value, (a->length - end) * block, value_bytes);
}

static void pad_part(void *context, int thread, int count) {
  const padding *p = context;
  range part = split(p->rows, 1, thread, count);
  const padded_axis *last = &p->axis[p->rank - 1];
  for (int64_t row = part.begin; row < part.end; row++) {
    int64_t rest = row, stride = last->size * p->block_bytes, offset = 0;
    int inside = 1;
    for (int d = p->rank - 2; d >= 0; d--) {
      const padded_axis *a = &p->axis[d];
      int64_t position = rest % a->length - a->low;
      rest /= a->length;
      inside &= position >= 0 && position % a->step == 0 && position / a->step < a->size;
      offset += position / a->step * stride;
      stride *= a->size;
    }
    char *result = (char *)p->c->result + row * last->length * p->block_bytes;
    if (inside) {
      pad_row(p, (const char *)p->c->source + offset, result);
    } else {
      fill(result, p->c->value, last->length * p->block_bytes, element_bytes(p->c->dtype));
    }
  }
}

int apus_pad(void *context) {
  const apus_pad_context *c = context;
  padding p = {.c = c, .rank = c->rank, .block_bytes = element_bytes(c->dtype), .rows = 1};
  while (p.rank > 1 && c->low[p.rank - 1] == 0 && c->high[p.rank - 1] == 0 && c->interior[p.rank - 1] == 0) {
    p.rank--;
    p.block_bytes *= c->size[p.rank];
  }
  for (int d = 0; d < p.rank; d++) {
    int64_t size = c->size[d], interior = c->interior[d];
    p.axis[d] = (padded_axis){size, c->low[d], interior + 1,
                              c->low[d] + size + max_i64(0, size - 1) * interior + c->high[d]};
    if (d < p.rank - 1) p.rows *= p.axis[d].length;
  }
  if (p.rank == 0) {
    p.axis[0] = (padded_axis){1, 0, 1, 1};
    p.rank = 1;
  }
  int64_t bytes = p.rows * p.axis[p.rank - 1].length * p.block_bytes;
  if (bytes > 0) apus_parallel(thread_count(c->threads, bytes / element_bytes(c->dtype)), pad_part, &p);
  return 0;
}

static void copy_part(void *context, int thread, int count) {
  const apus_copy2d_context *c = context;
  const char *source = c->source;
  char *result = c->result;
  if (c->rows < count) {
    // Few long rows: each thread takes a piece of every row.
    range part = split(c->row_bytes, 64, thread, count);
    for (int64_t r = 0; r < c->rows; r++) {
      memcpy(result + r * c->result_stride + part.begin, source + r * c->source_stride + part.begin,
             (size_t)(part.end - part.begin));
    }
    return;
  }
  range part = split(c->rows, 1, thread, count);
  for (int64_t r = part.begin; r < part.end; r++) {
    memcpy(result + r * c->result_stride, source + r * c->source_stride, (size_t)c->row_bytes);
  }
}

int apus_copy2d(void *context) {
  apus_copy2d_context *c = context;
  int64_t bytes = c->rows * c->row_bytes;
  if (bytes > 0) apus_parallel(thread_count(c->threads, bytes / 4), copy_part, c);
  return 0;
}
