#include <stdlib.h>

#include "grower.h"

// A node that is still to be split or to become a leaf.
typedef struct {
  int64_t begin, end, depth;
  int32_t parent, side;
} pending;

typedef struct {
  int64_t nodes, words;  // room
} tree_room;

static int grow_array(void *array, int64_t count, size_t size) {
  void **place = array;
  void *larger = realloc(*place, (size_t)count * size);
  if (!larger) return 1;
  *place = larger;
  return 0;
}

// Room for one more node, and a set of `words`. Returns nonzero where memory was not enough.
static int make_room(apus_grown_tree *t, tree_room *room, int64_t width, int64_t words) {
  if (t->count == room->nodes) {
    int64_t nodes = max_i64(64, 2 * room->nodes);
    if (grow_array(&t->features, nodes, sizeof *t->features) ||
        grow_array(&t->thresholds, nodes, sizeof *t->thresholds) || grow_array(&t->left, nodes, sizeof *t->left) ||
        grow_array(&t->right, nodes, sizeof *t->right) || grow_array(&t->missing, nodes, sizeof *t->missing) ||
        grow_array(&t->covers, nodes, sizeof *t->covers) ||
        grow_array(&t->impurities, nodes, sizeof *t->impurities) ||
        grow_array(&t->values, nodes * width, sizeof *t->values) || grow_array(&t->sets, nodes, sizeof *t->sets)) {
      return 1;
    }
    room->nodes = nodes;
  }
  if (t->set_count + words > room->words) {
    int64_t more = max_i64(2 * room->words, t->set_count + max_i64(words, 64));
    if (grow_array(&t->set_words, more, sizeof *t->set_words)) return 1;
    room->words = more;
  }
  return 0;
}

static int64_t value_width(const apus_grow_context *c) { return c->class_count > 1 ? c->class_count : 1; }

// Weight times decrease of impurity by the difference of scores.
static double score_scale(const apus_grow_context *c) { return c->numbers && c->class_count > 1 ? 2 : 1; }

// Sums of weights, and of numbers times weights.
VECTOR static void sum_numbers(const double *weights, const double *numbers, int64_t count, double *weight,
                               double *sum) {
  REASSOCIATE
  double all = 0, weighted = 0;
  for (int64_t i = 0; i < count; i++) {
    all += weights[i];
    weighted += weights[i] * numbers[i];
  }
  *weight = all;
  *sum = weighted;
}

// The weighted sum of squares around the mean, and whether a number differs from the first.
VECTOR static double sum_squares(const double *weights, const double *numbers, int64_t count, double mean,
                                 int *varies) {
  REASSOCIATE
  double squares = 0;
  int64_t others = 0;
  for (int64_t i = 0; i < count; i++) {
    double off = numbers[i] - mean;
    squares += weights[i] * off * off;
    others += numbers[i] != numbers[0];
  }
  *varies = others > 0;
  return squares;
}

// Sums up the node's rows, and says what it predicts. Returns whether its rows are all alike.
static int sum_up(tree_grower *g, double *impurity, double *value) {
  const apus_grow_context *c = g->c;
  double *total = g->total, weight = 0, sum = 0;
  int64_t count = g->end - g->begin;
  for (int32_t k = 0; k < g->kinds + STAT_SUMS; k++) total[k] = 0;
  total[STAT_ROWS] = (double)count;
  *impurity = 0;
  if (g->classes) {
    int met = 0;
    for (int64_t i = g->begin; i < g->end; i++) {
      weight += g->weights[i];
      total[STAT_SUMS + g->classes[i]] += g->weights[i];
    }
    total[STAT_WEIGHT] = weight;
    for (int32_t k = 0; k < g->kinds; k++) {
      double share = total[STAT_SUMS + k] / weight;
      value[k] = share;
      met += share > 0;
      if (c->impurity == APUS_IMPURITY_ENTROPY) {
        *impurity -= share > 0 ? share * log2(share) : 0;
      } else {
        *impurity += share * (1 - share);
      }
    }
    return met < 2;
  }
  const double *weights = g->weights + g->begin, *numbers = g->numbers + g->begin;
  sum_numbers(weights, numbers, count, &weight, &sum);
  total[STAT_WEIGHT] = weight;
  total[STAT_SUMS] = sum;
  double mean = sum / weight;
  if (c->class_count > 1) {
    value[0] = 1 - mean;
    value[1] = mean;
    *impurity = 2 * mean * (1 - mean);
    return sum == 0 || sum == weight;
  }
  int varies;
  *impurity = sum_squares(weights, numbers, count, mean, &varies) / weight;
  value[0] = mean;
  return c->impurity != APUS_IMPURITY_NONE && !varies;
}

// Looks for a split among columns at random: as many as the settings say, and on until one has two values.
static void find_split(tree_grower *g) {
  const apus_grow_context *c = g->c;
  int64_t varying = 0;
  g->best = (tree_split){-INFINITY, -1, 0, 0, 0, 0};
  for (int64_t i = 0; i < c->columns; i++) {
    if (i >= c->columns_tried && varying > 0) break;
    if (c->columns_tried < c->columns) {
      int64_t other = i + random_below(&g->random, (uint32_t)(c->columns - i));
      int32_t column = g->columns[other];
      g->columns[other] = g->columns[i];
      g->columns[i] = column;
    }
    int32_t column = g->columns[i];
    switch (c->splitter) {
      case APUS_SPLIT_EXACT: varying += tree_split_exact(g, column); break;
      case APUS_SPLIT_BINNED: varying += tree_split_binned(g, column); break;
      default: varying += tree_split_random(g, column); break;
    }
  }
}

// Grows one tree from the rows that were drawn. Returns nonzero where memory was not enough.
static int grow_nodes(tree_grower *g, apus_grown_tree *t) {
  const apus_grow_context *c = g->c;
  int64_t width = value_width(c), waiting = 1;
  tree_room room = {0, 0};
  pending *stack = malloc((size_t)(g->count + 1) * sizeof *stack);
  if (!stack) return 1;
  stack[0] = (pending){0, g->count, 0, -1, 0};
  double all = 0;
  for (int64_t i = 0; i < g->count; i++) all += g->weights[i];
  while (waiting > 0) {
    pending p = stack[--waiting];
    if (make_room(t, &room, width, g->words)) {
      free(stack);
      return 1;
    }
    int32_t at = (int32_t)t->count++;
    if (p.parent >= 0) *(p.side ? &t->right[p.parent] : &t->left[p.parent]) = at;
    g->begin = p.begin;
    g->end = p.end;
    int64_t rows = p.end - p.begin;
    int is_leaf = sum_up(g, t->impurities + at, t->values + at * width);
    is_leaf |= p.depth >= c->most_depth || rows < c->least_split || rows < 2 * c->least_leaf;
    double weight = g->total[STAT_WEIGHT], decrease = 0;
    if (!is_leaf) {
      find_split(g);
      is_leaf = g->best.column < 0;
      if (!is_leaf && c->impurity != APUS_IMPURITY_NONE) {
        int32_t impurity = g->kinds == 1 ? APUS_IMPURITY_VARIANCE : c->impurity;
        decrease = score_scale(c) * (g->best.score - stat_score(impurity, g->kinds, g->total));
        is_leaf = decrease / all + 0x1p-52 < c->least_decrease;
      }
    }
    t->features[at] = is_leaf ? -1 : g->best.column;
    t->thresholds[at] = is_leaf ? 0 : g->best.is_set ? NAN : g->best.threshold;
    t->left[at] = t->right[at] = -1;
    t->missing[at] = !is_leaf && g->best.missing_left;
    t->covers[at] = (float)weight;
    t->sets[at] = -1;
    if (is_leaf) continue;
    if (g->best.is_set) {
      t->sets[at] = (int32_t)t->set_count;
      memcpy(t->set_words + t->set_count, g->best_set, (size_t)g->words * sizeof *g->best_set);
      t->set_count += g->words;
    }
    t->importances[g->best.column] += decrease > 0 ? decrease : 0;
    int64_t lefts = tree_divide_rows(g);
    stack[waiting++] = (pending){p.begin + lefts, p.end, p.depth + 1, at, 1};
    stack[waiting++] = (pending){p.begin, p.begin + lefts, p.depth + 1, at, 0};
  }
  free(stack);
  return 0;
}

#define ROOM(FIELD, COUNT) \
  do { \
    g->FIELD = calloc((size_t)max_i64(COUNT, 1), sizeof *g->FIELD); \
    if (!g->FIELD) return 1; \
  } while (0)

// Makes what a tree needs to grow. Returns nonzero where memory was not enough.
static int make_ready(tree_grower *g) {
  const apus_grow_context *c = g->c;
  int64_t rows = c->rows;
  g->kinds = c->classes ? c->class_count : 1;
  int64_t stride = g->kinds + STAT_SUMS;
  g->codes = c->bins ? APUS_MISSING_BIN : 1;
  for (int64_t column = 0; column < c->columns; column++) {
    g->codes = max_i64(g->codes, c->codes[column]);
    if (c->codes[column] > 0) g->words = max_i64(g->words, (c->codes[column] + 31) / 32);
  }
  ROOM(rows, rows);
  ROOM(weights, rows);
  ROOM(spare_rows, rows);
  ROOM(goes_left, rows);
  if (c->classes) {
    ROOM(classes, rows);
  } else {
    ROOM(numbers, rows);
  }
  ROOM(spare_numbers, rows);
  ROOM(columns, c->columns);
  for (int64_t column = 0; column < c->columns; column++) g->columns[column] = (int32_t)column;
  ROOM(total, stride);
  ROOM(left, stride);
  ROOM(missing, stride);
  ROOM(trial, 2 * stride);
  ROOM(histogram, (g->codes + 1) * stride);
  ROOM(order, g->codes);
  ROOM(keys, 2 * g->codes);
  ROOM(axis, g->kinds);
  ROOM(axis_next, g->kinds);
  ROOM(best_set, g->words);
  if (c->splitter == APUS_SPLIT_RANDOM) {
    ROOM(node_values, rows);
    ROOM(best_values, rows);
  }
  if (c->splitter == APUS_SPLIT_EXACT) {
    ROOM(row_weights, rows);
    ROOM(row_numbers, rows);
    ROOM(row_goes_left, rows);
  }
  return 0;
}

static void release(tree_grower *g) {
  void *parts[] = {
      g->rows,        g->weights,     g->numbers,       g->classes,     g->spare_rows,  g->spare_numbers, g->goes_left,
      g->orders,      g->row_weights, g->row_numbers,   g->row_goes_left, g->node_values, g->best_values, g->columns,
      g->total,       g->histogram,   g->left,          g->missing,     g->trial,       g->order,         g->keys,
      g->axis,        g->axis_next,   g->best_set};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) free(parts[i]);
}

static int grow_tree(const apus_grow_context *c, int64_t tree, apus_grown_tree *t) {
  tree_grower g = {.c = c, .random = tree_random_of(c->seed, tree, TREE_RANDOM_SPLITS)};
  int failed = make_ready(&g) || tree_draw_rows(&g, tree);
  t->importances = calloc((size_t)c->columns, sizeof *t->importances);
  failed = failed || !t->importances;
  if (!failed && c->splitter == APUS_SPLIT_EXACT) {
    g.orders = malloc((size_t)(c->columns * g.count) * sizeof *g.orders);
    failed = !g.orders || tree_sort_columns(&g);
  }
  failed = failed || grow_nodes(&g, t);
  release(&g);
  return failed;
}

static void grow_chunk(void *context, int64_t begin, int64_t end, int thread) {
  (void)thread;
  apus_grow_context *c = context;
  for (int64_t i = begin; i < end; i++) {
    if (grow_tree(c, c->first + i, c->grown + i)) __atomic_store_n(&c->failed, 1, __ATOMIC_RELAXED);
  }
}

int apus_grow_trees(apus_grow_context *context) {
  context->failed = 0;
  memset(context->grown, 0, (size_t)context->count * sizeof *context->grown);
  apus_parallel_for(context->threads, context->count, 1, grow_chunk, context);
  return context->failed;
}

void apus_free_trees(apus_grown_tree *trees, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    apus_grown_tree *t = trees + i;
    void *parts[] = {t->features,   t->thresholds, t->left,      t->right, t->missing, t->covers,
                     t->impurities, t->values,     t->set_words, t->sets,  t->importances};
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) free(parts[k]);
    memset(t, 0, sizeof *t);
  }
}
