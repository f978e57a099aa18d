#include <math.h>

#include "kernel_support.h"
#include "linear_rows.h"

// One step along a coordinate; by how much the function fell at least.
INLINE double step_along(const double *restrict row, int64_t size, int64_t i, double l1, double *coefficients,
                         double *restrict slope) {
  double curvature = row[i], before = coefficients[i];
  if (!(curvature > 0)) return 0;
  double target = slope[i] + curvature * before, after = 0;
  if (target > l1) after = (target - l1) / curvature;
  if (target < -l1) after = (target + l1) / curvature;
  double change = after - before;
  if (change == 0) return 0;
  coefficients[i] = after;
  for (int64_t j = 0; j < size; j++) slope[j] -= change * row[j];
  return 0.5 * curvature * change * change;
}

VECTOR int64_t apus_coordinate_descent(const double *gram, int64_t size, const double *l1, double tolerance,
                                       int64_t passes, double *coefficients, double *slope) {
  int64_t pass = 0;
  while (pass < passes) {
    double largest = 0;
    for (int64_t i = 0; i < size; i++) {
      largest = fmax(largest, step_along(gram + i * size, size, i, l1[i], coefficients, slope));
    }
    pass++;
    if (!(largest > tolerance)) break;
    // Those that are not 0 until they rest, before all are looked at again.
    double inner = largest;
    while (inner > tolerance && pass < passes) {
      inner = 0;
      for (int64_t i = 0; i < size; i++) {
        if (coefficients[i] == 0) continue;
        inner = fmax(inner, step_along(gram + i * size, size, i, l1[i], coefficients, slope));
      }
      pass++;
    }
  }
  return pass;
}
