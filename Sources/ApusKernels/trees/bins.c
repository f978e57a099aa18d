#include <math.h>
#include <stdlib.h>

#include "radix_order.h"
#include "tree_growth.h"

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
  for (int64_t i = 0; i < known; i++) distinct += i == 0 || keys[i] != keys[i - 1];
  for (int k = 0; k < 256; k++) lows[k] = highs[k] = NAN;
  int64_t bin = -1, in_bin = 0, share = 0;
  for (int64_t i = 0; i < known; i++) {
    float value = values[places[i]];
    int starts = i == 0;
    if (i > 0 && keys[i] != keys[i - 1]) starts = distinct <= APUS_MISSING_BIN || in_bin >= share;
    if (starts && bin < APUS_MISSING_BIN - 1) {
      bin++;
      in_bin = 0;
      // What is left, for the bins that are left: a value that is very frequent takes a bin, not the others' share.
      share = (known - i) / (APUS_MISSING_BIN - bin);
      lows[bin] = value;
    }
    in_bin++;
    highs[bin] = value;
    bins[places[i]] = (uint8_t)bin;
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
