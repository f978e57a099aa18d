// The gradient of the Winograd convolution's weights for one instruction set: a part of winograd_tiles.h.
// Each transformation is the transpose of one there.

// Tiles over which a product sums before it puts its result down: their part of a panel stays in the closest
// cache.
#define TILES_SUMMED 96

// The six numbers that four gradients of results stand for.
VECTOR_INLINE void spread_gradient(const vf32 *y, int step, vf32 *z, int z_step) {
  vf32 y0 = y[0], y1 = y[step], y2 = y[2 * step], y3 = y[3 * step];
  vf32 even = y0 + y2, odd = y1 + y3, far_even = y0 + 4.0f * y2, far_odd = 2.0f * y1 + 8.0f * y3;
  z[0] = y0;
  z[z_step] = even + odd;
  z[2 * z_step] = even - odd;
  z[3 * z_step] = far_even + far_odd;
  z[4 * z_step] = far_even - far_odd;
  z[5 * z_step] = y3;
}

// The gradients of three weights from those of the six numbers that stand for them.
VECTOR_INLINE void gather_weights(const vf32 *u, int step, vf32 *g, int g_step) {
  vf32 sum = (1.0f / 6) * (u[step] + u[2 * step]), difference = (1.0f / 6) * (u[step] - u[2 * step]);
  vf32 far_sum = u[3 * step] + u[4 * step], far_difference = u[3 * step] - u[4 * step];
  g[0] = 0.25f * u[0] - sum + (1.0f / 24) * far_sum;
  g[g_step] = (1.0f / 12) * far_difference - difference;
  g[2 * g_step] = (1.0f / 6) * far_sum - sum + u[5 * step];
}

static void gradient_tiles(
    const apus_winograd_gradient_context *c, int64_t begin, int64_t count, float *to, int64_t first,
    int64_t capacity) {
  const apus_winograd_context sizes = {.out_height = c->out_height, .out_width = c->out_width};
  const int64_t width = panel_count(c->filters) * PANEL, distance = winograd_distance(capacity, width);
  for (int64_t t = 0; t < count; t++) {
    const tile_place place = place_of(&sizes, begin + t);
    const int64_t rows = c->out_height - place.row, columns = c->out_width - place.column;
    const float *corner =
        c->gradient + ((place.sample * c->out_height + place.row) * c->out_width + place.column) * c->filters;
    for (int64_t filter = 0; filter < width; filter += FLOAT_LANES) {
      vf32 y[RESULT_SIDE * RESULT_SIDE], half[SOURCE_SIDE * RESULT_SIDE], z[TRANSFORMED];
      for (int64_t i = 0; i < RESULT_SIDE; i++) {
        for (int64_t j = 0; j < RESULT_SIDE; j++) {
          vf32 *number = &y[RESULT_SIDE * i + j];
          if (i < rows && j < columns && filter < c->filters) {
            memcpy(number, corner + (i * c->out_width + j) * c->filters + filter, sizeof(vf32));
          } else {
            *number = (vf32)(0.0f);
          }
        }
      }
      UNROLLED for (int j = 0; j < RESULT_SIDE; j++) {
        spread_gradient(y + j, RESULT_SIDE, half + j, RESULT_SIDE);
      }
      UNROLLED for (int i = 0; i < SOURCE_SIDE; i++) {
        spread_gradient(half + RESULT_SIDE * i, 1, z + SOURCE_SIDE * i, 1);
      }
      float *place_in = to + filter / PANEL * capacity * PANEL + (first + t) * PANEL + filter % PANEL;
      UNROLLED for (int k = 0; k < TRANSFORMED; k++) {
        memcpy(place_in + k * distance, &z[k], sizeof(vf32));
      }
    }
  }
}

static void gradient_products(
    const apus_winograd_gradient_context *c, int64_t begin, int64_t end, int64_t count, int64_t capacity,
    const float *source, const float *gradient, float *to, int adds) {
  const int64_t panels = panel_count(c->filters), width = panels * PANEL;
  for (int64_t unit = begin; unit < end; unit++) {
    const int64_t k = unit / panels, panel = unit % panels;
    const float *left = source + k * winograd_distance(capacity, c->channels);
    const float *right = gradient + k * winograd_distance(capacity, width) + panel * capacity * PANEL;
    float *sums = to + k * winograd_distance(c->channels, width) + panel * c->channels * PANEL;
    for (int64_t t = 0; t < count; t += TILES_SUMMED) {
      const int64_t depth = count - t < TILES_SUMMED ? count - t : TILES_SUMMED;
      product(
          left + t * c->channels, 1, c->channels, right + t * PANEL, 0, sums, PANEL, c->channels, 1, depth,
          adds || t > 0);
    }
  }
}

static void gradient_result(
    const apus_winograd_gradient_context *c, int64_t begin, int64_t end, const float *sums) {
  const int64_t distance = winograd_distance(c->channels, panel_count(c->filters) * PANEL);
  for (int64_t channel = begin; channel < end; channel++) {
    for (int64_t filter = 0; filter < c->filters; filter += FLOAT_LANES) {
      vf32 u[TRANSFORMED], half[3 * SOURCE_SIDE], g[9];
      const float *from = sums + (filter / PANEL * c->channels + channel) * PANEL + filter % PANEL;
      UNROLLED for (int k = 0; k < TRANSFORMED; k++) memcpy(&u[k], from + k * distance, sizeof(vf32));
      UNROLLED for (int j = 0; j < SOURCE_SIDE; j++) gather_weights(u + j, SOURCE_SIDE, half + j, SOURCE_SIDE);
      UNROLLED for (int i = 0; i < 3; i++) gather_weights(half + SOURCE_SIDE * i, 1, g + 3 * i, 1);
      UNROLLED for (int tap = 0; tap < 9; tap++) {
        memcpy(c->result + (tap * c->channels + channel) * c->filters + filter, &g[tap], sizeof(vf32));
      }
    }
  }
}
