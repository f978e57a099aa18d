#include "strided_gradient.h"

#include <string.h>

#include "apus_threads.h"
#include "kernel_support.h"
#include "winograd_kernels.h"

#define STRIDE 2
// Positions over which a product sums before it puts its result down: their part of a panel stays in the
// closest cache.
#define POSITIONS_SUMMED 96

// Where a tap looks, as steps of the stride from a position of the result and the rest.
typedef struct {
  int64_t steps, rest;
} tap_place;

INLINE tap_place place_of_tap(int64_t tap, int64_t pad) {
  int64_t distance = tap - pad, rest = ((distance % STRIDE) + STRIDE) % STRIDE;
  return (tap_place){(distance - rest) / STRIDE, rest};
}

// One of the four parts of the source: rows and columns from `top` and `left` steps on.
typedef struct {
  int64_t top, left, rows, columns, panels;
} plane_sizes;

static plane_sizes sizes_of(const apus_strided_gradient_context *c) {
  plane_sizes s;
  s.top = place_of_tap(0, c->pad_top).steps;
  s.left = place_of_tap(0, c->pad_left).steps;
  s.rows = c->out_height + place_of_tap(c->window - 1, c->pad_top).steps - s.top;
  s.columns = c->out_width + place_of_tap(c->window - 1, c->pad_left).steps - s.left;
  s.panels = c->filters / winograd_kernels_for_processor()->panel;
  return s;
}

// [2, 2, batch, rows, columns, channels]
static int64_t source_floats(const apus_strided_gradient_context *c, plane_sizes s) {
  return STRIDE * STRIDE * c->batch * s.rows * s.columns * c->channels;
}

int64_t apus_strided_filter_gradient_scratch_bytes(const apus_strided_gradient_context *c) {
  plane_sizes s = sizes_of(c);
  int64_t gradient = c->batch * c->out_height * s.columns * c->filters;
  return (source_floats(c, s) + gradient) * (int64_t)sizeof(float);
}

// Rows of the four parts of the source, with zeros around.
static void part_source(void *context, int thread, int count) {
  const apus_strided_gradient_context *c = context;
  plane_sizes s = sizes_of(c);
  size_t bytes = sizeof(float) * (size_t)c->channels;
  range part = split(c->batch * s.rows, 1, thread, count);
  for (int64_t line = part.begin; line < part.end; line++) {
    int64_t sample = line / s.rows;
    for (int64_t rest = 0; rest < STRIDE * STRIDE; rest++) {
      int64_t row = STRIDE * (line % s.rows + s.top) + rest / STRIDE;
      float *to = c->scratch + (rest * c->batch * s.rows + line) * s.columns * c->channels;
      const float *from = c->source + (sample * c->height + row) * c->width * c->channels;
      for (int64_t x = 0; x < s.columns; x++, to += c->channels) {
        int64_t column = STRIDE * (x + s.left) + rest % STRIDE;
        if (row >= 0 && row < c->height && column >= 0 && column < c->width) {
          memcpy(to, from + column * c->channels, bytes);
        } else {
          memset(to, 0, bytes);
        }
      }
    }
  }
}

// The gradient in panels of filters, [panels, batch, out_height, columns, panel], with zeros behind each row.
static void pack_gradient(void *context, int thread, int count) {
  const apus_strided_gradient_context *c = context;
  plane_sizes s = sizes_of(c);
  int64_t panel = winograd_kernels_for_processor()->panel, lines = c->batch * c->out_height;
  float *packed = c->scratch + source_floats(c, s);
  range part = split(lines, 1, thread, count);
  for (int64_t line = part.begin; line < part.end; line++) {
    const float *from = c->gradient + line * c->out_width * c->filters;
    for (int64_t p = 0; p < s.panels; p++) {
      float *to = packed + (p * lines + line) * s.columns * panel;
      for (int64_t x = 0; x < c->out_width; x++) {
        memcpy(to + x * panel, from + x * c->filters + p * panel, sizeof(float) * (size_t)panel);
      }
      memset(to + c->out_width * panel, 0, sizeof(float) * (size_t)((s.columns - c->out_width) * panel));
    }
  }
}

// Each thread makes some of the taps and panels.
static void sum_taps(void *context, int thread, int count) {
  const apus_strided_gradient_context *c = context;
  const winograd_kernels *kernels = winograd_kernels_for_processor();
  plane_sizes s = sizes_of(c);
  const float *packed = c->scratch + source_floats(c, s);
  int64_t positions = c->out_height * s.columns - (s.columns - c->out_width);
  range part = split(c->window * c->window * s.panels, 1, thread, count);
  for (int64_t unit = part.begin; unit < part.end; unit++) {
    int64_t tap = unit / s.panels, panel = unit % s.panels;
    tap_place row = place_of_tap(tap / c->window, c->pad_top);
    tap_place column = place_of_tap(tap % c->window, c->pad_left);
    int64_t shift = (row.steps - s.top) * s.columns + column.steps - s.left;
    int64_t plane = (row.rest * STRIDE + column.rest) * c->batch;
    float *to = c->result + tap * c->channels * c->filters + panel * kernels->panel;
    for (int64_t sample = 0; sample < c->batch; sample++) {
      const float *left = c->scratch + ((plane + sample) * s.rows * s.columns + shift) * c->channels;
      const float *right = packed + (panel * c->batch + sample) * c->out_height * s.columns * kernels->panel;
      for (int64_t first = 0; first < positions; first += POSITIONS_SUMMED) {
        kernels->product(
            left + first * c->channels, 1, c->channels, right + first * kernels->panel, 0, to, c->filters,
            c->channels, 1, min_i64(POSITIONS_SUMMED, positions - first), sample > 0 || first > 0);
      }
    }
  }
}

int apus_strided_filter_gradient(void *context) {
  const apus_strided_gradient_context *c = context;
  int threads = thread_count(c->threads, c->batch * c->out_height * c->out_width * c->channels);
  apus_parallel(threads, part_source, context);
  apus_parallel(threads, pack_gradient, context);
  apus_parallel(threads, sum_taps, context);
  return 0;
}
