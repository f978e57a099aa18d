#include <stdlib.h>

#include "grower.h"

typedef struct {
  double key;
  int32_t code;
} keyed_code;

static int by_key(const void *a, const void *b) {
  const keyed_code *x = a, *y = b;
  if (x->key != y->key) return x->key < y->key ? -1 : 1;
  return x->code < y->code ? -1 : x->code > y->code;
}

// The code of a row: its bin, or its level.
INLINE int64_t code_of(const tree_grower *g, int32_t column, int32_t row) {
  if (g->c->bins) {
    uint8_t bin = g->c->bins[(int64_t)column * g->c->rows + row];
    return bin == APUS_MISSING_BIN ? g->codes : bin;
  }
  float value = g->c->values[(int64_t)column * g->c->rows + row];
  return value != value ? g->codes : (int64_t)value;
}

// The first principal component of the shares of the classes: levels in its order have the best split among few, as
// Coppersmith, Hong, Hosking, "Partitioning nominal attributes in decision trees" (1999) found. By power iteration.
static void find_axis(tree_grower *g, int64_t count) {
  int32_t kinds = g->kinds, stride = kinds + STAT_SUMS;
  // Any start will do that no symmetry of the classes makes orthogonal to the answer.
  for (int32_t k = 0; k < kinds; k++) g->axis[k] = fmod(0.6180339887 * (k + 1), 1);
  for (int round = 0; round < 30; round++) {
    double length = 0;
    for (int32_t k = 0; k < kinds; k++) g->axis_next[k] = 0;
    for (int64_t i = 0; i < count; i++) {
      const double *stat = g->histogram + g->order[i] * stride;
      double along = 0;
      for (int32_t k = 0; k < kinds; k++) {
        double mean = g->total[STAT_SUMS + k] / g->total[STAT_WEIGHT];
        along += g->axis[k] * (stat[STAT_SUMS + k] / stat[STAT_WEIGHT] - mean);
      }
      for (int32_t k = 0; k < kinds; k++) {
        double mean = g->total[STAT_SUMS + k] / g->total[STAT_WEIGHT];
        g->axis_next[k] += stat[STAT_WEIGHT] * along * (stat[STAT_SUMS + k] / stat[STAT_WEIGHT] - mean);
      }
    }
    for (int32_t k = 0; k < kinds; k++) length += g->axis_next[k] * g->axis_next[k];
    if (!(length > 0)) return;
    for (int32_t k = 0; k < kinds; k++) g->axis[k] = g->axis_next[k] / sqrt(length);
  }
}

INLINE void keep_set(tree_grower *g, int32_t column, double score, int64_t count, int32_t missing_left) {
  g->best = (tree_split){score, column, 0, 0, 1, missing_left};
  memset(g->best_set, 0, (size_t)g->words * sizeof *g->best_set);
  for (int64_t i = 0; i < count; i++) g->best_set[g->order[i] >> 5] |= 1u << (g->order[i] & 31);
}

int tree_split_category(tree_grower *g, int32_t column) {
  int32_t kinds = g->kinds, stride = kinds + STAT_SUMS;
  int32_t impurity = kinds == 1 ? APUS_IMPURITY_VARIANCE : g->c->impurity;
  int64_t count = 0;
  for (int64_t i = g->begin; i < g->end; i++) {
    int64_t code = code_of(g, column, g->rows[i]);
    double *stat = g->histogram + code * stride;
    if (stat[STAT_ROWS] == 0 && code < g->codes) g->order[count++] = (int32_t)code;
    stat[STAT_WEIGHT] += g->weights[i];
    stat[STAT_ROWS] += 1;
    if (kinds == 1) {
      stat[STAT_SUMS] += g->weights[i] * g->numbers[i];
    } else {
      stat[STAT_SUMS + g->classes[i]] += g->weights[i];
    }
  }
  double *missing = g->histogram + g->codes * stride;
  for (int32_t k = 0; k < stride; k++) {
    g->missing[k] = missing[k];
    missing[k] = 0;
    g->left[k] = 0;
  }
  int varies = count + (g->missing[STAT_ROWS] > 0) > 1;
  int32_t missing_left;
  if (varies && g->c->splitter == APUS_SPLIT_RANDOM && count > 1) {
    // Each level goes one way or the other, as all ways that split are equally likely.
    int64_t lefts = 0;
    while (lefts == 0 || lefts == count) {
      lefts = 0;
      for (int64_t i = 0; i < count; i++) {
        if ((random_word(&g->random) & 1) == 0) continue;
        int32_t code = g->order[lefts];
        g->order[lefts++] = g->order[i];
        g->order[i] = code;
      }
    }
    for (int64_t i = 0; i < lefts; i++) {
      for (int32_t k = 0; k < stride; k++) g->left[k] += g->histogram[g->order[i] * stride + k];
    }
    double score = split_score(g, impurity, kinds, g->left, g->missing, &missing_left);
    if (score > g->best.score) keep_set(g, column, score, lefts, missing_left);
  } else if (varies) {
    // Of numbers and of two classes the best split is one of those in the order of the levels' means (Fisher 1958).
    keyed_code *keyed = (keyed_code *)g->keys;
    if (kinds > 1) find_axis(g, count);
    for (int64_t i = 0; i < count; i++) {
      const double *stat = g->histogram + g->order[i] * stride;
      double key = stat[STAT_SUMS];
      if (kinds > 1) {
        key = 0;
        for (int32_t k = 0; k < kinds; k++) key += g->axis[k] * stat[STAT_SUMS + k];
      }
      keyed[i] = (keyed_code){key / stat[STAT_WEIGHT], g->order[i]};
    }
    qsort(keyed, (size_t)count, sizeof *keyed, by_key);
    for (int64_t i = 0; i < count; i++) g->order[i] = keyed[i].code;
    for (int64_t i = 0; i < count; i++) {
      for (int32_t k = 0; k < stride; k++) g->left[k] += g->histogram[g->order[i] * stride + k];
      // The last one splits missing values from all others.
      if (i + 1 == count && g->missing[STAT_ROWS] == 0) break;
      double score = split_score(g, impurity, kinds, g->left, g->missing, &missing_left);
      if (score > g->best.score) keep_set(g, column, score, i + 1, missing_left);
    }
  }
  for (int64_t i = 0; i < count; i++) {
    for (int32_t k = 0; k < stride; k++) g->histogram[g->order[i] * stride + k] = 0;
  }
  return varies;
}
