#include "gather.h"
#include "kernel_support.h"

// A window of a larger tensor as runs of contiguous bytes, one for each index of the leading axes.
typedef struct {
  const char *from;
  char *to;
  int64_t from_stride[APUS_MAXIMUM_RANK];  // bytes, of the leading axes
  int64_t to_stride[APUS_MAXIMUM_RANK];
  int64_t size[APUS_MAXIMUM_RANK];
  int64_t runs, run_bytes;
  int rank;  // of the leading axes
} window_copy;

static void copy_part(void *context, int thread, int count) {
  const window_copy *w = context;
  range part = split(w->runs, 1, thread, count);
  for (int64_t r = part.begin; r < part.end; r++) {
    int64_t from = 0, to = 0, rest = r;
    for (int d = w->rank - 1; d >= 0; d--) {
      int64_t position = rest % w->size[d];
      rest /= w->size[d];
      from += position * w->from_stride[d];
      to += position * w->to_stride[d];
    }
    memcpy(w->to + to, w->from + from, (size_t)w->run_bytes);
  }
}

// Copies between the window inside the large tensor and the small, dense one.
static void copy_window(const apus_dynamic_slice_context *c, const char *from, char *to, int from_large) {
  int64_t bytes = element_bytes(c->dtype);
  int64_t large_stride[APUS_MAXIMUM_RANK], small_stride[APUS_MAXIMUM_RANK];
  int64_t large = bytes, small = bytes, offset = 0;
  for (int d = c->rank - 1; d >= 0; d--) {
    large_stride[d] = large;
    small_stride[d] = small;
    int64_t start = load_index(c->start[d], c->start_dtype, 0);
    offset += max_i64(0, min_i64(start, c->axis_size[d] - c->window_size[d])) * large;
    large *= c->axis_size[d];
    small *= c->window_size[d];
  }
  if (small == 0) return;
  // The run: the trailing axes that the window spans fully, and the axis before them.
  int leading = c->rank;
  int64_t run_bytes = bytes;
  while (leading > 0) {
    leading--;
    run_bytes *= c->window_size[leading];
    if (c->window_size[leading] != c->axis_size[leading]) break;
  }
  window_copy w = {from + (from_large ? offset : 0),
                   to + (from_large ? 0 : offset),
                   {0},
                   {0},
                   {0},
                   small / run_bytes,
                   run_bytes,
                   leading};
  memcpy(w.from_stride, from_large ? large_stride : small_stride, sizeof(large_stride));
  memcpy(w.to_stride, from_large ? small_stride : large_stride, sizeof(large_stride));
  memcpy(w.size, c->window_size, sizeof(w.size));
  apus_parallel(thread_count(c->threads, small / bytes), copy_part, &w);
}

int apus_dynamic_slice(void *context) {
  const apus_dynamic_slice_context *c = context;
  copy_window(c, c->source, c->result, 1);
  return 0;
}

int apus_dynamic_update_slice(void *context) {
  const apus_dynamic_slice_context *c = context;
  if (c->source != c->result) {
    int64_t total = element_bytes(c->dtype);
    for (int d = 0; d < c->rank; d++) total *= c->axis_size[d];
    memcpy(c->result, c->source, (size_t)total);
  }
  copy_window(c, c->update, c->result, 0);
  return 0;
}
