// Growing decision trees: Breiman, Friedman, Olshen, Stone, "Classification and regression trees" (1984); Breiman, "Random
// forests" (2001); Geurts, Ernst, Wehenkel, "Extremely randomized trees" (2006).
#pragma once
#include <stdint.h>

/// How a node's split is looked for.
enum {
  /// Every place between two values.
  APUS_SPLIT_EXACT = 0,
  /// Every place between two bins of values.
  APUS_SPLIT_BINNED = 1,
  /// One place at random between the smallest and the largest value of each column.
  APUS_SPLIT_RANDOM = 2,
};

/// What a split is to make small.
enum {
  /// The variance of numbers. Of numbers 0 and 1 it is half of Gini's impurity.
  APUS_IMPURITY_VARIANCE = 0,
  APUS_IMPURITY_GINI = 1,
  APUS_IMPURITY_ENTROPY = 2,
  /// Nothing: the first split found is taken.
  APUS_IMPURITY_NONE = 3,
};

/// Code of a missing value among bins.
enum { APUS_MISSING_BIN = 255 };

/// Context of `apus_bin_columns`.
typedef struct {
  const float *values;  // [columns, rows]; NaN is a missing value
  uint8_t *bins;        // [columns, rows]
  float *lows;          // [columns, 256]: the smallest value in each bin; NaN for no values
  float *highs;         // [columns, 256]: the largest
  int64_t rows, columns;
  int32_t threads;
  int32_t failed;  // set to 1 where there was not enough memory
} apus_bin_context;

/// Puts the values of each column into at most 255 bins: one for each value where there are no more, else as many rows in
/// each as equal values allow. Missing values get APUS_MISSING_BIN. Returns nonzero where memory was not enough.
int apus_bin_columns(apus_bin_context *context);

/// A tree as it was grown, parents before children.
typedef struct {
  int64_t count;
  int32_t *features;    // [count]; -1 for a leaf
  float *thresholds;    // [count]; NaN where the split is a set
  int32_t *left;        // [count]
  int32_t *right;       // [count]
  uint8_t *missing;     // [count]: whether a missing value goes left
  float *covers;        // [count]: sum of weights
  double *impurities;   // [count]
  double *values;       // [count, width]: mean, or share of each class
  int32_t *sets;        // [count]: the first word of the set of codes that go left; -1 without one
  uint32_t *set_words;
  int64_t set_count;    // words
  double *importances;  // [columns]: total decrease of impurity times weight
} apus_grown_tree;

/// Context of `apus_grow_trees`.
typedef struct {
  const float *values;   // [columns, rows] for exact and random splits; NaN is a missing value
  const uint8_t *bins;   // [columns, rows] for binned splits
  const float *lows;     // [columns, 256]: the smallest value in each bin
  const float *highs;    // [columns, 256]: the largest
  const int32_t *codes;  // [columns]: 0 for numbers, else how many codes a category has
  const double *numbers;   // [rows]; NULL for classes that are counted
  const int32_t *classes;  // [rows]; NULL for numbers
  const double *weights;   // [rows], 0 for rows to leave out; NULL for all alike
  int64_t rows, columns;
  int32_t class_count;  // of `classes`; 2 also for numbers 0 and 1 that are classes; 0 for other numbers
  int32_t splitter;     // APUS_SPLIT_*
  int32_t impurity;     // APUS_IMPURITY_*
  int32_t bootstrap;    // non-zero: each tree draws as many rows as there are, with replacement
  int64_t sample;       // above 0: each tree draws so many rows, without replacement
  int64_t most_depth;
  int64_t least_split;  // rows of a node that is split
  int64_t least_leaf;   // rows of a leaf
  int64_t columns_tried;
  double least_decrease;  // of impurity, times the node's share of all weights
  uint64_t seed;
  int64_t first;  // number of the first tree, on which its chance depends
  int64_t count;  // trees to grow
  int32_t threads;
  int32_t failed;          // set to 1 where there was not enough memory
  apus_grown_tree *grown;  // [count]; to be given back with `apus_free_trees`
} apus_grow_context;

/// Grows trees, one a thread. A tree depends on its number and the seed alone. Returns nonzero where memory was not enough.
int apus_grow_trees(apus_grow_context *context);

/// Gives back what trees were grown into.
void apus_free_trees(apus_grown_tree *trees, int64_t count);

/// How often tree `tree` draws each row: `counts` of `rows`.
void apus_bootstrap_counts(uint64_t seed, int64_t tree, int64_t rows, uint16_t *counts);
