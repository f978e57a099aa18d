#include <math.h>
#include <stdlib.h>

#include "radix_order.h"
#include "tree_growth.h"

// Where the values that equal the one at `begin` end.
INLINE int64_t end_of_run(const uint32_t *keys, int64_t begin, int64_t count) {
  int64_t end = begin + 1;
  while (end < count && keys[end] == keys[begin]) end++;
  return end;
}

// The bins of one column. Returns nonzero where memory was not enough.
static int bin_column(const apus_bin_context *c, int64_t column) {
  int64_t rows = c->rows, known = 0, distinct = 0;
  const float *values = c->values + column * rows;
  uint8_t *bins = c->bins + column * rows;
  float *lows = c->lows + column * 256, *highs = c->highs + column * 256;
  uint32_t *keys = malloc((size_t)(4 * rows) * sizeof *keys);
  if (!keys) return 1;
  uint32_t *places = keys + rows;
  for (int64_t i = 0; i < rows; i++) {
    keys[i] = float_order_key(values[i]);
    places[i] = (uint32_t)i;
    known += values[i] == values[i];
  }
  order_by_key(keys, places, rows, places + rows);
  // Values that are as frequent as a bin should be get one to themselves, not the others' share.
  int64_t frequent = 0, others = known;
  for (int64_t i = 0, end; i < known; i = end) {
    end = end_of_run(keys, i, known);
    distinct++;
    if ((end - i) * APUS_MISSING_BIN >= known) {
      frequent++;
      others -= end - i;
    }
  }
  for (int k = 0; k < 256; k++) lows[k] = highs[k] = NAN;
  int64_t bin = -1, in_bin = 0, share = 0;
  int was_frequent = 0;
  for (int64_t i = 0, end; i < known; i = end) {
    end = end_of_run(keys, i, known);
    int is_frequent = (end - i) * APUS_MISSING_BIN >= known;
    int64_t left = APUS_MISSING_BIN - 1 - bin, spare = left - frequent;
    int starts = distinct <= APUS_MISSING_BIN || is_frequent || ((was_frequent || in_bin >= share) && spare > 0);
    if (bin < 0 || (starts && left > 0)) {
      bin++;
      in_bin = 0;
      lows[bin] = values[places[i]];
      if (!is_frequent) share = others / max_i64(spare, 1);
    }
    if (is_frequent) {
      frequent--;
    } else {
      others -= end - i;
    }
    was_frequent = is_frequent;
    in_bin += end - i;
    highs[bin] = values[places[i]];
    for (int64_t k = i; k < end; k++) bins[places[k]] = (uint8_t)bin;
  }
  for (int64_t i = known; i < rows; i++) bins[places[i]] = APUS_MISSING_BIN;
  free(keys);
  return 0;
}

static void bin_chunk(void *context, int64_t begin, int64_t end, int thread) {
  (void)thread;
  apus_bin_context *c = context;
  for (int64_t column = begin; column < end; column++) {
    if (bin_column(c, column)) __atomic_store_n(&c->failed, 1, __ATOMIC_RELAXED);
  }
}

int apus_bin_columns(apus_bin_context *context) {
  context->failed = 0;
  apus_parallel_for(context->threads, context->columns, 1, bin_chunk, context);
  return context->failed;
}
