// Nearest neighbors by comparing all pairs of rows.

#pragma once
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The nearest of `count` points to each of `query_count` queries, by Euclidean distance. `points` is [width][count], one
/// column after the other, `queries` [query_count][width]. For each query `indices` gets the `k` nearest points, the
/// nearest first and of equals the one that comes first, and `squares` their squared distances in double precision.
/// `k` is from 1 to `count`; `threads` of 0 means all. Returns 0, or -1 where there is no memory for scratch.
int apus_nearest(const float *points, int64_t count, const float *queries, int64_t query_count, int64_t width, int64_t k,
                 int32_t *indices, double *squares, int threads);

#ifdef __cplusplus
}
#endif
