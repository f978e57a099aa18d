#include "resample_weights.h"

#include <math.h>
#include <stdlib.h>

#include "resample.h"

static double box(double x) { return x > -0.5 && x <= 0.5 ? 1.0 : 0.0; }

static double triangle(double x) {
  x = fabs(x);
  return x < 1.0 ? 1.0 - x : 0.0;
}

// Keys's cubic with a = -0.5.
static double cubic(double x) {
  const double a = -0.5;
  x = fabs(x);
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
  if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
  return 0.0;
}

static double sinc(double x) {
  if (x == 0.0) return 1.0;
  x *= M_PI;
  return sin(x) / x;
}

static double lanczos(double x) { return x >= -3.0 && x < 3.0 ? sinc(x) * sinc(x / 3) : 0.0; }

typedef struct {
  double (*value)(double);
  double support;
} resample_filter;

static const resample_filter filters[] = {
    [APUS_FILTER_BOX] = {box, 0.5},
    [APUS_FILTER_BILINEAR] = {triangle, 1.0},
    [APUS_FILTER_BICUBIC] = {cubic, 2.0},
    [APUS_FILTER_LANCZOS] = {lanczos, 3.0},
};

int resample_weights_make(resample_weights *w, int64_t count, int64_t new_count, int32_t filter) {
  const resample_filter *shape = &filters[filter];
  const double scale = (double)count / (double)new_count;
  const double filter_scale = scale < 1.0 ? 1.0 : scale;
  const double support = shape->support * filter_scale, step = 1.0 / filter_scale;
  w->span = (int64_t)ceil(support) * 2 + 1;
  w->starts = malloc((size_t)new_count * sizeof *w->starts);
  w->counts = malloc((size_t)new_count * sizeof *w->counts);
  w->values = calloc((size_t)new_count * (size_t)w->span, sizeof *w->values);
  if (w->starts == NULL || w->counts == NULL || w->values == NULL) {
    resample_weights_free(w);
    return 1;
  }
  for (int64_t i = 0; i < new_count; i++) {
    double *values = w->values + i * w->span;
    const double center = ((double)i + 0.5) * scale;
    int64_t start = (int64_t)(center - support + 0.5);
    int64_t end = (int64_t)(center + support + 0.5);
    if (start < 0) start = 0;
    if (end > count) end = count;
    double sum = 0;
    for (int64_t k = 0; k < end - start; k++) {
      values[k] = shape->value(((double)(k + start) - center + 0.5) * step);
      sum += values[k];
    }
    for (int64_t k = 0; sum != 0 && k < end - start; k++) values[k] /= sum;
    w->starts[i] = start;
    w->counts[i] = end - start;
  }
  return 0;
}

void resample_weights_free(resample_weights *w) {
  free(w->starts);
  free(w->counts);
  free(w->values);
  *w = (resample_weights){0};
}
