// Which old pixels make up each new one along a direction, and how much each of them counts.
#pragma once
#include <stdint.h>

typedef struct {
  // Of each new pixel: the first old one, and how many there are.
  int64_t *starts, *counts;
  // `span` weights for each new pixel, which sum to 1.
  double *values;
  int64_t span;
} resample_weights;

// NULL memory where there is none. `filter` is one of APUS_FILTER_...
int resample_weights_make(resample_weights *w, int64_t count, int64_t new_count, int32_t filter);
void resample_weights_free(resample_weights *w);
