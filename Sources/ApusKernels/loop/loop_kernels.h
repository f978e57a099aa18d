// The vector code that a fused loop is made of: one function for each opcode and element type, compiled once
// for each instruction set.

#pragma once
#include <stdint.h>

#include "apus_loop.h"

// An operand of a tile: consecutive elements (step 1), or one vector of equal elements (step 0).
typedef struct {
  const void *data;
  int64_t step;
} tile_source;

// Computes `count` elements. `result` may be the memory of an operand whose elements have the same size.
typedef void (*tile_kernel)(
    void *result, const tile_source *a, const tile_source *b, const tile_source *c, int64_t count);

// Folds each row of values[rows][columns] into its accumulator: a double for floats, a 64-bit integer for all
// else.
typedef void (*row_reducer)(void *accumulators, const void *values, int64_t rows, int64_t columns);

// Folds each column of values[rows][columns] into its accumulator.
typedef void (*column_reducer)(void *accumulators, const void *values, int64_t rows, int64_t columns);

// result[r * result_stride + c] = source[c * source_stride + r], strides in elements.
typedef void (*block_transposer)(
    void *result, int64_t result_stride, const void *source, int64_t source_stride, int64_t rows,
    int64_t columns);

// Copies consecutive memory past the caches: for results so large that they would push everything else out.
typedef void (*memory_streamer)(void *result, const void *source, int64_t bytes);

// A row to be normalized: act((x - mean) * rstd * gamma + beta).
typedef struct {
  const float *source, *gamma, *beta;
  float *result;
  float epsilon;
  int32_t activation;  // APUS_ACTIVATION_...
  int32_t streams;     // whether the result goes past the caches
  const float *next;   // the source of the next row, fetched from memory while this one is computed; or NULL
} row_normalization;

typedef void (*row_normalizer)(const row_normalization *row, int64_t count, float *mean, float *rstd);

// NULL stands where an opcode has no meaning for a type.
typedef struct {
  const char *instruction_set;
  // By opcode and the type of the first operand that is not a predicate.
  tile_kernel instruction[APUS_OP_COUNT][APUS_DTYPE_COUNT];
  // By the operand's type and the result's.
  tile_kernel cast[APUS_DTYPE_COUNT][APUS_DTYPE_COUNT];
  // The following three by the base-2 logarithm of the element's size.
  tile_kernel copy[4];
  tile_kernel select[4];
  block_transposer transpose[4];
  memory_streamer stream;
  row_normalizer normalize;
  row_reducer reduce_rows[APUS_REDUCE_COUNT][APUS_DTYPE_COUNT];
  column_reducer reduce_columns[APUS_REDUCE_COUNT][APUS_DTYPE_COUNT];
} loop_kernels;

extern const loop_kernels loop_kernels_baseline;
#if defined(__x86_64__)
extern const loop_kernels loop_kernels_avx2;
extern const loop_kernels loop_kernels_avx512;
#endif

// The best of them that this processor can run; `APUS_ISA` (baseline, avx2, avx512) asks for a lesser one.
const loop_kernels *loop_kernels_for_processor(void);
