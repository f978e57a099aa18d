// SHAP values of decision trees, path-dependent: what each column adds to a prediction.
//
// Lundberg, Erion, Lee, "Consistent individualized feature attribution for tree ensembles" (2018). A column that the
// prediction is not conditioned on is averaged over by the weights of the training rows that went either way.
#pragma once
#include <stdint.h>

#include "trees.h"

/// Context of `apus_trees_shap`.
typedef struct {
  apus_trees trees;
  const float *covers;  // [nodes]: weights of the training rows that reached each node
  const float *rows;    // [row_count, columns]; NaN is a missing value
  const double *base;   // [output_count]
  double *result;       // [row_count, output_count, columns + 1]; the last is what is expected of any row
  int64_t row_count;
  int64_t columns;
  double factor;
  int32_t threads;  // 0 for all of them
  int32_t failed;   // set to 1 where there was not enough memory
} apus_trees_shap_context;

/// Fills `result`; the values of an output add up to its prediction. Returns nonzero where memory was not enough.
int apus_trees_shap(void *context);
