// Sums over the rows of float32 features for linear models, in float64.
//
// Rows are cut into parts whose number depends on the sizes alone, each part is summed by one thread, and the parts
// are added in order: the bits do not depend on the number of threads.

#pragma once
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Rows of features. The value that counts is `(values[row][column] - shift[column] - row_shift[row]) *
/// scale[column]`, so that large means cost no digits. `shift`, `row_shift` and `scale` may be null.
typedef struct {
  const float *values;  // [rows, columns]
  int64_t rows, columns;
  const double *shift;      // [columns]
  const double *row_shift;  // [rows]
  const double *scale;      // [columns]
} apus_linear_rows;

/// What a row's margin and target cost.
enum {
  APUS_LOGISTIC = 0,  // log(1 + exp(m)) - t m, targets from 0 to 1
  APUS_POISSON = 1,   // exp(m) - t m
  APUS_GAMMA = 2,     // t exp(-m) + m
};

/// The functions below return 0, or 1 when there is not enough memory. `weights` ([rows]) may be null for all 1.

/// sums[column] = sum of weight * value^power; `power` is 1 or 2.
int apus_linear_sums(const apus_linear_rows *rows, const double *weights, int power, double *sums);

/// The products of all pairs of columns, `last` ([rows], null for all 1) being one more column: gram
/// [columns + 1, columns + 1] = sum of weight * value_i * value_j.
int apus_linear_gram(const apus_linear_rows *rows, const double *last, const double *weights, double *gram);

/// products [outputs, columns + 1] = sum of right[row][output] * value_i, the last value being 1.
int apus_linear_products(const apus_linear_rows *rows, const double *right, int64_t outputs, double *products);

/// margins [rows, outputs] = coefficients [outputs, columns + 1] times the values, the last value being 1.
int apus_linear_margins(const apus_linear_rows *rows, const double *coefficients, int64_t outputs, double *margins);

/// The loss of a generalized linear model, its gradient [columns + 1], and, unless null, its second derivatives
/// [columns + 1, columns + 1], in one pass.
int apus_linear_loss(const apus_linear_rows *rows, int family, const double *targets, const double *weights,
                     const double *coefficients, double *loss, double *gradient, double *second);

/// Turns the lower triangle of a symmetric matrix [size, size] into its Cholesky factor, in place. Returns how many
/// columns it got through: `size`, or less where a pivot is not above `least` times what the diagonal was, all of
/// which must be above 0; -1 when there is not enough memory.
int64_t apus_cholesky(double *matrix, int64_t size, double least);

/// Minimizes 1/2 b'Gb - c'b + sum of l1_i |b_i| by coordinate descent, from the coefficients given. `slope` is
/// c - Gb, kept up to date. Coordinates without curvature stay. Ends after `passes`, or when no step in a pass over all
/// coordinates changed the function by more than `tolerance`. Returns the passes made.
int64_t apus_coordinate_descent(const double *gram, int64_t size, const double *l1, double tolerance,
                                int64_t passes, double *coefficients, double *slope);

#ifdef __cplusplus
}
#endif
