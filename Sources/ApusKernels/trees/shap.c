#include "tree_shap.h"

#include <math.h>
#include <stdlib.h>

#include "kernel_support.h"

// The game of one leaf with value v has the multilinear extension f(t) = v * prod_j (z_j (1 - t) + o_j t) over the columns j
// of its path: z_j is the share of training rows that go the leaf's way, o_j whether this row does. The Shapley value of
// column i is the integral over t of 0 ... 1 of v (o_i - z_i) prod_{j != i} (z_j + (o_j - z_j) t): a polynomial whose degree
// is below the number of columns, so that Gauss and Legendre's rule with half as many points is exact. All factors are
// positive, nothing cancels, and the leaves below a node share the factors above it: the cost is that of one visit of every
// node at each point, for LANES rows at a time.
#define LANES 16
// Rows for a thread at a time: what is made ready for a tree serves all of them.
#define ROWS 256

// What an edge, which is known by the node that it leads to, has at each point.
typedef struct {
  // The factor of the edge by that of the nearest edge above with the same column, which it replaces (1 without one).
  double both;     // the row goes this way, and so it did above
  double here;     // it does not, but did above
  double neither;  // it does not, nor did it above
  // weight * (o - z) / factor, for o = 1 and 0.
  double with, without;
} edge_point;

typedef struct {
  int32_t parent;
  int32_t above;  // the nearest edge above with the same column; -1 without one
  int32_t level;
  int32_t columns;  // of the path, each counted once
  double share;     // z, of all edges with this column from the root to here
  double reach;     // the share of all training rows
} edge;

typedef struct {
  edge *edges;         // [nodes]
  edge_point *points;  // [nodes, count]
  double *products;    // [levels, count, LANES]: the factors above, at each point for each row
  double *sums;        // [levels, count, LANES]: values of the leaves below times all their factors
  int64_t *ways;       // [levels, LANES]: whether the row goes the way of the edge and of those above of its column
  int32_t *path;       // [levels]: the node that is visited
  int32_t *visited;    // [levels]: children of it that have been
  float *rows;         // [columns, LANES]
  double *shap;        // [columns, LANES]
  double *places, *weights;  // [count] of the rule
} scratch;

// Points and weights of Gauss and Legendre's rule on 0 ... 1, by Newton's method.
static void gauss_legendre(int32_t count, double *places, double *weights) {
  for (int32_t i = 0; i < count; i++) {
    double x = cos(3.14159265358979323846 * (i + 0.75) / (count + 0.5)), slope = 1;
    for (int round = 0; round < 100; round++) {
      double before = 0, value = 1;
      for (int32_t k = 0; k < count; k++) {
        double next = ((2 * k + 1) * x * value - k * before) / (k + 1);
        before = value;
        value = next;
      }
      slope = count * (x * value - before) / (x * x - 1);
      double step = value / slope;
      x -= step;
      if (fabs(step) < 1e-15) break;
    }
    places[i] = (1 + x) / 2;
    weights[i] = 1 / ((1 - x * x) * slope * slope);
  }
}

INLINE int32_t column_of(const apus_tree_node *node) { return node->feature < 0 ? ~node->feature : node->feature; }

// Fills the edges of a tree. Returns how many points it takes.
static int32_t find_edges(const apus_trees *trees, const float *covers, int64_t tree, edge *edges,
                          int32_t *levels) {
  int32_t root = trees->starts[tree], count = trees->starts[tree + 1] - root, most = 1;
  *levels = 1;
  edges[0] = (edge){-1, -1, 0, 0, 1, 1};
  for (int32_t at = 0; at < count; at++) {
    const apus_tree_node *node = trees->nodes + root + at;
    if (node->child == root + at) continue;
    int32_t column = column_of(node), above = at;
    while (above > 0 && column_of(trees->nodes + root + edges[above].parent) != column) above = edges[above].parent;
    for (int32_t side = 0; side < 2; side++) {
      int32_t child = node->child - root + side;
      double cover = covers[root + at], part = cover > 0 ? covers[root + child] / cover : 0.5;
      edge *e = edges + child;
      e->parent = at;
      e->above = above > 0 ? above : -1;
      e->level = edges[at].level + 1;
      e->columns = edges[at].columns + (above > 0 ? 0 : 1);
      e->share = part * (above > 0 ? edges[above].share : 1);
      e->reach = part * edges[at].reach;
      if (e->columns > most) most = e->columns;
      if (e->level + 1 > *levels) *levels = e->level + 1;
    }
  }
  return (most + 1) / 2;
}

static void find_points(int32_t nodes, int32_t count, scratch *s) {
  gauss_legendre(count, s->places, s->weights);
  for (int32_t at = 1; at < nodes; at++) {
    const edge *e = s->edges + at;
    double above = e->above > 0 ? s->edges[e->above].share : 1;
    for (int32_t p = 0; p < count; p++) {
      double t = s->places[p], w = s->weights[p], z = e->share;
      double one = z + (1 - z) * t, zero = z * (1 - t);
      double one_above = e->above > 0 ? above + (1 - above) * t : 1, zero_above = above * (1 - t);
      s->points[(int64_t)at * count + p] = (edge_point){
          .both = one / one_above,
          .here = zero / one_above,
          .neither = e->above > 0 && zero_above > 0 ? zero / zero_above : 0,
          .with = w * (1 - z) / one,
          .without = -w / (1 - t),
      };
    }
  }
}

// Which of the rows go to the left child.
INLINE void find_ways(const apus_trees *trees, const apus_tree_node *node, const float *x, int64_t *left) {
  int64_t missing = (node->detail & 1) == 0;
  if (node->feature >= 0) {
    for (int i = 0; i < LANES; i++) left[i] = x[i] != x[i] ? missing : x[i] <= node->threshold;
    return;
  }
  uint32_t set = node->detail >> 1;
  int32_t start = trees->set_starts[set], end = trees->set_starts[set + 1];
  for (int i = 0; i < LANES; i++) {
    uint32_t level = x[i] != x[i] ? 0 : (uint32_t)x[i];
    int32_t word = start + (int32_t)(level >> 5);
    left[i] = x[i] != x[i] ? missing : word < end && (trees->set_words[word] >> (level & 31) & 1);
  }
}

// Goes down an edge: the ways of the rows, and the factors with its own.
INLINE void enter(const scratch *s, int32_t at, int32_t points, const int64_t *left, int is_left) {
  const edge *e = s->edges + at;
  const edge_point *point = s->points + (int64_t)at * points;
  int64_t *ways = s->ways + (int64_t)e->level * LANES;
  const int64_t *above = e->above > 0 ? s->ways + (int64_t)s->edges[e->above].level * LANES : NULL;
  int64_t before[LANES];
  for (int i = 0; i < LANES; i++) before[i] = above ? above[i] : 1;
  for (int i = 0; i < LANES; i++) ways[i] = before[i] & (is_left ? left[i] : 1 - left[i]);
  const double *products = s->products + (int64_t)(e->level - 1) * points * LANES;
  double *next = s->products + (int64_t)e->level * points * LANES;
  double *sums = s->sums + (int64_t)e->level * points * LANES;
  for (int32_t p = 0; p < points; p++) {
    double both = point[p].both, here = point[p].here, neither = point[p].neither;
    for (int i = 0; i < LANES; i++) {
      double factor = ways[i] ? both : before[i] ? here : neither;
      next[p * LANES + i] = products[p * LANES + i] * factor;
      sums[p * LANES + i] = 0;
    }
  }
}

// Goes up an edge: what its column adds, and the sums for the edge above.
INLINE void leave(const scratch *s, int32_t at, int32_t points, double *shap) {
  const edge *e = s->edges + at;
  const edge_point *point = s->points + (int64_t)at * points;
  const int64_t *ways = s->ways + (int64_t)e->level * LANES;
  const double *sums = s->sums + (int64_t)e->level * points * LANES;
  double *up = s->sums + (int64_t)(e->level - 1) * points * LANES;
  double added[LANES];
  for (int i = 0; i < LANES; i++) added[i] = shap[i];
  for (int32_t p = 0; p < points; p++) {
    double with = point[p].with, without = point[p].without;
    for (int i = 0; i < LANES; i++) {
      added[i] += (ways[i] ? with : without) * sums[p * LANES + i];
      up[p * LANES + i] += sums[p * LANES + i];
    }
  }
  // The edge above of the same column is not a factor of these leaves.
  if (e->above > 0) {
    point = s->points + (int64_t)e->above * points;
    ways = s->ways + (int64_t)s->edges[e->above].level * LANES;
    for (int32_t p = 0; p < points; p++) {
      double with = point[p].with, without = point[p].without;
      for (int i = 0; i < LANES; i++) added[i] -= (ways[i] ? with : without) * sums[p * LANES + i];
    }
  }
  for (int i = 0; i < LANES; i++) shap[i] = added[i];
}

// One tree's part in one output, for LANES rows. Leaf values are `stride` apart.
VECTOR static void visit(const apus_trees *trees, int64_t tree, int32_t points, const double *values,
                         int64_t stride, const scratch *s) {
  int32_t root = trees->starts[tree], level = 0;
  int64_t left[LANES];
  s->path[0] = 0;
  s->visited[0] = 0;
  for (int32_t k = 0; k < points * LANES; k++) {
    s->products[k] = 1;
    s->sums[k] = 0;
  }
  while (level >= 0) {
    int32_t at = s->path[level];
    const apus_tree_node *node = trees->nodes + root + at;
    if (node->child == root + at) {
      double value = values[(int64_t)(node->detail >> 1) * stride];
      const double *products = s->products + (int64_t)level * points * LANES;
      double *sums = s->sums + (int64_t)level * points * LANES;
      for (int32_t k = 0; k < points * LANES; k++) sums[k] = value * products[k];
    } else if (s->visited[level] < 2) {
      int32_t side = s->visited[level]++, child = node->child - root + side;
      find_ways(trees, node, s->rows + (int64_t)column_of(node) * LANES, left);
      enter(s, child, points, left, side == 0);
      level++;
      s->path[level] = child;
      s->visited[level] = 0;
      continue;
    }
    if (at > 0) {
      int32_t column = column_of(trees->nodes + root + s->edges[at].parent);
      leave(s, at, points, s->shap + (int64_t)column * LANES);
    }
    level--;
  }
}

static void release(scratch *s) {
  free(s->edges);
  free(s->points);
  free(s->products);
  free(s->sums);
  free(s->ways);
  free(s->path);
  free(s->visited);
  free(s->rows);
  free(s->shap);
  free(s->places);
  free(s->weights);
}

// Makes room for a tree. Returns nonzero where memory was not enough.
static int reserve(scratch *s, int32_t nodes, int32_t points, int32_t levels) {
  int64_t lanes = (int64_t)levels * points * LANES;
  free(s->points);
  free(s->products);
  free(s->sums);
  free(s->ways);
  free(s->path);
  free(s->visited);
  free(s->places);
  free(s->weights);
  s->points = malloc((size_t)((int64_t)nodes * points) * sizeof *s->points);
  s->products = malloc((size_t)lanes * sizeof *s->products);
  s->sums = malloc((size_t)lanes * sizeof *s->sums);
  s->ways = malloc((size_t)levels * LANES * sizeof *s->ways);
  s->path = malloc((size_t)levels * sizeof *s->path);
  s->visited = malloc((size_t)levels * sizeof *s->visited);
  s->places = malloc((size_t)points * sizeof *s->places);
  s->weights = malloc((size_t)points * sizeof *s->weights);
  return !s->points || !s->products || !s->sums || !s->ways || !s->path || !s->visited || !s->places || !s->weights;
}

// The rows `begin ..< end` in one tree.
static void explain(const apus_trees_shap_context *c, int64_t tree, int64_t begin, int64_t end, int32_t points,
                    scratch *s) {
  const apus_trees *trees = &c->trees;
  int64_t columns = c->columns, width = trees->output_count;
  int32_t first = trees->outputs ? trees->outputs[tree] : 0;
  int32_t last = trees->outputs ? first : trees->output_count - 1;
  int64_t stride = trees->outputs ? 1 : width;
  int32_t root = trees->starts[tree], nodes = trees->starts[tree + 1] - root;
  for (int32_t output = first; output <= last; output++) {
    const double *values = trees->values + (trees->outputs ? 0 : output);
    double expected = 0;
    for (int32_t at = 0; at < nodes; at++) {
      const apus_tree_node *node = trees->nodes + root + at;
      if (node->child != root + at) continue;
      expected += s->edges[at].reach * values[(int64_t)(node->detail >> 1) * stride];
    }
    for (int64_t block = begin; block < end; block += LANES) {
      int64_t some = min_i64(LANES, end - block);
      for (int64_t column = 0; column < columns; column++) {
        for (int64_t i = 0; i < LANES; i++) {
          s->rows[column * LANES + i] = c->rows[(block + min_i64(i, some - 1)) * columns + column];
          s->shap[column * LANES + i] = 0;
        }
      }
      visit(trees, tree, points, values, stride, s);
      for (int64_t i = 0; i < some; i++) {
        double *result = c->result + ((block + i) * width + output) * (columns + 1);
        for (int64_t column = 0; column < columns; column++) result[column] += s->shap[column * LANES + i];
        result[columns] += expected;
      }
    }
  }
}

static void shap_chunk(void *context, int64_t begin, int64_t end, int thread) {
  (void)thread;
  apus_trees_shap_context *c = context;
  const apus_trees *trees = &c->trees;
  int64_t columns = c->columns, width = trees->output_count;
  double *result = c->result + begin * width * (columns + 1);
  int64_t values = (end - begin) * width * (columns + 1);
  int32_t most = 1;
  for (int64_t tree = 0; tree < trees->trees; tree++) {
    int32_t nodes = trees->starts[tree + 1] - trees->starts[tree];
    if (nodes > most) most = nodes;
  }
  scratch s = {0};
  s.edges = malloc((size_t)most * sizeof *s.edges);
  s.rows = malloc((size_t)(columns * LANES) * sizeof *s.rows);
  s.shap = malloc((size_t)(columns * LANES) * sizeof *s.shap);
  int failed = !s.edges || !s.rows || !s.shap;
  memset(result, 0, (size_t)values * sizeof *result);
  for (int64_t tree = 0; tree < trees->trees && !failed; tree++) {
    int32_t nodes = trees->starts[tree + 1] - trees->starts[tree], levels;
    int32_t points = find_edges(trees, c->covers, tree, s.edges, &levels);
    failed = reserve(&s, nodes, points, levels);
    if (failed) break;
    find_points(nodes, points, &s);
    explain(c, tree, begin, end, points, &s);
  }
  release(&s);
  for (int64_t i = 0; i < values; i++) result[i] *= c->factor;
  for (int64_t i = 0; i < (end - begin) * width; i++) result[i * (columns + 1) + columns] += c->base[i % width];
  if (failed) __atomic_store_n(&c->failed, 1, __ATOMIC_RELAXED);
}

int apus_trees_shap(void *context) {
  apus_trees_shap_context *c = context;
  c->failed = 0;
  int64_t share = ceil_divide(c->row_count, c->threads > 0 ? c->threads : apus_thread_count());
  int64_t chunk = max_i64(min_i64(ROWS, share), LANES);
  apus_parallel_for(c->row_count > chunk ? c->threads : 1, c->row_count, chunk, shap_chunk, context);
  return c->failed;
}
