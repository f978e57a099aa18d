// Kernels that move elements: transposed, in squares of vectors with single elements along the edges, or past
// the caches.

#pragma once
#include "loop_elementwise.h"

// The first and the second half of two vectors' lanes taken in turn.
#define ZIP_LOW_2(a, b) __builtin_shufflevector(a, b, 0, 2)
#define ZIP_HIGH_2(a, b) __builtin_shufflevector(a, b, 1, 3)
#define ZIP_LOW_4(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define ZIP_HIGH_4(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#define ZIP_LOW_8(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define ZIP_HIGH_8(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#define ZIP_LOW_16(a, b) __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define ZIP_HIGH_16(a, b) \
  __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)

// A square's element has the index (row, column); zipping each row with the one half the square below moves
// the highest bit of the row to the lowest of the column. As many rounds as the side has bits exchange the
// two.
#define DEFINE_SQUARE(name, T, side, ZIP_LOW, ZIP_HIGH)                                               \
  VECTOR_INLINE void name(T *result, int64_t result_stride, const T *source, int64_t source_stride) { \
    typedef VECTOR_OF(T, side) row;                                                                   \
    row a[side], b[side];                                                                             \
    for (int i = 0; i < side; i++) LOAD(a[i], source + i * source_stride);                            \
    for (int round = 1; round < side; round *= 2) {                                                   \
      for (int i = 0; i < side / 2; i++) {                                                            \
        b[2 * i] = ZIP_LOW(a[i], a[i + side / 2]);                                                    \
        b[2 * i + 1] = ZIP_HIGH(a[i], a[i + side / 2]);                                               \
      }                                                                                               \
      for (int i = 0; i < side; i++) a[i] = b[i];                                                     \
    }                                                                                                 \
    for (int i = 0; i < side; i++) memcpy(result + i * result_stride, &a[i], sizeof(row));            \
  }

#define DEFINE_TRANSPOSER(name, square, T, side)                                                       \
  static void name(                                                                                    \
      void *result, int64_t result_stride, const void *source, int64_t source_stride, int64_t rows,    \
      int64_t columns) {                                                                               \
    T *out = result;                                                                                   \
    const T *in = source;                                                                              \
    int64_t whole_rows = rows / side * side, whole_columns = columns / side * side;                    \
    for (int64_t r = 0; r < whole_rows; r += side) {                                                   \
      for (int64_t c = 0; c < whole_columns; c += side) {                                              \
        square(out + r * result_stride + c, result_stride, in + c * source_stride + r, source_stride); \
      }                                                                                                \
    }                                                                                                  \
    for (int64_t r = 0; r < rows; r++) {                                                               \
      for (int64_t c = r < whole_rows ? whole_columns : 0; c < columns; c++) {                         \
        out[r * result_stride + c] = in[c * source_stride + r];                                        \
      }                                                                                                \
    }                                                                                                  \
  }

#if APUS_VECTOR_BYTES == 64
DEFINE_SQUARE(square_size2, uint16_t, 16, ZIP_LOW_16, ZIP_HIGH_16)
DEFINE_SQUARE(square_size4, uint32_t, 16, ZIP_LOW_16, ZIP_HIGH_16)
DEFINE_SQUARE(square_size8, uint64_t, 8, ZIP_LOW_8, ZIP_HIGH_8)
DEFINE_TRANSPOSER(transpose_size2, square_size2, uint16_t, 16)
DEFINE_TRANSPOSER(transpose_size4, square_size4, uint32_t, 16)
DEFINE_TRANSPOSER(transpose_size8, square_size8, uint64_t, 8)
#elif APUS_VECTOR_BYTES == 32
DEFINE_SQUARE(square_size2, uint16_t, 8, ZIP_LOW_8, ZIP_HIGH_8)
DEFINE_SQUARE(square_size4, uint32_t, 8, ZIP_LOW_8, ZIP_HIGH_8)
DEFINE_SQUARE(square_size8, uint64_t, 4, ZIP_LOW_4, ZIP_HIGH_4)
DEFINE_TRANSPOSER(transpose_size2, square_size2, uint16_t, 8)
DEFINE_TRANSPOSER(transpose_size4, square_size4, uint32_t, 8)
DEFINE_TRANSPOSER(transpose_size8, square_size8, uint64_t, 4)
#else
DEFINE_SQUARE(square_size2, uint16_t, 8, ZIP_LOW_8, ZIP_HIGH_8)
DEFINE_SQUARE(square_size4, uint32_t, 4, ZIP_LOW_4, ZIP_HIGH_4)
DEFINE_SQUARE(square_size8, uint64_t, 2, ZIP_LOW_2, ZIP_HIGH_2)
DEFINE_TRANSPOSER(transpose_size2, square_size2, uint16_t, 8)
DEFINE_TRANSPOSER(transpose_size4, square_size4, uint32_t, 4)
DEFINE_TRANSPOSER(transpose_size8, square_size8, uint64_t, 2)
#endif
DEFINE_SQUARE(square_size1, uint8_t, 16, ZIP_LOW_16, ZIP_HIGH_16)
DEFINE_TRANSPOSER(transpose_size1, square_size1, uint8_t, 16)

static void stream_memory(void *result, const void *source, int64_t bytes) {
  typedef VECTOR_OF(uint32_t, APUS_VECTOR_BYTES / 4) line;
  char *out = result;
  const char *in = source;
  // Such stores must be aligned, so the ends are copied as usual.
  int64_t head = (int64_t)(-(uintptr_t)out & (APUS_VECTOR_BYTES - 1));
  if (head > bytes) head = bytes;
  memcpy(out, in, (size_t)head);
  int64_t i = head;
  for (; i + APUS_VECTOR_BYTES <= bytes; i += APUS_VECTOR_BYTES) {
    line x;
    LOAD(x, in + i);
    __builtin_nontemporal_store(x, (line *)(out + i));
  }
  memcpy(out + i, in + i, (size_t)(bytes - i));
}
