// Kernels that fold values into accumulators, and transpose blocks.
//
// `W` is the type that the lanes of a tile accumulate in, `ACC` the accumulator's; COMBINE(a, b) folds b into a.

#pragma once
#include "loop_elementwise.h"

#define DEFINE_ROW_REDUCER(name, T, W, ACC, IDENTITY, COMBINE)                                  \
  static void name(void *accumulator, const void *values, int64_t n) {                          \
    enum { lanes = APUS_VECTOR_BYTES / sizeof(W) };                                             \
    typedef VECTOR_OF(T, lanes) tv;                                                             \
    typedef VECTOR_OF(W, lanes) wv;                                                             \
    const T *v = values;                                                                        \
    ACC total = *(const ACC *)accumulator;                                                      \
    int64_t i = 0;                                                                              \
    if (n >= lanes) {                                                                           \
      wv s0 = (wv)(IDENTITY), s1 = s0, s2 = s0, s3 = s0;                                        \
      tv x0, x1, x2, x3;                                                                        \
      for (; i + 4 * lanes <= n; i += 4 * lanes) {                                              \
        LOAD(x0, v + i);                                                                        \
        LOAD(x1, v + i + lanes);                                                                \
        LOAD(x2, v + i + 2 * lanes);                                                            \
        LOAD(x3, v + i + 3 * lanes);                                                            \
        s0 = COMBINE(s0, __builtin_convertvector(x0, wv));                                      \
        s1 = COMBINE(s1, __builtin_convertvector(x1, wv));                                      \
        s2 = COMBINE(s2, __builtin_convertvector(x2, wv));                                      \
        s3 = COMBINE(s3, __builtin_convertvector(x3, wv));                                      \
      }                                                                                         \
      for (; i + lanes <= n; i += lanes) {                                                      \
        LOAD(x0, v + i);                                                                        \
        s0 = COMBINE(s0, __builtin_convertvector(x0, wv));                                      \
      }                                                                                         \
      typedef VECTOR_OF(ACC, lanes) accv;                                                       \
      accv a0 = __builtin_convertvector(s0, accv), a1 = __builtin_convertvector(s1, accv);      \
      accv a2 = __builtin_convertvector(s2, accv), a3 = __builtin_convertvector(s3, accv);      \
      a0 = COMBINE(a0, a1);                                                                     \
      a2 = COMBINE(a2, a3);                                                                     \
      a0 = COMBINE(a0, a2);                                                                     \
      ACC tree[lanes];                                                                          \
      memcpy(tree, &a0, sizeof(tree));                                                          \
      for (int half = lanes / 2; half > 0; half /= 2) {                                         \
        for (int k = 0; k < half; k++) tree[k] = COMBINE(tree[k], tree[k + half]);              \
      }                                                                                         \
      total = COMBINE(total, tree[0]);                                                          \
    }                                                                                           \
    for (; i < n; i++) total = COMBINE(total, (ACC)v[i]);                                       \
    *(ACC *)accumulator = total;                                                                \
  }

// Rows are added in blocks, so that a lane's sum stays short before it goes to the wider accumulator.
#define ROWS_IN_BLOCK 64
#define DEFINE_COLUMN_REDUCER(name, T, W, ACC, COMBINE)                                         \
  static void name(void *accumulators, const void *values, int64_t rows, int64_t columns) {     \
    enum { lanes = APUS_VECTOR_BYTES / sizeof(W) };                                             \
    typedef VECTOR_OF(T, lanes) tv;                                                             \
    typedef VECTOR_OF(W, lanes) wv;                                                             \
    typedef VECTOR_OF(ACC, lanes) accv;                                                         \
    for (int64_t block = 0; block < rows; block += ROWS_IN_BLOCK) {                             \
      int64_t height = rows - block < ROWS_IN_BLOCK ? rows - block : ROWS_IN_BLOCK;             \
      const T *v = (const T *)values + block * columns;                                         \
      ACC *out = accumulators;                                                                  \
      int64_t j = 0;                                                                            \
      tv x0, x1, x2, x3;                                                                        \
      for (; j + 4 * lanes <= columns; j += 4 * lanes) {                                        \
        LOAD(x0, v + j);                                                                        \
        LOAD(x1, v + j + lanes);                                                                \
        LOAD(x2, v + j + 2 * lanes);                                                            \
        LOAD(x3, v + j + 3 * lanes);                                                            \
        wv s[4] = {__builtin_convertvector(x0, wv), __builtin_convertvector(x1, wv),            \
                   __builtin_convertvector(x2, wv), __builtin_convertvector(x3, wv)};           \
        for (int64_t r = 1; r < height; r++) {                                                  \
          const T *row = v + r * columns + j;                                                   \
          LOAD(x0, row);                                                                        \
          LOAD(x1, row + lanes);                                                                \
          LOAD(x2, row + 2 * lanes);                                                            \
          LOAD(x3, row + 3 * lanes);                                                            \
          s[0] = COMBINE(s[0], __builtin_convertvector(x0, wv));                                \
          s[1] = COMBINE(s[1], __builtin_convertvector(x1, wv));                                \
          s[2] = COMBINE(s[2], __builtin_convertvector(x2, wv));                                \
          s[3] = COMBINE(s[3], __builtin_convertvector(x3, wv));                                \
        }                                                                                       \
        for (int k = 0; k < 4; k++) {                                                           \
          accv a;                                                                               \
          LOAD(a, out + j + k * lanes);                                                         \
          a = COMBINE(a, __builtin_convertvector(s[k], accv));                                  \
          memcpy(out + j + k * lanes, &a, sizeof(a));                                           \
        }                                                                                       \
      }                                                                                         \
      for (; j < columns; j += lanes) {                                                         \
        size_t width = (size_t)(columns - j < lanes ? columns - j : lanes);                     \
        x0 = (tv)(0);                                                                           \
        memcpy(&x0, v + j, width * sizeof(T));                                                  \
        wv sum = __builtin_convertvector(x0, wv);                                               \
        for (int64_t r = 1; r < height; r++) {                                                  \
          memcpy(&x0, v + r * columns + j, width * sizeof(T));                                  \
          sum = COMBINE(sum, __builtin_convertvector(x0, wv));                                  \
        }                                                                                       \
        accv a = (accv)(0);                                                                     \
        memcpy(&a, out + j, width * sizeof(ACC));                                               \
        a = COMBINE(a, __builtin_convertvector(sum, accv));                                     \
        memcpy(out + j, &a, width * sizeof(ACC));                                               \
      }                                                                                         \
    }                                                                                           \
  }

#define COMBINE_SUM(a, b) ((a) + (b))
#define COMBINE_PROD(a, b) ((a) * (b))
#define COMBINE_AND(a, b) ((a) & (b))
#define COMBINE_OR(a, b) ((a) | (b))
#define COMBINE_MAX(a, b) GREATER(a, b)
#define COMBINE_MIN(a, b) LESS(a, b)
// NaN wins; for integers the second test is always false.
#define GREATER(a, b)                                         \
  ({                                                          \
    __typeof__(a) left = (a), right = (b);                    \
    ((left > right) | (left != left)) ? left : right;         \
  })
#define LESS(a, b)                                            \
  ({                                                          \
    __typeof__(a) left = (a), right = (b);                    \
    ((left < right) | (left != left)) ? left : right;         \
  })

#define DEFINE_REDUCERS(kind, s, T, W, ACC, IDENTITY, COMBINE)                 \
  DEFINE_ROW_REDUCER(row_##kind##_##s, T, W, ACC, IDENTITY, COMBINE)           \
  DEFINE_COLUMN_REDUCER(column_##kind##_##s, T, W, ACC, COMBINE)

DEFINE_REDUCERS(sum, f32, float, float, double, 0, COMBINE_SUM)
DEFINE_REDUCERS(sum, f64, double, double, double, 0, COMBINE_SUM)
DEFINE_REDUCERS(sum, u8, uint8_t, uint32_t, uint64_t, 0, COMBINE_SUM)
DEFINE_REDUCERS(sum, u32, uint32_t, uint32_t, uint64_t, 0, COMBINE_SUM)
DEFINE_REDUCERS(sum, u64, uint64_t, uint64_t, uint64_t, 0, COMBINE_SUM)
// In double: a product of floats may leave their range midway and come back.
DEFINE_REDUCERS(prod, f32, float, double, double, 1, COMBINE_PROD)
DEFINE_REDUCERS(prod, f64, double, double, double, 1, COMBINE_PROD)
DEFINE_REDUCERS(prod, u8, uint8_t, uint32_t, uint64_t, 1, COMBINE_PROD)
DEFINE_REDUCERS(prod, u32, uint32_t, uint32_t, uint64_t, 1, COMBINE_PROD)
DEFINE_REDUCERS(prod, u64, uint64_t, uint64_t, uint64_t, 1, COMBINE_PROD)
DEFINE_REDUCERS(max, f32, float, float, double, -INFINITY, COMBINE_MAX)
DEFINE_REDUCERS(max, f64, double, double, double, -INFINITY, COMBINE_MAX)
DEFINE_REDUCERS(max, i32, int32_t, int32_t, int64_t, INT32_MIN, COMBINE_MAX)
DEFINE_REDUCERS(max, i64, int64_t, int64_t, int64_t, INT64_MIN, COMBINE_MAX)
DEFINE_REDUCERS(max, u8, uint8_t, uint8_t, int64_t, 0, COMBINE_MAX)
DEFINE_REDUCERS(max, u32, uint32_t, uint32_t, int64_t, 0, COMBINE_MAX)
DEFINE_REDUCERS(min, f32, float, float, double, INFINITY, COMBINE_MIN)
DEFINE_REDUCERS(min, f64, double, double, double, INFINITY, COMBINE_MIN)
DEFINE_REDUCERS(min, i32, int32_t, int32_t, int64_t, INT32_MAX, COMBINE_MIN)
DEFINE_REDUCERS(min, i64, int64_t, int64_t, int64_t, INT64_MAX, COMBINE_MIN)
DEFINE_REDUCERS(min, u8, uint8_t, uint8_t, int64_t, UINT8_MAX, COMBINE_MIN)
DEFINE_REDUCERS(min, u32, uint32_t, uint32_t, int64_t, UINT32_MAX, COMBINE_MIN)
DEFINE_REDUCERS(and, u8, uint8_t, uint8_t, uint64_t, UINT8_MAX, COMBINE_AND)
DEFINE_REDUCERS(and, u32, uint32_t, uint32_t, uint64_t, UINT32_MAX, COMBINE_AND)
DEFINE_REDUCERS(and, u64, uint64_t, uint64_t, uint64_t, UINT64_MAX, COMBINE_AND)
DEFINE_REDUCERS(or, u8, uint8_t, uint8_t, uint64_t, 0, COMBINE_OR)
DEFINE_REDUCERS(or, u32, uint32_t, uint32_t, uint64_t, 0, COMBINE_OR)
DEFINE_REDUCERS(or, u64, uint64_t, uint64_t, uint64_t, 0, COMBINE_OR)

// Whole cache lines are read and written while they are at hand: squares of 64 bytes a side.
#define DEFINE_TRANSPOSER(name, T)                                                                           \
  static void name(void *result, int64_t result_stride, const void *source, int64_t source_stride, int64_t rows, \
                   int64_t columns) {                                                                        \
    enum { side = 64 / sizeof(T) };                                                                          \
    for (int64_t r0 = 0; r0 < rows; r0 += side) {                                                            \
      int64_t r1 = r0 + side < rows ? r0 + side : rows;                                                      \
      for (int64_t c0 = 0; c0 < columns; c0 += side) {                                                       \
        int64_t c1 = c0 + side < columns ? c0 + side : columns;                                              \
        for (int64_t r = r0; r < r1; r++) {                                                                  \
          T *out = (T *)result + r * result_stride;                                                          \
          const T *in = (const T *)source + r;                                                               \
          for (int64_t c = c0; c < c1; c++) out[c] = in[c * source_stride];                                  \
        }                                                                                                    \
      }                                                                                                      \
    }                                                                                                        \
  }
DEFINE_TRANSPOSER(transpose_size1, uint8_t)
DEFINE_TRANSPOSER(transpose_size2, uint16_t)
DEFINE_TRANSPOSER(transpose_size4, uint32_t)
DEFINE_TRANSPOSER(transpose_size8, uint64_t)
