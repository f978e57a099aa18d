#include <math.h>
#include <stdlib.h>

#include "kernel_support.h"
#include "linear_rows.h"

#define BLOCK 64

typedef struct {
  double *matrix, *across;  // across [BLOCK, size]: the columns of a block, side by side
  int64_t size, begin, width;
} cholesky_work;

// The factor of a diagonal block; how many of its columns went well.
static int64_t factor_block(double *a, int64_t size, int64_t begin, int64_t width, const double *diagonal,
                            double least) {
  for (int64_t j = begin; j < begin + width; j++) {
    double *row = a + j * size, pivot = row[j];
    for (int64_t k = begin; k < j; k++) pivot -= row[k] * row[k];
    if (!(pivot > least * diagonal[j])) return j - begin;
    row[j] = sqrt(pivot);
    for (int64_t i = j + 1; i < begin + width; i++) {
      double *below = a + i * size, sum = below[j];
      for (int64_t k = begin; k < j; k++) sum -= below[k] * row[k];
      below[j] = sum / row[j];
    }
  }
  return width;
}

// Rows below a diagonal block, solved against it.
VECTOR static void solve_rows(void *context, int64_t begin, int64_t end, int thread) {
  const cholesky_work *w = context;
  int64_t first = w->begin + w->width;
  (void)thread;
  for (int64_t i = first + begin; i < first + end; i++) {
    double *row = w->matrix + i * w->size + w->begin;
    for (int64_t j = 0; j < w->width; j++) {
      const double *factor = w->matrix + (w->begin + j) * w->size + w->begin;
      double sum = row[j];
      for (int64_t k = 0; k < j; k++) sum -= row[k] * factor[k];
      row[j] = sum / factor[j];
      w->across[j * w->size + i] = row[j];
    }
  }
}

// Takes what a block explains from the rows below it.
VECTOR static void update_rows(void *context, int64_t begin, int64_t end, int thread) {
  const cholesky_work *w = context;
  int64_t first = w->begin + w->width;
  (void)thread;
  for (int64_t i = first + begin; i < first + end; i++) {
    double *restrict row = w->matrix + i * w->size;
    for (int64_t k = 0; k < w->width; k++) {
      const double factor = row[w->begin + k], *restrict line = w->across + k * w->size;
      for (int64_t j = first; j <= i; j++) row[j] -= factor * line[j];
    }
  }
}

int64_t apus_cholesky(double *matrix, int64_t size, double least) {
  double *diagonal = malloc((size_t)max_i64(1, size) * sizeof(double));
  double *across = size > BLOCK ? malloc((size_t)(BLOCK * size) * sizeof(double)) : NULL;
  int64_t done = 0;
  if (!diagonal || (size > BLOCK && !across)) {
    free(diagonal);
    free(across);
    return -1;
  }
  for (int64_t i = 0; i < size; i++) diagonal[i] = matrix[i * size + i];
  while (done < size) {
    int64_t width = min_i64(BLOCK, size - done);
    int64_t good = factor_block(matrix, size, done, width, diagonal, least);
    cholesky_work w = {matrix, across, size, done, width};
    done += good;
    if (good < width) break;
    apus_parallel_for(0, size - done, 16, solve_rows, &w);
    apus_parallel_for(0, size - done, 16, update_rows, &w);
  }
  free(diagonal);
  free(across);
  return done;
}
