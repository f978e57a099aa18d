// What the parts of the tree grower share.
#pragma once
#include <math.h>

#include "kernel_support.h"
#include "tree_growth.h"
#include "tree_random.h"

// A group of rows is summed up as `stats`: the weight, the number of rows, then the weighted sum of the numbers or the
// weight of each class. `kinds` is how many there are behind the first two.
enum { STAT_WEIGHT = 0, STAT_ROWS = 1, STAT_SUMS = 2 };

typedef struct {
  double score;  // of both sides; above is better
  int32_t column;
  float threshold;  // numbers
  int32_t code;     // binned numbers: codes up to it go left
  int32_t is_set;   // the codes in `best_set` go left
  int32_t missing_left;
} tree_split;

typedef struct {
  const apus_grow_context *c;
  int32_t kinds;
  tree_random random;
  // The rows of the tree, those of a node side by side, with what is known of them.
  int32_t *rows;
  double *weights;
  double *numbers;
  int32_t *classes;
  // Room to partition them.
  int32_t *spare_rows;
  double *spare_numbers;
  uint8_t *goes_left;  // [places of a node]
  int64_t count;
  int weights_differ;  // else they need not be moved
  // Exact splits: the places of the tree's rows in the order of each column, missing values last.
  int32_t *orders;         // [columns, count]
  double *row_weights;     // [rows of the data]
  double *row_numbers;     // [rows of the data]: times the weight
  uint8_t *row_goes_left;  // [rows of the data]
  float *node_values;      // random splits: [count], those of the node's rows in the column that is tried
  float *best_values;      // and in the column of the best split so far
  int32_t *columns;        // in the order in which they are drawn
  // One node's.
  int64_t begin, end;
  double *total;      // stats
  double *histogram;  // [codes + 1] stats, all 0 between uses; the last is that of missing values
  int64_t codes;      // the most of any column
  double *left, *missing, *trial;  // stats
  int32_t *order;     // [codes]: codes in the order in which they are tried
  double *keys;       // [codes]
  double *axis, *axis_next;  // [kinds]
  tree_split best;
  uint32_t *best_set;  // [words]
  int64_t words;
} tree_grower;

// What a split makes large: for all impurities the decrease is the score of both sides less that of the node.
INLINE double stat_score(int32_t impurity, int32_t kinds, const double *stat) {
  double weight = stat[STAT_WEIGHT], sum = 0;
  const double *s = stat + STAT_SUMS;
  if (impurity == APUS_IMPURITY_ENTROPY) {
    for (int32_t k = 0; k < kinds; k++) sum += s[k] > 0 ? s[k] * log2(s[k] / weight) : 0;
    return sum;
  }
  for (int32_t k = 0; k < kinds; k++) sum += s[k] * s[k];
  return sum / weight;
}

// The scores of two sides together, of numbers.
INLINE double score_of_sides(double weight, double sum, double other_weight, double other_sum) {
  return (sum * sum * other_weight + other_sum * other_sum * weight) / (weight * other_weight);
}

// The score of a split whose left side is `left` less missing values; whether they better go left. Negative infinity where a
// side would be too small.
INLINE double split_score(const tree_grower *g, int32_t impurity, int32_t kinds, const double *left,
                          const double *missing, int32_t *missing_left) {
  double best = -INFINITY, least = (double)g->c->least_leaf;
  *missing_left = 0;
  for (int32_t side = 0; side < 2; side++) {
    if (side == 1 && missing[STAT_ROWS] == 0) break;
    double rows = left[STAT_ROWS] + (side ? missing[STAT_ROWS] : 0);
    double weight = left[STAT_WEIGHT] + (side ? missing[STAT_WEIGHT] : 0);
    double other = g->total[STAT_WEIGHT] - weight, score;
    if (rows < least || g->total[STAT_ROWS] - rows < least || !(weight > 0) || !(other > 0)) continue;
    if (kinds == 1) {
      double sum = left[STAT_SUMS] + (side ? missing[STAT_SUMS] : 0);
      score = score_of_sides(weight, sum, other, g->total[STAT_SUMS] - sum);
    } else {
      double *with = g->trial, *right = g->trial + kinds + STAT_SUMS;
      for (int32_t k = 0; k < kinds + STAT_SUMS; k++) {
        with[k] = side == 1 ? left[k] + missing[k] : left[k];
        right[k] = g->total[k] - with[k];
      }
      score = stat_score(impurity, kinds, with) + stat_score(impurity, kinds, right);
    }
    if (score > best) {
      best = score;
      *missing_left = side;
    }
  }
  // A missing value that training did not meet goes where most rows go.
  if (missing[STAT_ROWS] == 0) *missing_left = left[STAT_ROWS] > g->total[STAT_ROWS] - left[STAT_ROWS];
  return best;
}

// A place between two values from which numbers of float32 are divided as from the exact middle.
INLINE float middle(float low, float high) {
  double exact = (double)low / 2 + (double)high / 2;
  float place = (float)exact;
  if ((double)place > exact) place = nextafterf(place, -INFINITY);
  return place >= high ? low : place;
}

// Draws the rows of a tree. Returns nonzero where memory was not enough.
int tree_draw_rows(tree_grower *g, int64_t tree);
// For exact splits, puts the rows of the tree into the order of each column. Returns nonzero where memory was not enough.
int tree_sort_columns(tree_grower *g);
// Divides the node's rows by the best split. Returns how many go left.
int64_t tree_divide_rows(tree_grower *g);

// Looks for the best split of a node by one column. Returns 0 where all its values are equal.
int tree_split_exact(tree_grower *g, int32_t column);
int tree_split_binned(tree_grower *g, int32_t column);
int tree_split_random(tree_grower *g, int32_t column);
// The same for a category, for all splitters.
int tree_split_category(tree_grower *g, int32_t column);
