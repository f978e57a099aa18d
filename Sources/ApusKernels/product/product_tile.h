// A small matrix product for operands that are in the cache: C = A B or C += A B, where A's elements are read one
// by one from anywhere and B and C are walked in vectors. Compiled once for each instruction set.

#pragma once
#include "register_tile.h"

static inline int64_t panel_count(int64_t columns) { return (columns + PANEL - 1) / PANEL; }

// `rows` is known where this is called, so that the accumulators are registers.
VECTOR_INLINE void product_rows(
    int rows, const float *a, int64_t a_row, int64_t a_depth, const float *b, float *c, int64_t c_row,
    int64_t depth, int adds) {
  vf32 sum[TILE_ROWS][PANEL_VECTORS];
  UNROLLED for (int i = 0; i < rows; i++) {
    UNROLLED for (int j = 0; j < PANEL_VECTORS; j++) {
      if (adds) {
        memcpy(&sum[i][j], c + i * c_row + j * FLOAT_LANES, sizeof(vf32));
      } else {
        sum[i][j] = (vf32)(0.0f);
      }
    }
  }
  for (int64_t k = 0; k < depth; k++) {
    vf32 row[PANEL_VECTORS];
    memcpy(row, b + k * PANEL, sizeof(row));
    UNROLLED for (int i = 0; i < rows; i++) {
      vf32 factor = (vf32)(a[i * a_row + k * a_depth]);
      UNROLLED for (int j = 0; j < PANEL_VECTORS; j++) sum[i][j] = MULTIPLY_ADD(factor, row[j], sum[i][j]);
    }
  }
  UNROLLED for (int i = 0; i < rows; i++) {
    UNROLLED for (int j = 0; j < PANEL_VECTORS; j++) {
      memcpy(c + i * c_row + j * FLOAT_LANES, &sum[i][j], sizeof(vf32));
    }
  }
}

// C[rows, panels * PANEL] = A[rows, depth] B, or += with `adds`. Panels of B are `b_panel` elements apart.
static void product(
    const float *a, int64_t a_row, int64_t a_depth, const float *b, int64_t b_panel, float *c, int64_t c_row,
    int64_t rows, int64_t panels, int64_t depth, int adds) {
  for (int64_t p = 0; p < panels; p++) {
    for (int64_t r = 0; r < rows; r += TILE_ROWS) {
      const float *from = a + r * a_row, *panel = b + p * b_panel;
      float *to = c + r * c_row + p * PANEL;
      switch (rows - r) {
        case 1: product_rows(1, from, a_row, a_depth, panel, to, c_row, depth, adds); break;
        case 2: product_rows(2, from, a_row, a_depth, panel, to, c_row, depth, adds); break;
        case 3: product_rows(3, from, a_row, a_depth, panel, to, c_row, depth, adds); break;
        case 4: product_rows(4, from, a_row, a_depth, panel, to, c_row, depth, adds); break;
        case 5: product_rows(5, from, a_row, a_depth, panel, to, c_row, depth, adds); break;
        default: product_rows(TILE_ROWS, from, a_row, a_depth, panel, to, c_row, depth, adds); break;
      }
    }
  }
}

// Rows of a matrix as panels, zeros beyond its columns.
static void pack_panels(float *panels, const float *rows, int64_t row_stride, int64_t count, int64_t columns) {
  for (int64_t first = 0; first < columns; first += PANEL, panels += count * PANEL) {
    int64_t width = columns - first < PANEL ? columns - first : PANEL;
    for (int64_t r = 0; r < count; r++) {
      memcpy(panels + r * PANEL, rows + r * row_stride + first, sizeof(float) * (size_t)width);
      if (width < PANEL) memset(panels + r * PANEL + width, 0, sizeof(float) * (size_t)(PANEL - width));
    }
  }
}

// A matrix turned on its side as panels: each row becomes a column, zeros beyond the last.
static void pack_turned_panels(
    float *panels, const float *rows, int64_t row_stride, int64_t count, int64_t columns) {
  for (int64_t first = 0; first < count; first += PANEL, panels += columns * PANEL) {
    int64_t width = count - first < PANEL ? count - first : PANEL;
    if (width < PANEL) memset(panels, 0, sizeof(float) * (size_t)(columns * PANEL));
    loop_kernels_for_processor()->transpose[2](
        panels, PANEL, rows + first * row_stride, row_stride, columns, width);
  }
}
