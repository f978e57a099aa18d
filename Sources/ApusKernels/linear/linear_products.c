#include "linear_panel.h"

typedef struct {
  const apus_linear_rows *rows;
  const double *weights, *right;
  int64_t outputs, size, part_rows;
  int power;
  double *sums;  // [parts, size]
} sums_work;

INLINE double value_at(const apus_linear_rows *x, int64_t row, int64_t column) {
  double value = (double)x->values[row * x->columns + column] - (x->shift ? x->shift[column] : 0);
  if (x->row_shift) value -= x->row_shift[row];
  return x->scale ? value * x->scale[column] : value;
}

VECTOR static void sums_part(void *context, int64_t begin, int64_t end, int thread) {
  const sums_work *w = context;
  const apus_linear_rows *x = w->rows;
  double *restrict sums = w->sums + begin / w->part_rows * w->size;
  (void)thread;
  for (int64_t row = begin; row < end; row++) {
    double weight = w->weights ? w->weights[row] : 1;
    const float *restrict source = x->values + row * x->columns;
    if (w->power == 1 && !x->shift && !x->row_shift && !x->scale) {
      for (int64_t j = 0; j < x->columns; j++) sums[j] += weight * (double)source[j];
    } else if (w->power == 2 && x->shift && !x->row_shift && !x->scale) {
      const double *restrict shift = x->shift;
      for (int64_t j = 0; j < x->columns; j++) {
        double value = (double)source[j] - shift[j];
        sums[j] += weight * value * value;
      }
    } else {
      for (int64_t j = 0; j < x->columns; j++) {
        double value = value_at(x, row, j);
        sums[j] += weight * (w->power == 2 ? value * value : value);
      }
    }
  }
}

VECTOR static void products_part(void *context, int64_t begin, int64_t end, int thread) {
  const sums_work *w = context;
  const apus_linear_rows *x = w->rows;
  int64_t columns = x->columns;
  double *restrict sums = w->sums + begin / w->part_rows * w->size;
  (void)thread;
  for (int64_t row = begin; row < end; row++) {
    const float *restrict source = x->values + row * columns;
    for (int64_t k = 0; k < w->outputs; k++) {
      double factor = w->right[row * w->outputs + k], *restrict line = sums + k * (columns + 1);
      if (x->shift && !x->row_shift && !x->scale) {
        const double *restrict shift = x->shift;
        for (int64_t j = 0; j < columns; j++) line[j] += factor * ((double)source[j] - shift[j]);
      } else {
        for (int64_t j = 0; j < columns; j++) line[j] += factor * value_at(x, row, j);
      }
      line[columns] += factor;
    }
  }
}

static int sum_parts(sums_work *w, apus_parallel_for_body body, double *result) {
  int64_t rows = w->rows->rows;
  w->part_rows = panels_in_part(rows, w->size * 8) * PANEL_ROWS;
  int64_t parts = ceil_divide(rows, w->part_rows);
  w->sums = calloc((size_t)(max_i64(1, parts) * w->size), sizeof(double));
  if (!w->sums) return 1;
  apus_parallel_for(0, rows, w->part_rows, body, w);
  for (int64_t i = 0; i < w->size; i++) {
    result[i] = 0;
    for (int64_t part = 0; part < parts; part++) result[i] += w->sums[part * w->size + i];
  }
  free(w->sums);
  return 0;
}

int apus_linear_sums(const apus_linear_rows *rows, const double *weights, int power, double *sums) {
  sums_work w = {rows, weights, NULL, 1, rows->columns, 0, power, NULL};
  return sum_parts(&w, sums_part, sums);
}

int apus_linear_products(const apus_linear_rows *rows, const double *right, int64_t outputs, double *products) {
  sums_work w = {rows, NULL, right, outputs, outputs * (rows->columns + 1), 0, 1, NULL};
  return sum_parts(&w, products_part, products);
}

typedef struct {
  const apus_linear_rows *rows;
  const double *coefficients;
  int64_t outputs;
  double *margins;
} margins_work;

VECTOR static void margins_part(void *context, int64_t begin, int64_t end, int thread) {
  const margins_work *w = context;
  const apus_linear_rows *x = w->rows;
  int64_t columns = x->columns;
  (void)thread;
  for (int64_t row = begin; row < end; row++) {
    const float *source = x->values + row * columns;
    for (int64_t k = 0; k < w->outputs; k++) {
      const double *line = w->coefficients + k * (columns + 1);
      double sum = line[columns];
      if (x->shift && !x->row_shift && !x->scale) {
        REASSOCIATE
        for (int64_t j = 0; j < columns; j++) sum += line[j] * ((double)source[j] - x->shift[j]);
      } else {
        for (int64_t j = 0; j < columns; j++) sum += line[j] * value_at(x, row, j);
      }
      w->margins[row * w->outputs + k] = sum;
    }
  }
}

int apus_linear_margins(const apus_linear_rows *rows, const double *coefficients, int64_t outputs, double *margins) {
  margins_work w = {rows, coefficients, outputs, margins};
  apus_parallel_for(0, rows->rows, 256, margins_part, &w);
  return 0;
}
