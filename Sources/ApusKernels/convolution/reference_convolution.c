#include "reference.h"
#include "reference_gemm.h"

// The context with three spatial axes, the missing ones in front having size 1.
typedef struct {
  const apus_convolution_context *c;
  int64_t input[3], kernel[3], output[3], stride[3], dilation[3], low[3];
  int64_t group_inputs, group_outputs;  // channels of one group
} geometry;

static geometry geometry_of(const apus_convolution_context *c) {
  geometry g = {c, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}, 0, 0};
  int missing = 3 - c->spatial_rank;
  for (int d = 0; d < c->spatial_rank; d++) {
    g.input[missing + d] = c->input_size[d];
    g.kernel[missing + d] = c->kernel_size[d];
    g.output[missing + d] = c->output_size[d];
    g.stride[missing + d] = c->stride[d];
    g.dilation[missing + d] = c->dilation[d];
    g.low[missing + d] = c->padding_low[d];
  }
  g.group_inputs = c->input_channels / c->groups;
  g.group_outputs = c->output_channels / c->groups;
  return g;
}

INLINE int64_t input_position(const geometry *g, int axis, int64_t output, int64_t tap) {
  return output * g->stride[axis] + tap * g->dilation[axis] - g->low[axis];
}

// Positions along the last output axis whose input, for one tap of the kernel, lies inside.
INLINE range inside(const geometry *g, int64_t tap) {
  int64_t shift = tap * g->dilation[2] - g->low[2], stride = g->stride[2];
  int64_t begin = shift >= 0 ? 0 : ceil_divide(-shift, stride);
  int64_t room = g->input[2] - shift;
  int64_t end = room <= 0 ? 0 : min_i64(g->output[2], ceil_divide(room, stride));
  return (range){begin, max_i64(begin, end)};
}

// Element offset of the weights of one tap.
INLINE int64_t tap_offset(const geometry *g, int64_t a, int64_t b, int64_t w) {
  return ((a * g->kernel[1] + b) * g->kernel[2] + w) * g->group_inputs * g->c->output_channels;
}

// One line of output at a time: each tap of the kernel adds the product of a line of input and its weights.
static void forward_part(void *context, int thread, int count) {
  const geometry *g = context;
  const apus_convolution_context *c = g->c;
  int64_t bytes = element_bytes(c->dtype), line = g->output[2] * c->output_channels;
  range part = split(c->batch * g->output[0] * g->output[1], 1, thread, count);
  for (int64_t r = part.begin; r < part.end; r++) {
    int64_t y = r % g->output[1], z = r / g->output[1] % g->output[0], n = r / g->output[1] / g->output[0];
    memset((char *)c->output + r * line * bytes, 0, (size_t)(line * bytes));
    for (int64_t kz = 0; kz < g->kernel[0]; kz++) {
      int64_t iz = input_position(g, 0, z, kz);
      if (iz < 0 || iz >= g->input[0]) continue;
      for (int64_t ky = 0; ky < g->kernel[1]; ky++) {
        int64_t iy = input_position(g, 1, y, ky);
        if (iy < 0 || iy >= g->input[1]) continue;
        int64_t row = ((n * g->input[0] + iz) * g->input[1] + iy) * g->input[2];
        for (int64_t kx = 0; kx < g->kernel[2]; kx++) {
          range x = inside(g, kx);
          gemm_shape shape = {
              .rows = x.end - x.begin, .columns = g->group_outputs, .depth = g->group_inputs,
              .a_row = g->stride[2] * c->input_channels, .a_depth = 1,
              .b_depth = c->output_channels, .b_column = 1,
              .c_row = c->output_channels, .c_column = 1,
          };
          if (shape.rows == 0) continue;
          int64_t input = (row + input_position(g, 2, x.begin, kx)) * c->input_channels;
          for (int64_t group = 0; group < c->groups; group++) {
            gemm_add(c->dtype, &shape, c->input, input + group * g->group_inputs, c->weight,
                     tap_offset(g, kz, ky, kx) + group * g->group_outputs, c->output,
                     r * line + x.begin * c->output_channels + group * g->group_outputs);
          }
        }
      }
    }
  }
}

// The output position that a tap takes to an input position, or -1.
INLINE int64_t output_position(const geometry *g, int axis, int64_t input, int64_t tap) {
  int64_t scaled = input + g->low[axis] - tap * g->dilation[axis];
  if (scaled < 0 || scaled % g->stride[axis] != 0 || scaled / g->stride[axis] >= g->output[axis]) return -1;
  return scaled / g->stride[axis];
}

// One line of input at a time: the transpose of the above.
static void input_part(void *context, int thread, int count) {
  const geometry *g = context;
  const apus_convolution_context *c = g->c;
  int64_t bytes = element_bytes(c->dtype), line = g->input[2] * c->input_channels;
  range part = split(c->batch * g->input[0] * g->input[1], 1, thread, count);
  for (int64_t r = part.begin; r < part.end; r++) {
    int64_t y = r % g->input[1], z = r / g->input[1] % g->input[0], n = r / g->input[1] / g->input[0];
    memset((char *)c->input + r * line * bytes, 0, (size_t)(line * bytes));
    for (int64_t kz = 0; kz < g->kernel[0]; kz++) {
      int64_t oz = output_position(g, 0, z, kz);
      if (oz < 0) continue;
      for (int64_t ky = 0; ky < g->kernel[1]; ky++) {
        int64_t oy = output_position(g, 1, y, ky);
        if (oy < 0) continue;
        int64_t row = ((n * g->output[0] + oz) * g->output[1] + oy) * g->output[2];
        for (int64_t kx = 0; kx < g->kernel[2]; kx++) {
          range x = inside(g, kx);
          gemm_shape shape = {
              .rows = x.end - x.begin, .columns = g->group_inputs, .depth = g->group_outputs,
              .a_row = c->output_channels, .a_depth = 1,
              .b_depth = 1, .b_column = c->output_channels,
              .c_row = g->stride[2] * c->input_channels, .c_column = 1,
          };
          if (shape.rows == 0) continue;
          int64_t input = r * line + input_position(g, 2, x.begin, kx) * c->input_channels;
          for (int64_t group = 0; group < c->groups; group++) {
            gemm_add(c->dtype, &shape, c->output,
                     (row + x.begin) * c->output_channels + group * g->group_outputs, c->weight,
                     tap_offset(g, kz, ky, kx) + group * g->group_outputs, c->input,
                     input + group * g->group_inputs);
          }
        }
      }
    }
  }
}

// Input channels of one tap and group that make one unit of work.
#define FILTER_ROWS 32

// Some channels of one tap of the kernel at a time: every line of input times its line of output gradient.
static void filter_part(void *context, int thread, int count) {
  const geometry *g = context;
  const apus_convolution_context *c = g->c;
  int64_t bytes = element_bytes(c->dtype), blocks = ceil_divide(g->group_inputs, FILTER_ROWS);
  range part = split(g->kernel[0] * g->kernel[1] * g->kernel[2] * c->groups * blocks, 1, thread, count);
  for (int64_t unit = part.begin; unit < part.end; unit++) {
    int64_t channel = unit % blocks * FILTER_ROWS, group = unit / blocks % c->groups;
    int64_t tap = unit / blocks / c->groups;
    int64_t kx = tap % g->kernel[2], ky = tap / g->kernel[2] % g->kernel[1];
    int64_t kz = tap / g->kernel[2] / g->kernel[1];
    range x = inside(g, kx);
    gemm_shape shape = {
        .rows = min_i64(FILTER_ROWS, g->group_inputs - channel), .columns = g->group_outputs,
        .depth = x.end - x.begin,
        .a_row = 1, .a_depth = g->stride[2] * c->input_channels,
        .b_depth = c->output_channels, .b_column = 1,
        .c_row = c->output_channels, .c_column = 1,
    };
    int64_t weight = (tap * g->group_inputs + channel) * c->output_channels + group * g->group_outputs;
    for (int64_t k = 0; k < shape.rows; k++) {
      memset((char *)c->weight + (weight + k * c->output_channels) * bytes, 0,
             (size_t)(g->group_outputs * bytes));
    }
    if (shape.depth == 0) continue;
    for (int64_t n = 0; n < c->batch; n++) {
      for (int64_t z = 0; z < g->output[0]; z++) {
        int64_t iz = input_position(g, 0, z, kz);
        if (iz < 0 || iz >= g->input[0]) continue;
        for (int64_t y = 0; y < g->output[1]; y++) {
          int64_t iy = input_position(g, 1, y, ky);
          if (iy < 0 || iy >= g->input[1]) continue;
          int64_t input = ((n * g->input[0] + iz) * g->input[1] + iy) * g->input[2];
          int64_t output = ((n * g->output[0] + z) * g->output[1] + y) * g->output[2] + x.begin;
          gemm_add(c->dtype, &shape, c->input,
                   (input + input_position(g, 2, x.begin, kx)) * c->input_channels + group * g->group_inputs +
                       channel,
                   c->output, output * c->output_channels + group * g->group_outputs, c->weight, weight);
        }
      }
    }
  }
}

static int convolve(const apus_convolution_context *c, void (*part)(void *, int, int)) {
  if (!gemm_supports(c->dtype)) return APUS_FAULT_DTYPE;
  geometry g = geometry_of(c);
  int64_t work = c->batch * g.group_inputs * c->output_channels;
  for (int d = 0; d < 3; d++) work *= g.kernel[d] * g.output[d];
  apus_parallel(thread_count(c->threads, work), part, &g);
  return 0;
}

int apus_convolution(void *context) { return convolve(context, forward_part); }
int apus_convolution_input_gradient(void *context) { return convolve(context, input_part); }
int apus_convolution_filter_gradient(void *context) { return convolve(context, filter_part); }
