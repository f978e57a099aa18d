#include "grower.h"

// Which of the node's rows go left.
static void find_sides(const tree_grower *g, uint8_t *left) {
  const tree_split *split = &g->best;
  const int32_t *rows = g->rows + g->begin;
  int64_t count = g->end - g->begin, first = (int64_t)split->column * g->c->rows;
  uint8_t missing_left = (uint8_t)split->missing_left;
  const uint8_t *bins = g->c->bins ? g->c->bins + first : NULL;
  const float *values = g->c->bins ? NULL : g->c->values + first;
  if (split->is_set) {
    for (int64_t i = 0; i < count; i++) {
      int missing = bins ? bins[rows[i]] == APUS_MISSING_BIN : values[rows[i]] != values[rows[i]];
      int64_t code = missing ? 0 : bins ? bins[rows[i]] : (int64_t)values[rows[i]];
      left[i] = missing ? missing_left : g->best_set[code >> 5] >> (code & 31) & 1;
    }
  } else if (bins) {
    for (int64_t i = 0; i < count; i++) {
      uint8_t bin = bins[rows[i]];
      left[i] = (bin <= split->code) | ((bin == APUS_MISSING_BIN) & missing_left);
    }
  } else {
    float threshold = split->threshold;
    const float *taken = g->best_values;
    for (int64_t i = 0; i < count; i++) {
      float value = taken ? taken[i] : values[rows[i]];
      left[i] = (value <= threshold) | ((value != value) & missing_left);
    }
  }
}

// Puts what goes left before the rest, both in their order. Returns how many go left.
#define DEFINE_MOVE(NAME, TYPE) \
  static int64_t NAME(TYPE *values, TYPE *spare, const uint8_t *goes_left, int64_t count) { \
    int64_t left = 0, right = 0; \
    for (int64_t i = 0; i < count; i++) { \
      TYPE value = values[i]; \
      int64_t is_left = goes_left[i]; \
      values[left] = value; \
      spare[right] = value; \
      left += is_left; \
      right += 1 - is_left; \
    } \
    memcpy(values + left, spare, (size_t)right * sizeof *values); \
    return left; \
  }

DEFINE_MOVE(move_ints, int32_t)
DEFINE_MOVE(move_numbers, double)

int64_t tree_divide_rows(tree_grower *g) {
  int64_t begin = g->begin, left, right;
  find_sides(g, g->goes_left);
  if (g->orders) {
    for (int64_t i = begin; i < g->end; i++) g->row_goes_left[g->rows[i]] = g->goes_left[i - begin];
    for (int64_t column = 0; column < g->c->columns; column++) {
      int32_t *order = g->orders + column * g->count;
      left = begin;
      right = 0;
      for (int64_t i = begin; i < g->end; i++) {
        int32_t row = order[i];
        int64_t is_left = g->row_goes_left[row];
        order[left] = row;
        g->spare_rows[right] = row;
        left += is_left;
        right += 1 - is_left;
      }
      memcpy(order + left, g->spare_rows, (size_t)right * sizeof *order);
    }
  }
  left = move_ints(g->rows + begin, g->spare_rows, g->goes_left, g->end - begin);
  if (g->classes) move_ints(g->classes + begin, g->spare_rows, g->goes_left, g->end - begin);
  if (g->numbers) move_numbers(g->numbers + begin, g->spare_numbers, g->goes_left, g->end - begin);
  if (g->weights_differ) move_numbers(g->weights + begin, g->spare_numbers, g->goes_left, g->end - begin);
  return left;
}
