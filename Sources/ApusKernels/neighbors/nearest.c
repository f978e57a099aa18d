#include "neighbors.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "apus_threads.h"
#include "kernel_support.h"

// Points whose distances are computed at once: their part of a column stays in the first cache.
enum { TILE = 512, QUERIES = 4, CHUNK = 32 };

typedef struct {
  const float *points, *queries;
  int64_t count, query_count, width, k;
  int32_t *indices;
  double *squares;
  atomic_int failed;
} job;

// Squared distances of four queries to a tile of points.
VECTOR static void tile_distances(const float *points, int64_t count, const float *queries, int64_t width, int64_t size,
                                  float *sums) {
  memset(sums, 0, sizeof(float) * QUERIES * TILE);
  float *first = sums, *second = sums + TILE, *third = sums + 2 * TILE, *fourth = sums + 3 * TILE;
  for (int64_t column = 0; column < width; column++) {
    const float *values = points + column * count;
    const float a = queries[column], b = queries[width + column], c = queries[2 * width + column],
                d = queries[3 * width + column];
    for (int64_t place = 0; place < size; place++) {
      const float value = values[place];
      const float e = value - a, f = value - b, g = value - c, h = value - d;
      first[place] += e * e;
      second[place] += f * f;
      third[place] += g * g;
      fourth[place] += h * h;
    }
  }
}

// The best so far of a query in ascending order; equal ones stay in the order in which they came.
static void keep(float *best, int32_t *indices, int64_t k, int64_t *known, float square, int32_t index) {
  int64_t place = *known < k ? (*known)++ : k - 1;
  while (place > 0 && best[place - 1] > square) {
    best[place] = best[place - 1];
    indices[place] = indices[place - 1];
    place--;
  }
  best[place] = square;
  indices[place] = index;
}

// Distances once more in double precision, and the order by them.
static void refine(const job *work, int64_t query) {
  int32_t *indices = work->indices + query * work->k;
  double *squares = work->squares + query * work->k;
  for (int64_t place = 0; place < work->k; place++) {
    const int32_t index = indices[place];
    double sum = 0;
    for (int64_t column = 0; column < work->width; column++) {
      const double difference =
          (double)work->points[column * work->count + index] - work->queries[query * work->width + column];
      sum += difference * difference;
    }
    int64_t at = place;
    while (at > 0 && (squares[at - 1] > sum || (squares[at - 1] == sum && indices[at - 1] > index))) {
      squares[at] = squares[at - 1];
      indices[at] = indices[at - 1];
      at--;
    }
    squares[at] = sum;
    indices[at] = index;
  }
}

static void run(void *context, int64_t begin, int64_t end, int thread) {
  (void)thread;
  job *work = context;
  const int64_t k = work->k, width = work->width;
  float *scratch = malloc(sizeof(float) * (QUERIES * TILE + QUERIES * width + QUERIES * k));
  if (!scratch) {
    atomic_store(&work->failed, 1);
    return;
  }
  float *sums = scratch, *block = sums + QUERIES * TILE, *best = block + QUERIES * width;
  for (int64_t query = begin; query < end; query += QUERIES) {
    const int64_t own = end - query < QUERIES ? end - query : QUERIES;
    int64_t known[QUERIES] = {0};
    memset(block, 0, sizeof(float) * QUERIES * width);
    memcpy(block, work->queries + query * width, sizeof(float) * own * width);
    for (int64_t start = 0; start < work->count; start += TILE) {
      const int64_t size = work->count - start < TILE ? work->count - start : TILE;
      tile_distances(work->points + start, work->count, block, width, size, sums);
      for (int64_t q = 0; q < own; q++) {
        const float *row = sums + q * TILE;
        float *mine = best + q * k;
        int32_t *indices = work->indices + (query + q) * k;
        for (int64_t place = 0; place < size; place++) {
          if (known[q] < k || row[place] < mine[k - 1]) {
            keep(mine, indices, k, &known[q], row[place], (int32_t)(start + place));
          }
        }
      }
    }
    for (int64_t q = 0; q < own; q++) refine(work, query + q);
  }
  free(scratch);
}

int apus_nearest(const float *points, int64_t count, const float *queries, int64_t query_count, int64_t width, int64_t k,
                 int32_t *indices, double *squares, int threads) {
  job work = {points, queries, count, query_count, width, k, indices, squares, 0};
  apus_parallel_for(threads, query_count, CHUNK, run, &work);
  return atomic_load(&work.failed) ? -1 : 0;
}
