// The Winograd convolution for one instruction set; included once for each.

#include "loop_kernels.h"
#include "product_tile.h"
#include "winograd_kernels.h"

// The six numbers that stand for six neighbors of the source, `step` vectors apart.
VECTOR_INLINE void transform_source(vf32 *d, int step) {
  vf32 d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step], d5 = d[5 * step];
  vf32 even = d4 - 4.0f * d2, odd = d3 - 4.0f * d1;
  vf32 near = d4 - d2, far = 2.0f * (d3 - d1);
  d[0] = 4.0f * d0 - 5.0f * d2 + d4;
  d[step] = even + odd;
  d[2 * step] = even - odd;
  d[3 * step] = near + far;
  d[4 * step] = near - far;
  d[5 * step] = 4.0f * d1 - 5.0f * d3 + d5;
}

// The four results that six products stand for; they take the first four places.
VECTOR_INLINE void transform_result(vf32 *m, int step) {
  vf32 sum = m[step] + m[2 * step], difference = m[step] - m[2 * step];
  vf32 far_sum = m[3 * step] + m[4 * step], far_difference = m[3 * step] - m[4 * step];
  m[0] += sum + far_sum;
  m[step] = difference + 2.0f * far_difference;
  m[2 * step] = sum + 4.0f * far_sum;
  m[3 * step] = difference + 8.0f * far_difference + m[5 * step];
}

// The six numbers that stand for three neighbors of the weights.
VECTOR_INLINE void transform_weights(const vf32 *g, int step, vf32 *u, int u_step) {
  vf32 outer = g[0] + g[2 * step], wide = g[0] + 4.0f * g[2 * step];
  u[0] = 0.25f * g[0];
  u[u_step] = (-1.0f / 6) * (outer + g[step]);
  u[2 * u_step] = (-1.0f / 6) * (outer - g[step]);
  u[3 * u_step] = (1.0f / 24) * (wide + 2.0f * g[step]);
  u[4 * u_step] = (1.0f / 24) * (wide - 2.0f * g[step]);
  u[5 * u_step] = g[2 * step];
}

// Where a tile lies: its sample and the row and column of its first result.
typedef struct {
  int64_t sample, row, column;
} tile_place;

VECTOR_INLINE tile_place place_of(const apus_winograd_context *c, int64_t tile) {
  int64_t columns = (c->out_width + RESULT_SIDE - 1) / RESULT_SIDE;
  int64_t rows = (c->out_height + RESULT_SIDE - 1) / RESULT_SIDE;
  return (tile_place){tile / columns / rows, tile / columns % rows * RESULT_SIDE, tile % columns * RESULT_SIDE};
}

// Weights of a block of channels and a panel of filters as [9, WEIGHT_ROWS, PANEL], with taps and axes turned
// round.
static void turn_weights(
    const apus_winograd_weights_context *c, int64_t channel, int64_t first, float *to) {
  const int64_t width = c->filters - first < PANEL ? c->filters - first : PANEL;
  for (int64_t tap = 0; tap < 9; tap++) {
    loop_kernels_for_processor()->transpose[2](
        to + tap * WEIGHT_ROWS * PANEL, PANEL,
        c->weights + ((8 - tap) * c->filters + first) * c->channels + channel, c->channels, WEIGHT_ROWS, width);
  }
}

static void weights(const apus_winograd_weights_context *c, int64_t begin, int64_t end) {
  const int64_t panels = panel_count(c->filters), distance = winograd_distance(c->channels, panels * PANEL);
  float turned[9 * WEIGHT_ROWS * PANEL];
  for (int64_t block = begin; block < end; block++) {
    const int64_t first = block % panels * PANEL, top = block / panels * WEIGHT_ROWS;
    const float *from = c->weights + top * c->filters + first;
    int64_t row_step = c->filters, tap_step = c->channels * c->filters;
    if (c->turned) {
      turn_weights(c, top, first, turned);
      from = turned;
      row_step = PANEL;
      tap_step = WEIGHT_ROWS * PANEL;
    }
    float *to = c->result + (first * c->channels + top * PANEL);
    for (int64_t row = 0; row < WEIGHT_ROWS; row++) {
      for (int64_t filter = 0; filter < PANEL; filter += FLOAT_LANES) {
        vf32 g[9] = {0}, half[18], u[TRANSFORMED];
        for (int64_t tap = 0; tap < 9 && first + filter < c->filters; tap++) {
          memcpy(&g[tap], from + tap * tap_step + row * row_step + filter, sizeof(vf32));
        }
        UNROLLED for (int column = 0; column < 3; column++) transform_weights(g + column, 3, half + column, 3);
        UNROLLED for (int i = 0; i < SOURCE_SIDE; i++) transform_weights(half + 3 * i, 1, u + 6 * i, 1);
        UNROLLED for (int k = 0; k < TRANSFORMED; k++) {
          memcpy(to + k * distance + row * PANEL + filter, &u[k], sizeof(vf32));
        }
      }
    }
  }
}

// Transformed source of the tiles: [36, tiles, channels].
static void source_tiles(
    const apus_winograd_context *c, int64_t begin, int64_t count, float *to, int64_t distance) {
  for (int64_t t = 0; t < count; t++) {
    tile_place place = place_of(c, begin + t);
    const float *sample = c->source + place.sample * c->height * c->width * c->channels;
    int64_t top = place.row - c->pad_top, left = place.column - c->pad_left;
    for (int64_t channel = 0; channel < c->channels; channel += FLOAT_LANES) {
      vf32 d[TRANSFORMED];
      for (int64_t i = 0; i < SOURCE_SIDE; i++) {
        for (int64_t j = 0; j < SOURCE_SIDE; j++) {
          int64_t row = top + i, column = left + j;
          if (row >= 0 && row < c->height && column >= 0 && column < c->width) {
            memcpy(&d[6 * i + j], sample + (row * c->width + column) * c->channels + channel, sizeof(vf32));
          } else {
            d[6 * i + j] = (vf32)(0.0f);
          }
        }
      }
      UNROLLED for (int i = 0; i < SOURCE_SIDE; i++) transform_source(d + i, SOURCE_SIDE);
      UNROLLED for (int i = 0; i < SOURCE_SIDE; i++) transform_source(d + SOURCE_SIDE * i, 1);
      float *place_in = to + t * c->channels + channel;
      UNROLLED for (int k = 0; k < TRANSFORMED; k++) {
        memcpy(place_in + k * distance, &d[k], sizeof(vf32));
      }
    }
  }
}

// Results of the tiles from their products, [36, tiles, panels of filters].
static void result_tiles(
    const apus_winograd_context *c, int64_t begin, int64_t count, const float *products, int64_t distance) {
  for (int64_t t = 0; t < count; t++) {
    tile_place place = place_of(c, begin + t);
    int64_t first = (place.sample * c->out_height + place.row) * c->out_width + place.column;
    int64_t rows = c->out_height - place.row, columns = c->out_width - place.column;
    int64_t width = panel_count(c->filters) * PANEL;
    for (int64_t filter = 0; filter < c->filters; filter += FLOAT_LANES) {
      vf32 m[TRANSFORMED], bias = (vf32)(0.0f);
      if (c->bias != NULL) memcpy(&bias, c->bias + filter, sizeof(vf32));
      const float *from = products + t * width + filter;
      UNROLLED for (int k = 0; k < TRANSFORMED; k++) {
        memcpy(&m[k], from + k * distance, sizeof(vf32));
      }
      UNROLLED for (int j = 0; j < SOURCE_SIDE; j++) transform_result(m + j, SOURCE_SIDE);
      UNROLLED for (int i = 0; i < RESULT_SIDE; i++) transform_result(m + SOURCE_SIDE * i, 1);
      for (int64_t i = 0; i < RESULT_SIDE && i < rows; i++) {
        for (int64_t j = 0; j < RESULT_SIDE && j < columns; j++) {
          int64_t at = (first + i * c->out_width + j) * c->filters + filter;
          vf32 y = m[SOURCE_SIDE * i + j] + bias;
          if (c->residual != NULL) {
            vf32 residual;
            memcpy(&residual, c->residual + at, sizeof(vf32));
            y += residual;
          }
          // A NaN stays.
          if (c->relu) y = (vf32)((vi32)y & ~(y < 0.0f));
          memcpy(c->result + at, &y, sizeof(vf32));
        }
      }
    }
  }
}

static void products(
    const apus_winograd_context *c, int64_t begin, int64_t end, int64_t count, const float *from, float *to) {
  int64_t panels = panel_count(c->filters), panel = c->channels * PANEL, width = panels * PANEL;
  int64_t plane = winograd_distance(c->channels, width);
  for (int64_t unit = begin; unit < end;) {
    int64_t k = unit / panels, first = unit % panels;
    int64_t together = panels - first < end - unit ? panels - first : end - unit;
    product(
        from + k * winograd_distance(count, c->channels), c->channels, 1,
        c->weights + k * plane + first * panel, panel,
        to + k * winograd_distance(count, width) + first * PANEL, width, count, together, c->channels, 0);
    unit += together;
  }
}

#include "winograd_gradient_tiles.h"

const winograd_kernels WINOGRAD_NAME = {
    .weights = weights, .source = source_tiles, .products = products, .result = result_tiles,
    .gradient = gradient_tiles, .gradient_products = gradient_products, .gradient_result = gradient_result,
    .product = product, .panel = PANEL};
