#include <math.h>

#include "exponential.h"
#include "linear_panel.h"

typedef struct {
  const apus_linear_rows *rows;
  int family, wants_second;
  const double *targets, *weights, *coefficients;
  int64_t width, part_rows, part_size;
  double *sums;    // [parts, part_size]: loss, gradient [width], second derivatives [width, width]
  double *panels;  // scratch of each thread
} loss_work;

// Margins of a panel's rows.
INLINE void panel_margins(const double *panel, int64_t count, int64_t width, const double *coefficients,
                          double *margins) {
  for (int64_t r = 0; r < count; r++) {
    const double *line = panel + r * width;
    double sum = 0;
    {
      REASSOCIATE
      for (int64_t j = 0; j < width; j++) sum += line[j] * coefficients[j];
    }
    margins[r] = sum;
  }
}

// log(1 + exp(-|m|)) of all rows. Without weights as the logarithm of one product, which is at most 2^128.
INLINE double sum_of_soft_parts(const double *tails, const double *weights, int64_t count) {
  double sum = 0, product = 1;
  for (int64_t r = 0; r < count; r++) {
    if (weights) {
      sum += weights[r] * log1p(tails[r]);
    } else {
      product *= 1 + tails[r];
    }
  }
  return sum + log(product);
}

// The loss of a panel's rows; margins become first derivatives.
INLINE double logistic_rows(const double *targets, const double *weights, int64_t count, double *margins,
                            double *second) {
  double tails[PANEL_ROWS], loss = 0;
  for (int64_t r = 0; r < count; r++) tails[r] = exp_f64(-fabs(margins[r]));
  {
    REASSOCIATE
    for (int64_t r = 0; r < count; r++) {
      double m = margins[r], weight = weights ? weights[r] : 1, inverse = 1 / (1 + tails[r]);
      loss += weight * ((m > 0 ? m : 0) - targets[r] * m);
      margins[r] = weight * ((m > 0 ? inverse : tails[r] * inverse) - targets[r]);
      second[r] = weight * tails[r] * inverse * inverse;
    }
  }
  return loss + sum_of_soft_parts(tails, weights, count);
}

INLINE double exponential_rows(int family, const double *targets, const double *weights, int64_t count,
                               double *margins, double *second) {
  double loss = 0;
  for (int64_t r = 0; r < count; r++) {
    double m = margins[r], weight = weights ? weights[r] : 1, target = targets[r];
    double sign = family == APUS_POISSON ? 1 : -1;
    double grown = exp_f64(sign * m) * (family == APUS_POISSON ? 1 : target);
    double linear = family == APUS_POISSON ? -target : 1;
    loss += weight * (grown + linear * m);
    margins[r] = weight * (sign * grown + linear);
    second[r] = weight * grown;
  }
  return loss;
}

VECTOR static void loss_part(void *context, int64_t begin, int64_t end, int thread) {
  const loss_work *w = context;
  int64_t width = w->width;
  double *panel = w->panels + thread * 2 * PANEL_ROWS * width, *weighted = panel + PANEL_ROWS * width;
  double *sums = w->sums + begin / w->part_rows * w->part_size, *restrict gradient = sums + 1;
  double first[PANEL_ROWS], second[PANEL_ROWS];
  for (int64_t row = begin; row < end; row += PANEL_ROWS) {
    int64_t count = min_i64(PANEL_ROWS, end - row);
    const double *targets = w->targets + row, *weights = w->weights ? w->weights + row : NULL;
    pack_panel(w->rows, NULL, row, count, width, panel);
    panel_margins(panel, count, width, w->coefficients, first);
    sums[0] += w->family == APUS_LOGISTIC ? logistic_rows(targets, weights, count, first, second)
                                          : exponential_rows(w->family, targets, weights, count, first, second);
    for (int64_t r = 0; r < count; r++) {
      const double *restrict line = panel + r * width;
      for (int64_t j = 0; j < width; j++) gradient[j] += first[r] * line[j];
    }
    if (!w->wants_second) continue;
    weigh_panel(panel, second, count, width, weighted);
    for (int64_t i = 0; i <= w->rows->columns; i += 4) {
      gram_tiles(weighted, panel, count, width, i, gradient + width);
    }
  }
}

int apus_linear_loss(const apus_linear_rows *rows, int family, const double *targets, const double *weights,
                     const double *coefficients, double *loss, double *gradient, double *second) {
  int64_t size = rows->columns + 1, width = panel_width(rows->columns);
  loss_work w = {rows, family, second != NULL, targets, weights, NULL, width, 0, 0, NULL, NULL};
  w.part_size = 1 + width + (second ? width * width : 0);
  w.part_rows = panels_in_part(rows->rows, w.part_size * 8) * PANEL_ROWS;
  int64_t parts = ceil_divide(rows->rows, w.part_rows);
  double *padded = calloc((size_t)width, sizeof(double));
  w.sums = calloc((size_t)(parts * w.part_size), sizeof(double));
  w.panels = malloc((size_t)(apus_thread_count() * 2 * PANEL_ROWS * width) * sizeof(double));
  int failed = !padded || !w.sums || !w.panels;
  if (!failed) {
    memcpy(padded, coefficients, (size_t)size * sizeof(double));
    w.coefficients = padded;
    apus_parallel_for(0, rows->rows, w.part_rows, loss_part, &w);
    for (int64_t part = 1; part < parts; part++) {
      for (int64_t i = 0; i < w.part_size; i++) w.sums[i] += w.sums[part * w.part_size + i];
    }
    *loss = w.sums[0];
    memcpy(gradient, w.sums + 1, (size_t)size * sizeof(double));
    if (second) unpack_gram(w.sums + 1 + width, width, size, second);
  }
  free(padded);
  free(w.sums);
  free(w.panels);
  return failed;
}
