#include <math.h>

#include "kernel_support.h"
#include "reference.h"

// Channels whose running values stay in registers and cache while a window is walked.
#define TILE 128

// The context with three spatial axes, the missing ones in front having size 1.
typedef struct {
  const apus_pool_context *c;
  int64_t input[3], output[3], window[3], stride[3], dilation[3], low[3], high[3];
  int64_t outputs, inputs;  // spatial positions of one sample
} pool_geometry;

static pool_geometry geometry_of(const apus_pool_context *c) {
  pool_geometry g = {.c = c, .inputs = 1, .outputs = 1};
  int missing = 3 - c->spatial_rank;
  for (int d = 0; d < 3; d++) {
    int given = d >= missing;
    g.input[d] = given ? c->input_size[d - missing] : 1;
    g.output[d] = given ? c->output_size[d - missing] : 1;
    g.window[d] = given ? c->window_size[d - missing] : 1;
    g.stride[d] = given ? c->stride[d - missing] : 1;
    g.dilation[d] = given ? c->dilation[d - missing] : 1;
    g.low[d] = given ? c->padding_low[d - missing] : 0;
    g.high[d] = given ? c->padding_high[d - missing] : 0;
    g.inputs *= g.input[d];
    g.outputs *= g.output[d];
  }
  return g;
}

// Steps of a window along one axis that lie inside `-low ..< size + high`.
INLINE range steps_inside(const pool_geometry *g, int axis, int64_t output, int64_t low, int64_t high) {
  int64_t origin = output * g->stride[axis] - g->low[axis], dilation = g->dilation[axis];
  int64_t before = -low - origin, room = g->input[axis] + high - origin;
  int64_t begin = before <= 0 ? 0 : ceil_divide(before, dilation);
  int64_t end = room <= 0 ? 0 : min_i64(g->window[axis], ceil_divide(room, dilation));
  return (range){begin, max_i64(begin, end)};
}

// One window: its steps inside the input on each axis, its first position, and the divisor of its mean.
typedef struct {
  range step[3];
  int64_t origin[3];
  int64_t divisor;
} pool_window;

static pool_window window_at(const pool_geometry *g, int64_t position) {
  pool_window w = {.divisor = 1};
  int64_t at[3] = {position / g->output[2] / g->output[1], position / g->output[2] % g->output[1],
                   position % g->output[2]};
  for (int d = 0; d < 3; d++) {
    w.origin[d] = at[d] * g->stride[d] - g->low[d];
    w.step[d] = steps_inside(g, d, at[d], 0, 0);
    range counted = g->c->count_padding ? steps_inside(g, d, at[d], g->low[d], g->high[d]) : w.step[d];
    w.divisor *= counted.end - counted.begin;
  }
  return w;
}

// Runs BODY with `place`, the spatial position in the input, for each element of the window.
#define FOR_EACH_PLACE(g, w, BODY) \
  for (int64_t z = w.step[0].begin; z < w.step[0].end; z++) { \
    for (int64_t y = w.step[1].begin; y < w.step[1].end; y++) { \
      for (int64_t x = w.step[2].begin; x < w.step[2].end; x++) { \
        int64_t place = \
            ((w.origin[0] + z * g->dilation[0]) * g->input[1] + w.origin[1] + y * g->dilation[1]) * \
                g->input[2] + \
            w.origin[2] + x * g->dilation[2]; \
        BODY \
      } \
    } \
  }

// Forward kernels: outputs are independent.
#define DEFINE_MAXIMUM(NAME, T, LEAST) \
  VECTOR static void maximum_##NAME(const pool_geometry *g, range part) { \
    int64_t channels = g->c->channels; \
    for (int64_t r = part.begin; r < part.end; r++) { \
      pool_window w = window_at(g, r % g->outputs); \
      const T *sample = (const T *)g->c->input + r / g->outputs * g->inputs * channels; \
      T *restrict result = (T *)g->c->result + r * channels; \
      for (int64_t i = 0; i < channels; i++) result[i] = LEAST; \
      FOR_EACH_PLACE(g, w, { \
        const T *restrict line = sample + place * channels; \
        for (int64_t i = 0; i < channels; i++) { \
          result[i] = result[i] > line[i] || result[i] != result[i] ? result[i] : line[i]; \
        } \
      }) \
    } \
  }
DEFINE_MAXIMUM(f32, float, -INFINITY)
DEFINE_MAXIMUM(f64, double, -INFINITY)
DEFINE_MAXIMUM(i32, int32_t, INT32_MIN)
DEFINE_MAXIMUM(i64, int64_t, INT64_MIN)
DEFINE_MAXIMUM(u8, uint8_t, 0)

#define DEFINE_AVERAGE(NAME, T) \
  VECTOR static void average_##NAME(const pool_geometry *g, range part) { \
    int64_t channels = g->c->channels; \
    for (int64_t r = part.begin; r < part.end; r++) { \
      pool_window w = window_at(g, r % g->outputs); \
      const T *sample = (const T *)g->c->input + r / g->outputs * g->inputs * channels; \
      T *restrict result = (T *)g->c->result + r * channels; \
      for (int64_t i = 0; i < channels; i++) result[i] = 0; \
      FOR_EACH_PLACE(g, w, { \
        const T *restrict line = sample + place * channels; \
        for (int64_t i = 0; i < channels; i++) result[i] += line[i]; \
      }) \
      T scale = w.divisor > 0 ? 1 / (T)w.divisor : 0; \
      for (int64_t i = 0; i < channels; i++) result[i] *= scale; \
    } \
  }
DEFINE_AVERAGE(f32, float)
DEFINE_AVERAGE(f64, double)

// Gradients: windows overlap, so a thread owns samples or channels.
#define DEFINE_GRADIENTS(NAME, T) \
  VECTOR static void maximum_gradient_tile_##NAME(const pool_geometry *g, int64_t sample, range columns) { \
    int64_t channels = g->c->channels, width = columns.end - columns.begin; \
    const T *input = (const T *)g->c->input + sample * g->inputs * channels + columns.begin; \
    T *result = (T *)g->c->result + sample * g->inputs * channels + columns.begin; \
    for (int64_t o = 0; o < g->outputs; o++) { \
      pool_window w = window_at(g, o); \
      const T *gradient = (const T *)g->c->gradient + (sample * g->outputs + o) * channels + columns.begin; \
      T best[TILE]; \
      int64_t where[TILE]; \
      int started = 0; \
      FOR_EACH_PLACE(g, w, { \
        const T *line = input + place * channels; \
        if (!started) { \
          for (int64_t i = 0; i < width; i++) { \
            best[i] = line[i]; \
            where[i] = place; \
          } \
          started = 1; \
        } else { \
          for (int64_t i = 0; i < width; i++) { \
            int better = line[i] > best[i] || (line[i] != line[i] && best[i] == best[i]); \
            where[i] = better ? place : where[i]; \
            best[i] = better ? line[i] : best[i]; \
          } \
        } \
      }) \
      if (!started) continue; \
      for (int64_t i = 0; i < width; i++) result[where[i] * channels + i] += gradient[i]; \
    } \
  } \
  VECTOR static void average_gradient_tile_##NAME(const pool_geometry *g, int64_t sample, range columns) { \
    int64_t channels = g->c->channels, width = columns.end - columns.begin; \
    T *result = (T *)g->c->result + sample * g->inputs * channels + columns.begin; \
    for (int64_t o = 0; o < g->outputs; o++) { \
      pool_window w = window_at(g, o); \
      const T *restrict gradient = \
          (const T *)g->c->gradient + (sample * g->outputs + o) * channels + columns.begin; \
      T scale = w.divisor > 0 ? 1 / (T)w.divisor : 0; \
      FOR_EACH_PLACE(g, w, { \
        T *restrict line = result + place * channels; \
        for (int64_t i = 0; i < width; i++) line[i] += gradient[i] * scale; \
      }) \
    } \
  }
DEFINE_GRADIENTS(f32, float)
DEFINE_GRADIENTS(f64, double)

static void maximum_part(void *context, int thread, int count) {
  const pool_geometry *g = context;
  range part = split(g->c->batch * g->outputs, 1, thread, count);
  switch (g->c->dtype) {
    case TYPE_F32: maximum_f32(g, part); break;
    case TYPE_F64: maximum_f64(g, part); break;
    case TYPE_I32: maximum_i32(g, part); break;
    case TYPE_I64: maximum_i64(g, part); break;
    default: maximum_u8(g, part); break;
  }
}

static void average_part(void *context, int thread, int count) {
  const pool_geometry *g = context;
  range part = split(g->c->batch * g->outputs, 1, thread, count);
  if (g->c->dtype == TYPE_F32) {
    average_f32(g, part);
  } else {
    average_f64(g, part);
  }
}

typedef void (*gradient_tile)(const pool_geometry *g, int64_t sample, range columns);

static void gradient_part(const pool_geometry *g, gradient_tile tile, int thread, int count) {
  int64_t bytes = element_bytes(g->c->dtype), channels = g->c->channels, tiles = ceil_divide(channels, TILE);
  range part = split(g->c->batch * tiles, 1, thread, count);
  for (int64_t unit = part.begin; unit < part.end; unit++) {
    int64_t sample = unit / tiles, column = unit % tiles * TILE;
    range columns = {column, min_i64(column + TILE, channels)};
    for (int64_t place = 0; place < g->inputs; place++) {
      memset((char *)g->c->result + ((sample * g->inputs + place) * channels + column) * bytes, 0,
             (size_t)((columns.end - column) * bytes));
    }
    tile(g, sample, columns);
  }
}

static void maximum_gradient_part(void *context, int thread, int count) {
  const pool_geometry *g = context;
  gradient_part(g, g->c->dtype == TYPE_F32 ? maximum_gradient_tile_f32 : maximum_gradient_tile_f64, thread,
                count);
}

static void average_gradient_part(void *context, int thread, int count) {
  const pool_geometry *g = context;
  gradient_part(g, g->c->dtype == TYPE_F32 ? average_gradient_tile_f32 : average_gradient_tile_f64, thread,
                count);
}

static int pool(const apus_pool_context *c, void (*part)(void *, int, int)) {
  pool_geometry g = geometry_of(c);
  int64_t work = c->batch * c->channels * g.outputs * g.window[0] * g.window[1] * g.window[2];
  apus_parallel(thread_count(c->threads, work), part, &g);
  return 0;
}

INLINE int is_floating(const apus_pool_context *c) { return c->dtype == TYPE_F32 || c->dtype == TYPE_F64; }

int apus_maximum_pool(void *context) {
  const apus_pool_context *c = context;
  int supported = is_floating(c) || c->dtype == TYPE_I32 || c->dtype == TYPE_I64 || c->dtype == TYPE_U8;
  return supported ? pool(c, maximum_part) : APUS_FAULT_DTYPE;
}

int apus_maximum_pool_gradient(void *context) {
  return is_floating(context) ? pool(context, maximum_gradient_part) : APUS_FAULT_DTYPE;
}

int apus_average_pool(void *context) {
  return is_floating(context) ? pool(context, average_part) : APUS_FAULT_DTYPE;
}

int apus_average_pool_gradient(void *context) {
  return is_floating(context) ? pool(context, average_gradient_part) : APUS_FAULT_DTYPE;
}
