#include <math.h>

#include "kernel_support.h"
#include "trees.h"

// Rows that a tree handles before the next tree, so that it is fetched seldom: at most ROWS, and BYTES of features, which
// stay in the second-level cache beside a large tree.
#define ROWS 4096
#define BYTES (512 << 10)
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

// For one tree and up to ROWS rows, the node that each row comes to: first as many steps as most rows take, LANES rows
// side by side, then step by step only the rows that are not in a leaf yet.
//
// And for LANES trees and one row, until all have come to a leaf; a leaf stays where it is.
#define DEFINE_WALKS(NAME) \
  static void rows_##NAME(const apus_trees *trees, int64_t tree, const float *rows, int64_t count, \
                          int64_t columns, int32_t *at) { \
    const apus_tree_node *nodes = trees->nodes; \
    int32_t root = trees->starts[tree], depth = trees->depths[tree]; \
    int64_t whole = count / LANES * LANES, active = 0; \
    uint16_t walking[ROWS]; \
    for (int64_t begin = 0; begin < whole; begin += LANES) { \
      const float *row = rows + begin * columns; \
      int32_t lanes[LANES]; \
      for (int i = 0; i < LANES; i++) lanes[i] = root; \
      for (int32_t step = 0; step < depth; step++) { \
        _Pragma("clang loop unroll(full)") for (int i = 0; i < LANES; i++) { \
          lanes[i] = step_##NAME(trees, nodes + lanes[i], row + i * columns); \
        } \
      } \
      for (int i = 0; i < LANES; i++) at[begin + i] = lanes[i]; \
    } \
    for (int64_t i = whole; i < count; i++) at[i] = root; \
    for (int64_t i = 0; i < count; i++) { \
      walking[active] = (uint16_t)i; \
      active += nodes[at[i]].child != at[i]; \
    } \
    while (active > 0) { \
      int64_t still = 0; \
      for (int64_t k = 0; k < active; k++) { \
        int64_t i = walking[k]; \
        int32_t next = step_##NAME(trees, nodes + at[i], rows + i * columns); \
        at[i] = next; \
        walking[still] = (uint16_t)i; \
        still += nodes[next].child != next; \
      } \
      active = still; \
    } \
  } \
  static void trees_##NAME(const apus_trees *trees, const int32_t *roots, const float *row, int32_t *at) { \
    const apus_tree_node *nodes = trees->nodes; \
    int32_t lanes[LANES], moved = 1; \
    for (int i = 0; i < LANES; i++) lanes[i] = roots[i]; \
    while (moved != 0) { \
      moved = 0; \
      for (int twice = 0; twice < 2; twice++) { \
        _Pragma("clang loop unroll(full)") for (int i = 0; i < LANES; i++) { \
          int32_t next = step_##NAME(trees, nodes + lanes[i], row); \
          if (twice) moved |= next ^ lanes[i]; \
          lanes[i] = next; \
        } \
      } \
    } \
    for (int i = 0; i < LANES; i++) at[i] = lanes[i]; \
  }

DEFINE_WALKS(complete)
DEFINE_WALKS(missing)
DEFINE_WALKS(category)

static int is_complete(const float *values, int64_t count) {
  int missing = 0;
  for (int64_t i = 0; i < count; i++) missing |= values[i] != values[i];
  return !missing;
}

// The nodes that up to ROWS rows come to in one tree.
static void walk_rows(const apus_trees *trees, int64_t tree, const float *rows, int64_t count, int64_t columns,
                      int complete, int32_t *at) {
  if (trees->categorical[tree]) {
    rows_category(trees, tree, rows, count, columns, at);
  } else if (complete) {
    rows_complete(trees, tree, rows, count, columns, at);
  } else {
    rows_missing(trees, tree, rows, count, columns, at);
  }
}

// The nodes that one row comes to in up to LANES trees: a row alone walks through several trees at a time.
static void walk_trees(const apus_trees *trees, int64_t begin, int64_t count, const float *row, int complete,
                       int32_t *at) {
  int32_t roots[LANES];
  int categorical = 0;
  for (int i = 0; i < LANES; i++) {
    int64_t tree = begin + min_i64(i, count - 1);
    roots[i] = trees->starts[tree];
    categorical |= trees->categorical[tree];
  }
  if (categorical) {
    trees_category(trees, roots, row, at);
  } else if (complete) {
    trees_complete(trees, roots, row, at);
  } else {
    trees_missing(trees, roots, row, at);
  }
}

// Rows for a thread at a time. It makes no difference to any bit: each row is summed by itself.
static int64_t rows_at_once(int64_t rows, int64_t columns, int threads) {
  int64_t share = ceil_divide(rows, threads > 0 ? threads : apus_thread_count());
  int64_t fitting = max_i64(min_i64(BYTES / (int64_t)sizeof(float) / columns, ROWS), 256);
  return max_i64(min_i64(share, fitting), LANES);
}

INLINE void add_leaf(const apus_trees *trees, int64_t tree, int32_t node, double *sums) {
  uint32_t leaf = trees->nodes[node].detail >> 1;
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
  int32_t at[ROWS];
  memset(result, 0, (size_t)(count * width) * sizeof(double));
  if (count < LANES) {
    for (int64_t row = 0; row < count; row++) {
      for (int64_t tree = 0; tree < trees->trees; tree += LANES) {
        int64_t some = min_i64(LANES, trees->trees - tree);
        walk_trees(trees, tree, some, values + row * c->columns, complete, at);
        for (int64_t i = 0; i < some; i++) add_leaf(trees, tree + i, at[i], result + row * width);
      }
    }
  } else {
    for (int64_t tree = 0; tree < trees->trees; tree++) {
      walk_rows(trees, tree, values, count, c->columns, complete, at);
      for (int64_t row = 0; row < count; row++) add_leaf(trees, tree, at[row], result + row * width);
    }
  }
  for (int64_t row = 0; row < count; row++) {
    for (int64_t k = 0; k < width; k++) result[row * width + k] = c->base[k] + c->factor * result[row * width + k];
  }
}

int apus_trees_predict(void *context) {
  const apus_trees_predict_context *c = context;
  int64_t chunk = rows_at_once(c->row_count, c->columns, c->threads);
  apus_parallel_for(c->row_count > chunk ? c->threads : 1, c->row_count, chunk, predict_chunk, context);
  return 0;
}

static void leaves_chunk(void *context, int64_t begin, int64_t end, int thread) {
  (void)thread;
  const apus_trees_leaves_context *c = context;
  const float *values = c->rows + begin * c->columns;
  int complete = is_complete(values, (end - begin) * c->columns);
  int32_t at[ROWS];
  for (int64_t tree = 0; tree < c->trees.trees; tree++) {
    walk_rows(&c->trees, tree, values, end - begin, c->columns, complete, at);
    for (int64_t row = begin; row < end; row++) {
      c->result[row * c->trees.trees + tree] = (int32_t)(c->trees.nodes[at[row - begin]].detail >> 1);
    }
  }
}

int apus_trees_leaves(void *context) {
  const apus_trees_leaves_context *c = context;
  int64_t chunk = rows_at_once(c->row_count, c->columns, c->threads);
  apus_parallel_for(c->row_count > chunk ? c->threads : 1, c->row_count, chunk, leaves_chunk, context);
  return 0;
}
