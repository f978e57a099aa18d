// Cross entropy of logits against integer labels, without storing the probabilities.
//
// With smoothing s the target is `(1 - s) * onehot(label) + s / classes`, as in Keras and PyTorch.
#pragma once
#include <stdint.h>

#include "apus_constants.h"
#include "apus_step.h"

/// Context of `apus_softmax_cross_entropy` and `apus_softmax_cross_entropy_gradient`.
typedef struct {
  const void *logits;    // [rows, classes], float32 or float64
  const void *labels;    // [rows], int32, int64, uint8 or uint32
  void *loss;            // forward writes: [rows]
  void *log_sum_exp;     // [rows]: forward writes, gradient reads
  const void *gradient;  // gradient reads: of the loss, [rows], or one scalar when gradient_stride is 0
  void *result;          // gradient writes: of the logits, [rows, classes]; may equal `logits`
  int64_t rows, classes;
  int64_t gradient_stride;  // 1, or 0 to give every row the same gradient
  double label_smoothing;   // in [0, 1]
  int64_t ignored_label;    // rows with this label have loss 0 and gradient 0, if has_ignored_label
  int32_t has_ignored_label;
  int32_t dtype;
  int32_t label_dtype;
  int32_t threads;
  apus_fault fault;
} apus_softmax_cross_entropy_context;

/// `loss[r] = log_sum_exp[r] - sum(target * logits[r])`.
///
/// A label outside `0 ..< classes` (and not ignored) returns APUS_FAULT_LABEL, with the first such row as
/// `position`, the label as `value` and `classes` as `limit`.
int apus_softmax_cross_entropy(void *context);

/// `result[r] = (exp(logits[r] - log_sum_exp[r]) - target) * gradient[r]`. Labels are validated again.
int apus_softmax_cross_entropy_gradient(void *context);
