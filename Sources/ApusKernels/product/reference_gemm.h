// The matrix product that the reference kernels are made of: `c += a · b` on one thread, any strides.
#pragma once
#include "kernel_support.h"

// Strides in elements.
typedef struct {
  int64_t rows, columns, depth;
  int64_t a_row, a_depth;
  int64_t b_depth, b_column;
  int64_t c_row, c_column;
} gemm_shape;

// Rows of c in registers, and steps of depth for which a panel of b is packed.
#define GEMM_ROWS 4
#define GEMM_DEPTH 128

// T is the type of the arithmetic: unsigned for integers, which wrap around. A tile of c is GEMM_ROWS rows of
// two 64-byte vectors; b is packed so that a step of depth reads two whole vectors. Depth is summed in order.
#define DEFINE_GEMM(NAME, T) \
  typedef T vector_##NAME __attribute__((vector_size(64))); \
  enum { width_##NAME = 2 * 64 / sizeof(T) }; \
  INLINE void tile_##NAME(const gemm_shape *s, int64_t rows, int64_t columns, int64_t depth, const T *a, \
                          const vector_##NAME *packed, T *c) { \
    vector_##NAME sum[GEMM_ROWS][2]; \
    T edge[width_##NAME]; \
    for (int r = 0; r < GEMM_ROWS; r++) { \
      for (int64_t j = 0; j < width_##NAME; j++) { \
        edge[j] = r < rows && j < columns ? c[r * s->c_row + j * s->c_column] : 0; \
      } \
      memcpy(sum[r], edge, sizeof(edge)); \
    } \
    /* Rows past the end repeat the last one and are not stored. */ \
    const T *row[GEMM_ROWS]; \
    for (int r = 0; r < GEMM_ROWS; r++) row[r] = a + min_i64(r, rows - 1) * s->a_row; \
    for (int64_t k = 0; k < depth; k++) { \
      for (int r = 0; r < GEMM_ROWS; r++) { \
        T factor = row[r][k * s->a_depth]; \
        sum[r][0] += factor * packed[2 * k]; \
        sum[r][1] += factor * packed[2 * k + 1]; \
      } \
    } \
    for (int64_t r = 0; r < rows; r++) { \
      memcpy(edge, sum[r], sizeof(edge)); \
      for (int64_t j = 0; j < columns; j++) c[r * s->c_row + j * s->c_column] = edge[j]; \
    } \
  } \
  VECTOR static void gemm_add_##NAME(const gemm_shape *s, const T *a, const T *b, T *c) { \
    vector_##NAME packed[2 * GEMM_DEPTH]; \
    for (int64_t column = 0; column < s->columns; column += width_##NAME) { \
      int64_t columns = min_i64(width_##NAME, s->columns - column); \
      for (int64_t start = 0; start < s->depth; start += GEMM_DEPTH) { \
        int64_t depth = min_i64(GEMM_DEPTH, s->depth - start); \
        const T *panel = b + start * s->b_depth + column * s->b_column; \
        for (int64_t k = 0; k < depth; k++) { \
          T line[width_##NAME] = {0}; \
          for (int64_t j = 0; j < columns; j++) line[j] = panel[k * s->b_depth + j * s->b_column]; \
          memcpy(&packed[2 * k], line, sizeof(line)); \
        } \
        for (int64_t row = 0; row < s->rows; row += GEMM_ROWS) { \
          tile_##NAME(s, min_i64(GEMM_ROWS, s->rows - row), columns, depth, \
                      a + row * s->a_row + start * s->a_depth, packed, \
                      c + row * s->c_row + column * s->c_column); \
        } \
      } \
    } \
  }

DEFINE_GEMM(f32, float)
DEFINE_GEMM(f64, double)
DEFINE_GEMM(u32, uint32_t)
DEFINE_GEMM(u64, uint64_t)

// `c += a · b` on elements of the dtype, from the given element offsets.
INLINE void gemm_add(int32_t dtype, const gemm_shape *s, const void *a, int64_t a_offset, const void *b,
                     int64_t b_offset, void *c, int64_t c_offset) {
  switch (dtype) {
    case TYPE_F32:
      gemm_add_f32(s, (const float *)a + a_offset, (const float *)b + b_offset, (float *)c + c_offset);
      break;
    case TYPE_F64:
      gemm_add_f64(s, (const double *)a + a_offset, (const double *)b + b_offset, (double *)c + c_offset);
      break;
    case TYPE_I32:
      gemm_add_u32(s, (const uint32_t *)a + a_offset, (const uint32_t *)b + b_offset,
                   (uint32_t *)c + c_offset);
      break;
    default:
      gemm_add_u64(s, (const uint64_t *)a + a_offset, (const uint64_t *)b + b_offset,
                   (uint64_t *)c + c_offset);
      break;
  }
}

INLINE int gemm_supports(int32_t dtype) {
  return dtype == TYPE_F32 || dtype == TYPE_F64 || dtype == TYPE_I32 || dtype == TYPE_I64;
}
