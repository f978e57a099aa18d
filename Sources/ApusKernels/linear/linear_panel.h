// Blocks of rows as float64, and how rows are cut into parts.
#pragma once
#include <stdlib.h>

#include "kernel_support.h"
#include "linear_rows.h"

enum {
  // Rows of a panel: with some tens of columns it and its weighted copy stay in the first two caches.
  PANEL_ROWS = 128,
  // Columns of a panel are filled up with zeros to a multiple of this, the widest tile.
  PANEL_GRAIN = 16,
  // Parts at most, and the bytes that the sums of all of them may take.
  MOST_PARTS = 64,
  MOST_PART_BYTES = 1 << 26,
};

INLINE int64_t panel_width(int64_t columns) { return ceil_divide(columns + 1, PANEL_GRAIN) * PANEL_GRAIN; }

// Panels in each part, where the sums of a part take `bytes`.
INLINE int64_t panels_in_part(int64_t rows, int64_t bytes) {
  int64_t parts = min_i64(MOST_PARTS, max_i64(1, MOST_PART_BYTES / max_i64(1, bytes)));
  return max_i64(1, ceil_divide(ceil_divide(rows, PANEL_ROWS), parts));
}

// Rows `begin ..< begin + count` into panel [count, width], `last` in the column behind the features.
INLINE void pack_panel(const apus_linear_rows *x, const double *last, int64_t begin, int64_t count,
                       int64_t width, double *panel) {
  int64_t columns = x->columns;
  for (int64_t r = 0; r < count; r++) {
    const float *source = x->values + (begin + r) * columns;
    double *target = panel + r * width;
    if (x->shift && !x->row_shift && !x->scale) {
      for (int64_t j = 0; j < columns; j++) target[j] = (double)source[j] - x->shift[j];
    } else {
      double shift = x->row_shift ? x->row_shift[begin + r] : 0;
      for (int64_t j = 0; j < columns; j++) {
        double value = (double)source[j] - (x->shift ? x->shift[j] : 0) - shift;
        target[j] = x->scale ? value * x->scale[j] : value;
      }
    }
    target[columns] = last ? last[begin + r] : 1;
    for (int64_t j = columns + 1; j < width; j++) target[j] = 0;
  }
}

// A tile of 4 by 16: sums [4, 16] += left [count, 4]' right [count, 16].
INLINE void gram_tile(const double *restrict left, const double *restrict right, int64_t count, int64_t width,
                      double *restrict sums, int64_t stride) {
  double tile[4][16];
  for (int i = 0; i < 4; i++) {
    for (int j = 0; j < 16; j++) tile[i][j] = sums[i * stride + j];
  }
  for (int64_t r = 0; r < count; r++) {
    const double *a = left + r * width, *b = right + r * width;
#pragma clang loop unroll(full)
    for (int i = 0; i < 4; i++) {
#pragma clang loop vectorize(enable)
      for (int j = 0; j < 16; j++) tile[i][j] += a[i] * b[j];
    }
  }
  for (int i = 0; i < 4; i++) {
    for (int j = 0; j < 16; j++) sums[i * stride + j] = tile[i][j];
  }
}

// Adds the products of rows of a tile `left` (4 columns from `row` on) with all columns from its own on.
INLINE void gram_tiles(const double *left, const double *right, int64_t count, int64_t width, int64_t row,
                       double *gram) {
  for (int64_t column = row / PANEL_GRAIN * PANEL_GRAIN; column < width; column += PANEL_GRAIN) {
    gram_tile(left + row, right + column, count, width, gram + row * width + column, width);
  }
}

INLINE void weigh_panel(const double *panel, const double *weights, int64_t count, int64_t width, double *result) {
  for (int64_t r = 0; r < count; r++) {
    double weight = weights ? weights[r] : 1;
    for (int64_t j = 0; j < width; j++) result[r * width + j] = weight * panel[r * width + j];
  }
}

// The upper triangle of padded sums [width, width] as a symmetric matrix [size, size].
INLINE void unpack_gram(const double *sums, int64_t width, int64_t size, double *gram) {
  for (int64_t i = 0; i < size; i++) {
    for (int64_t j = i; j < size; j++) gram[i * size + j] = gram[j * size + i] = sums[i * width + j];
  }
}
