// Decision trees, alone or many: which leaf a row comes to, and the sum of what the leaves say.
//
// The two children of a node lie side by side, the left one first, behind their parent. A leaf is its own child.
#pragma once
#include <stdint.h>

#include "apus_step.h"

/// A node of a tree.
typedef struct {
  /// A number not above it goes left. Infinite in a leaf, so that every number stays.
  float threshold;
  /// The left child, counted from the first node of all trees; the right child follows. In a leaf the leaf itself.
  int32_t child;
  /// The column that is asked; its complement (~) where the column holds categories. 0 in a leaf.
  int32_t feature;
  /// In a leaf twice its number. Elsewhere bit 0 says that a missing value goes right, and for categories the rest is the
  /// number of the set of levels that go left.
  uint32_t detail;
} apus_tree_node;

/// Trees that belong together. Whoever makes one has checked every index.
typedef struct {
  const apus_tree_node *nodes;
  const int32_t *starts;       // [trees + 1]: the root of each, and the number of nodes
  const int32_t *depths;       // [trees]: steps that most rows take; for speed alone
  const uint8_t *categorical;  // [trees]: whether it asks for categories
  const int32_t *outputs;      // [trees]: the output that a tree adds to; NULL where each leaf has a value for all
  const double *values;        // [leaves, 1 or output_count]
  const uint32_t *set_words;   // sets of levels, a bit each
  const int32_t *set_starts;   // [sets + 1]: where a set's words are; levels behind them are not in it
  int64_t trees;
  int32_t output_count;
} apus_trees;

/// Context of `apus_trees_predict`.
typedef struct {
  apus_trees trees;
  const float *rows;   // [row_count, columns]; NaN is a missing value
  const double *base;  // [output_count]
  double *result;      // [row_count, output_count]
  int64_t row_count;
  int64_t columns;
  double factor;
  int32_t threads;  // 0 for all of them
} apus_trees_predict_context;

/// `result = base + factor * sum of the trees' values`, summed in the order of the trees whatever the threads.
int apus_trees_predict(void *context);

/// Context of `apus_trees_leaves`.
typedef struct {
  apus_trees trees;
  const float *rows;  // [row_count, columns]; NaN is a missing value
  int32_t *result;    // [row_count, trees]
  int64_t row_count;
  int64_t columns;
  int32_t threads;  // 0 for all of them
} apus_trees_leaves_context;

/// The number of the leaf that each row comes to in each tree.
int apus_trees_leaves(void *context);
