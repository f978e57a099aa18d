#include <math.h>

#include "kernel_support.h"
#include "trees.h"

// Rows that a tree handles before the next tree: they and a large tree share the second-level cache.
#define ROWS 256
// Walks side by side: each step of one waits for memory, eight of them keep the core busy.
#define LANES 8

INLINE int32_t step_complete(const apus_trees *trees, const apus_tree_node *node, const float *row) {
  (void)trees;
  return node->child + (row[node->feature] > node->threshold);
}

INLINE int32_t step_missing(const apus_trees *trees, const apus_tree_node *node, const float *row) {
  (void)trees;
  float x = row[node->feature];
  return node->child + ((x > node->threshold) | (int32_t)(node->detail & (uint32_t)(x != x)));
}

INLINE int32_t step_category(const apus_trees *trees, const apus_tree_node *node, const float *row) {
  if (node->feature >= 0) return step_missing(trees, node, row);
  float x = row[~node->feature];
  if (x != x) return node->child + (int32_t)(node->detail & 1);
  uint32_t set = node->detail >> 1, level = (uint32_t)x;
  int32_t word = trees->set_starts[set] + (int32_t)(level >> 5);
  int left = word < trees->set_starts[set + 1] && (trees->set_words[word] >> (level & 31) & 1);
  return node->child + !left;
}

// Walks of LANES (root, row) pairs to their leaves. A leaf stays where it is, so lanes may end at different depths.
#define DEFINE_WALK(NAME) \
  INLINE void walk_##NAME(const apus_trees *trees, const int32_t *roots, const float *const *rows, \
                          uint32_t *leaves) { \
    const apus_tree_node *nodes = trees->nodes; \
    int32_t at[LANES]; \
    for (int i = 0; i < LANES; i++) at[i] = roots[i]; \
    for (int32_t moved = 1; moved != 0;) { \
      moved = 0; \
      for (int twice = 0; twice < 2; twice++) { \
        _Pragma("clang loop unroll(full)") for (int i = 0; i < LANES; i++) { \
          int32_t next = step_##NAME(trees, nodes + at[i], rows[i]); \
          if (twice) moved |= next ^ at[i]; \
          at[i] = next; \
        } \
      } \
    } \
    for (int i = 0; i < LANES; i++) leaves[i] = nodes[at[i]].detail >> 1; \
  }

DEFINE_WALK(complete)
DEFINE_WALK(missing)
DEFINE_WALK(category)

INLINE void walk(const apus_trees *trees, int categorical, int complete, const int32_t *roots,
                 const float *const *rows, uint32_t *leaves) {
  if (categorical) {
    walk_category(trees, roots, rows, leaves);
  } else if (complete) {
    walk_complete(trees, roots, rows, leaves);
  } else {
    walk_missing(trees, roots, rows, leaves);
  }
}

static int is_complete(const float *values, int64_t count) {
  int missing = 0;
  for (int64_t i = 0; i < count; i++) missing |= values[i] != values[i];
  return !missing;
}

// The leaves of one tree for up to ROWS rows.
static void leaves_of_rows(const apus_trees *trees, int64_t tree, const float *values, int64_t count,
                           int64_t columns, int complete, uint32_t *leaves) {
  int32_t roots[LANES];
  for (int i = 0; i < LANES; i++) roots[i] = trees->starts[tree];
  for (int64_t begin = 0; begin < count; begin += LANES) {
    const float *rows[LANES];
    uint32_t found[LANES];
    for (int i = 0; i < LANES; i++) rows[i] = values + min_i64(begin + i, count - 1) * columns;
    walk(trees, trees->categorical[tree], complete, roots, rows, found);
    for (int64_t i = 0; i < min_i64(LANES, count - begin); i++) leaves[begin + i] = found[i];
  }
}

// The leaves of one row in up to LANES trees: a row alone walks through several trees at a time.
static void leaves_of_trees(const apus_trees *trees, int64_t begin, int64_t count, const float *row,
                            int complete, uint32_t *leaves) {
  int32_t roots[LANES];
  const float *rows[LANES];
  int categorical = 0;
  for (int i = 0; i < LANES; i++) {
    int64_t tree = begin + min_i64(i, count - 1);
    roots[i] = trees->starts[tree];
    rows[i] = row;
    categorical |= trees->categorical[tree];
  }
  walk(trees, categorical, complete, roots, rows, leaves);
}

INLINE void add_leaf(const apus_trees *trees, int64_t tree, uint32_t leaf, double *sums) {
  if (trees->outputs) {
    sums[trees->outputs[tree]] += trees->values[leaf];
  } else {
    const double *values = trees->values + (int64_t)leaf * trees->output_count;
    for (int32_t k = 0; k < trees->output_count; k++) sums[k] += values[k];
  }
}

static void predict_chunk(void *context, int64_t begin, int64_t end, int thread) {
  (void)thread;
  const apus_trees_predict_context *c = context;
  const apus_trees *trees = &c->trees;
  int64_t width = trees->output_count, count = end - begin;
  const float *values = c->rows + begin * c->columns;
  double *result = c->result + begin * width;
  int complete = is_complete(values, count * c->columns);
  uint32_t leaves[ROWS];
  memset(result, 0, (size_t)(count * width) * sizeof(double));
  if (count < LANES) {
    for (int64_t row = 0; row < count; row++) {
      for (int64_t tree = 0; tree < trees->trees; tree += LANES) {
        int64_t some = min_i64(LANES, trees->trees - tree);
        leaves_of_trees(trees, tree, some, values + row * c->columns, complete, leaves);
        for (int64_t i = 0; i < some; i++) add_leaf(trees, tree + i, leaves[i], result + row * width);
      }
    }
  } else {
    for (int64_t tree = 0; tree < trees->trees; tree++) {
      leaves_of_rows(trees, tree, values, count, c->columns, complete, leaves);
      for (int64_t row = 0; row < count; row++) add_leaf(trees, tree, leaves[row], result + row * width);
    }
  }
  for (int64_t row = 0; row < count; row++) {
    for (int64_t k = 0; k < width; k++) result[row * width + k] = c->base[k] + c->factor * result[row * width + k];
  }
}

int apus_trees_predict(void *context) {
  const apus_trees_predict_context *c = context;
  apus_parallel_for(c->row_count > LANES ? c->threads : 1, c->row_count, ROWS, predict_chunk, context);
  return 0;
}

static void leaves_chunk(void *context, int64_t begin, int64_t end, int thread) {
  (void)thread;
  const apus_trees_leaves_context *c = context;
  const float *values = c->rows + begin * c->columns;
  int complete = is_complete(values, (end - begin) * c->columns);
  uint32_t leaves[ROWS];
  for (int64_t tree = 0; tree < c->trees.trees; tree++) {
    leaves_of_rows(&c->trees, tree, values, end - begin, c->columns, complete, leaves);
    for (int64_t row = begin; row < end; row++) {
      c->result[row * c->trees.trees + tree] = (int32_t)leaves[row - begin];
    }
  }
}

int apus_trees_leaves(void *context) {
  const apus_trees_leaves_context *c = context;
  apus_parallel_for(c->row_count > LANES ? c->threads : 1, c->row_count, ROWS, leaves_chunk, context);
  return 0;
}
