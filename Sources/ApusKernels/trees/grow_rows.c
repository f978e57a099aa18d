#include <stdlib.h>

#include "grower.h"
#include "radix_order.h"

void apus_bootstrap_counts(uint64_t seed, int64_t tree, int64_t rows, uint16_t *counts) {
  tree_random random = tree_random_of(seed, tree, TREE_RANDOM_ROWS);
  memset(counts, 0, (size_t)rows * sizeof *counts);
  for (int64_t i = 0; i < rows; i++) counts[random_below(&random, (uint32_t)rows)]++;
}

// Adds a row that counts `times` as much.
static void take_row(tree_grower *g, int64_t row, double times) {
  const apus_grow_context *c = g->c;
  double weight = times * (c->weights ? c->weights[row] : 1);
  if (!(weight > 0)) return;
  g->rows[g->count] = (int32_t)row;
  g->weights[g->count] = weight;
  g->weights_differ |= weight != g->weights[0];
  if (c->classes) {
    g->classes[g->count] = c->classes[row];
  } else {
    g->numbers[g->count] = c->numbers ? c->numbers[row] : 0;
  }
  g->count++;
}

int tree_draw_rows(tree_grower *g, int64_t tree) {
  const apus_grow_context *c = g->c;
  if (c->bootstrap) {
    uint16_t *counts = malloc((size_t)c->rows * sizeof *counts);
    if (!counts) return 1;
    apus_bootstrap_counts(c->seed, tree, c->rows, counts);
    for (int64_t row = 0; row < c->rows; row++) take_row(g, row, counts[row]);
    free(counts);
  } else if (c->sample > 0 && c->sample < c->rows) {
    tree_random random = tree_random_of(c->seed, tree, TREE_RANDOM_ROWS);
    int32_t *order = g->spare_rows;
    for (int64_t row = 0; row < c->rows; row++) order[row] = (int32_t)row;
    for (int64_t i = 0; i < c->sample; i++) {
      int64_t other = i + random_below(&random, (uint32_t)(c->rows - i));
      int32_t row = order[other];
      order[other] = order[i];
      order[i] = row;
      take_row(g, row, 1);
    }
  }
  // No draw, or one of rows without weight alone.
  if (g->count == 0) {
    for (int64_t row = 0; row < c->rows; row++) take_row(g, row, 1);
  }
  return 0;
}

int tree_sort_columns(tree_grower *g) {
  int64_t count = g->count;
  uint32_t *keys = malloc((size_t)(4 * count) * sizeof *keys);
  if (!keys) return 1;
  uint32_t *rows = keys + count;
  for (int64_t column = 0; column < g->c->columns; column++) {
    const float *values = g->c->values + column * g->c->rows;
    for (int64_t i = 0; i < count; i++) {
      rows[i] = (uint32_t)g->rows[i];
      keys[i] = float_order_key(values[rows[i]]);
    }
    order_by_key(keys, rows, count, rows + count);
    for (int64_t i = 0; i < count; i++) g->orders[column * count + i] = (int32_t)rows[i];
  }
  free(keys);
  for (int64_t i = 0; i < count; i++) {
    g->row_weights[g->rows[i]] = g->weights[i];
    if (g->numbers) g->row_numbers[g->rows[i]] = g->weights[i] * g->numbers[i];
  }
  return 0;
}
