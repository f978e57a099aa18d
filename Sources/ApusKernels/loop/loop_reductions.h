// Kernels that fold values into accumulators.
//
// `W` is the type that the lanes of a tile accumulate in, `ACC` the accumulator's; COMBINE(a, b) folds b into
// a.

#pragma once
#include "loop_elementwise.h"

#define LANE_ELEMENTS 16
#define DEFINE_ROW_REDUCER(name, T, W, ACC, IDENTITY, COMBINE)                                    \
  static void name(void *accumulators, const void *values, int64_t rows, int64_t n) {             \
    enum { lanes = APUS_VECTOR_BYTES / sizeof(W), quad = lanes < 4 ? lanes : 4 };                 \
    typedef VECTOR_OF(T, lanes) tv;                                                               \
    typedef VECTOR_OF(W, lanes) wv;                                                               \
    typedef VECTOR_OF(ACC, lanes) accv;                                                           \
    typedef VECTOR_OF(ACC, quad) quadv;                                                           \
    ACC *out = accumulators;                                                                      \
    const T *v = values;                                                                          \
    const T *const end = v + rows * n;                                                            \
    tv positions, x0, x1, x2, x3;                                                                 \
    if (n < lanes) {                                                                              \
      for (int64_t row = 0; row < rows; row++, v += n) {                                          \
        ACC total = out[row];                                                                     \
        for (int64_t i = 0; i < n; i++) total = COMBINE(total, (ACC)v[i]);                        \
        out[row] = total;                                                                         \
      }                                                                                           \
      return;                                                                                     \
    }                                                                                             \
    for (int k = 0; k < lanes; k++) positions[k] = (T)k;                                          \
    for (int64_t row = 0; row < rows; row++, v += n) {                                            \
      accv wide = (accv)(IDENTITY);                                                               \
      wv s0 = (wv)(IDENTITY);                                                                     \
      int64_t i = 0;                                                                              \
      while (n - i >= 4 * lanes) {                                                                \
        /* Lanes stay short: each takes so many elements, then goes to the wider accumulators. */ \
        int64_t stop = n - i < LANE_ELEMENTS * 4 * lanes ? n : i + LANE_ELEMENTS * 4 * lanes;     \
        wv s1 = (wv)(IDENTITY), s2 = s1, s3 = s1;                                                 \
        s0 = s1;                                                                                  \
        for (; i + 4 * lanes <= stop; i += 4 * lanes) {                                           \
          LOAD(x0, v + i);                                                                        \
          LOAD(x1, v + i + lanes);                                                                \
          LOAD(x2, v + i + 2 * lanes);                                                            \
          LOAD(x3, v + i + 3 * lanes);                                                            \
          s0 = COMBINE(s0, __builtin_convertvector(x0, wv));                                      \
          s1 = COMBINE(s1, __builtin_convertvector(x1, wv));                                      \
          s2 = COMBINE(s2, __builtin_convertvector(x2, wv));                                      \
          s3 = COMBINE(s3, __builtin_convertvector(x3, wv));                                      \
        }                                                                                         \
        s0 = COMBINE(s0, s1);                                                                     \
        s2 = COMBINE(s2, s3);                                                                     \
        s0 = COMBINE(s0, s2);                                                                     \
        wide = COMBINE(wide, __builtin_convertvector(s0, accv));                                  \
        s0 = (wv)(IDENTITY);                                                                      \
      }                                                                                           \
      for (; i + lanes <= n; i += lanes) {                                                        \
        LOAD(x0, v + i);                                                                          \
        s0 = COMBINE(s0, __builtin_convertvector(x0, wv));                                        \
      }                                                                                           \
      if (i < n) {                                                                                \
        x1 = (tv)((T)(IDENTITY));                                                                 \
        if (v + i + lanes <= end) {                                                               \
          LOAD(x0, v + i);                                                                        \
          x0 = positions < (T)(n - i) ? x0 : x1;                                                  \
        } else {                                                                                  \
          x0 = x1;                                                                                \
          memcpy(&x0, v + i, (size_t)(n - i) * sizeof(T));                                        \
        }                                                                                         \
        s0 = COMBINE(s0, __builtin_convertvector(x0, wv));                                        \
      }                                                                                           \
      wide = COMBINE(wide, __builtin_convertvector(s0, accv));                                    \
      quadv quads[lanes / quad];                                                                  \
      memcpy(quads, &wide, sizeof(quads));                                                        \
      for (int half = lanes / quad / 2; half > 0; half /= 2) {                                    \
        for (int k = 0; k < half; k++) quads[k] = COMBINE(quads[k], quads[k + half]);             \
      }                                                                                           \
      ACC total = quads[0][0];                                                                    \
      for (int k = 1; k < quad; k++) total = COMBINE(total, quads[0][k]);                         \
      out[row] = COMBINE(out[row], total);                                                        \
    }                                                                                             \
  }

// Rows are added in blocks, so that a lane's sum stays short before it goes to the wider accumulator.
#define ROWS_IN_BLOCK 32
#define NARROW_COLUMNS 256
#define COLUMNS_IN_BLOCK 1024
#define DEFINE_COLUMN_REDUCER(name, T, W, ACC, COMBINE)                                                      \
  /* Narrow rows: a few vectors of columns stay in registers while a block of rows goes by. */               \
  static void name##_narrow(ACC *out, const T *v, int64_t height, int64_t columns, const T *end) {           \
    enum { lanes = APUS_VECTOR_BYTES / sizeof(W) };                                                          \
    typedef VECTOR_OF(T, lanes) tv;                                                                          \
    typedef VECTOR_OF(W, lanes) wv;                                                                          \
    typedef VECTOR_OF(ACC, lanes) accv;                                                                      \
    int64_t j = 0;                                                                                           \
    tv x0, x1, x2, x3;                                                                                       \
    for (; j + 4 * lanes <= columns; j += 4 * lanes) {                                                       \
      LOAD(x0, v + j);                                                                                       \
      LOAD(x1, v + j + lanes);                                                                               \
      LOAD(x2, v + j + 2 * lanes);                                                                           \
      LOAD(x3, v + j + 3 * lanes);                                                                           \
      wv s[4] = {                                                                                            \
          __builtin_convertvector(x0, wv), __builtin_convertvector(x1, wv), __builtin_convertvector(x2, wv), \
          __builtin_convertvector(x3, wv)};                                                                  \
      for (int64_t r = 1; r < height; r++) {                                                                 \
        const T *row = v + r * columns + j;                                                                  \
        LOAD(x0, row);                                                                                       \
        LOAD(x1, row + lanes);                                                                               \
        LOAD(x2, row + 2 * lanes);                                                                           \
        LOAD(x3, row + 3 * lanes);                                                                           \
        s[0] = COMBINE(s[0], __builtin_convertvector(x0, wv));                                               \
        s[1] = COMBINE(s[1], __builtin_convertvector(x1, wv));                                               \
        s[2] = COMBINE(s[2], __builtin_convertvector(x2, wv));                                               \
        s[3] = COMBINE(s[3], __builtin_convertvector(x3, wv));                                               \
      }                                                                                                      \
      for (int k = 0; k < 4; k++) {                                                                          \
        accv a;                                                                                              \
        LOAD(a, out + j + k * lanes);                                                                        \
        a = COMBINE(a, __builtin_convertvector(s[k], accv));                                                 \
        memcpy(out + j + k * lanes, &a, sizeof(a));                                                          \
      }                                                                                                      \
    }                                                                                                        \
    for (; j < columns; j += lanes) {                                                                        \
      /* A whole vector is read where the values go on beyond this row; what is beyond is not used. */       \
      size_t width = (size_t)(columns - j < lanes ? columns - j : lanes);                                    \
      int64_t readable = end - v - j - lanes;                                                                \
      int64_t whole = readable < 0 ? 0 : readable / columns + 1;                                             \
      if (whole > height) whole = height;                                                                    \
      x0 = (tv)(0);                                                                                          \
      if (whole > 0) LOAD(x0, v + j);                                                                        \
      else memcpy(&x0, v + j, width * sizeof(T));                                                            \
      wv sum = __builtin_convertvector(x0, wv);                                                              \
      int64_t r = 1;                                                                                         \
      for (; r < whole; r++) {                                                                               \
        LOAD(x0, v + r * columns + j);                                                                       \
        sum = COMBINE(sum, __builtin_convertvector(x0, wv));                                                 \
      }                                                                                                      \
      for (; r < height; r++) {                                                                              \
        memcpy(&x0, v + r * columns + j, width * sizeof(T));                                                 \
        sum = COMBINE(sum, __builtin_convertvector(x0, wv));                                                 \
      }                                                                                                      \
      accv a = (accv)(0);                                                                                    \
      memcpy(&a, out + j, width * sizeof(ACC));                                                              \
      a = COMBINE(a, __builtin_convertvector(sum, accv));                                                    \
      memcpy(out + j, &a, width * sizeof(ACC));                                                              \
    }                                                                                                        \
  }                                                                                                          \
  /* Wide rows: added one after the other, as they lie in memory, to partial results in the cache. */        \
  /* `width` is whole vectors of columns. */                                                                 \
  static void name##_wide(ACC *out, const T *v, int64_t height, int64_t columns, int64_t width) {            \
    enum { lanes = APUS_VECTOR_BYTES / sizeof(W) };                                                          \
    typedef VECTOR_OF(T, lanes) tv;                                                                          \
    typedef VECTOR_OF(W, lanes) wv;                                                                          \
    typedef VECTOR_OF(ACC, lanes) accv;                                                                      \
    wv partial[COLUMNS_IN_BLOCK / lanes];                                                                    \
    tv x0, x1;                                                                                               \
    for (int64_t j = 0; j < width; j += lanes) {                                                             \
      LOAD(x0, v + j);                                                                                       \
      partial[j / lanes] = __builtin_convertvector(x0, wv);                                                  \
    }                                                                                                        \
    int64_t r = 1;                                                                                           \
    for (; r + 2 <= height; r += 2) {                                                                        \
      const T *first = v + r * columns, *second = first + columns;                                           \
      for (int64_t j = 0; j < width; j += lanes) {                                                           \
        LOAD(x0, first + j);                                                                                 \
        LOAD(x1, second + j);                                                                                \
        wv pair = COMBINE(__builtin_convertvector(x0, wv), __builtin_convertvector(x1, wv));                 \
        partial[j / lanes] = COMBINE(partial[j / lanes], pair);                                              \
      }                                                                                                      \
    }                                                                                                        \
    for (; r < height; r++) {                                                                                \
      for (int64_t j = 0; j < width; j += lanes) {                                                           \
        LOAD(x0, v + r * columns + j);                                                                       \
        partial[j / lanes] = COMBINE(partial[j / lanes], __builtin_convertvector(x0, wv));                   \
      }                                                                                                      \
    }                                                                                                        \
    for (int64_t j = 0; j < width; j += lanes) {                                                             \
      accv a;                                                                                                \
      LOAD(a, out + j);                                                                                      \
      a = COMBINE(a, __builtin_convertvector(partial[j / lanes], accv));                                     \
      memcpy(out + j, &a, sizeof(a));                                                                        \
    }                                                                                                        \
  }                                                                                                          \
  static void name(void *accumulators, const void *values, int64_t rows, int64_t columns) {                  \
    enum { lanes = APUS_VECTOR_BYTES / sizeof(W) };                                                          \
    const T *const end = (const T *)values + rows * columns;                                                 \
    for (int64_t block = 0; block < rows; block += ROWS_IN_BLOCK) {                                          \
      int64_t height = rows - block < ROWS_IN_BLOCK ? rows - block : ROWS_IN_BLOCK;                          \
      const T *v = (const T *)values + block * columns;                                                      \
      ACC *out = accumulators;                                                                               \
      if (columns <= NARROW_COLUMNS) {                                                                       \
        name##_narrow(out, v, height, columns, end);                                                         \
        continue;                                                                                            \
      }                                                                                                      \
      int64_t whole = columns / lanes * lanes;                                                               \
      for (int64_t j = 0; j < whole; j += COLUMNS_IN_BLOCK) {                                                \
        int64_t width = whole - j < COLUMNS_IN_BLOCK ? whole - j : COLUMNS_IN_BLOCK;                         \
        name##_wide(out + j, v + j, height, columns, width);                                                 \
      }                                                                                                      \
      for (int64_t r = 0; r < height; r++) {                                                                 \
        for (int64_t j = whole; j < columns; j++) out[j] = COMBINE(out[j], (ACC)v[r * columns + j]);         \
      }                                                                                                      \
    }                                                                                                        \
  }

#define COMBINE_SUM(a, b) ((a) + (b))
#define COMBINE_PROD(a, b) ((a) * (b))
#define COMBINE_AND(a, b) ((a) & (b))
#define COMBINE_OR(a, b) ((a) | (b))
#define COMBINE_MAX(a, b) GREATER(a, b)
#define COMBINE_MIN(a, b) LESS(a, b)
// NaN wins; for integers the second test is always false.
#define GREATER(a, b)                                 \
  ({                                                  \
    __typeof__(a) left = (a), right = (b);            \
    ((left > right) | (left != left)) ? left : right; \
  })
#define LESS(a, b)                                    \
  ({                                                  \
    __typeof__(a) left = (a), right = (b);            \
    ((left < right) | (left != left)) ? left : right; \
  })

#define DEFINE_REDUCERS(kind, s, T, W, ACC, IDENTITY, COMBINE)       \
  DEFINE_ROW_REDUCER(row_##kind##_##s, T, W, ACC, IDENTITY, COMBINE) \
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
