// The small product for one instruction set. Columns that do not fill their last vector are covered by one that
// overlaps the vector before it: the same sums twice, and no masks.

#pragma once
#include "activations.h"
#include "loop_kernels.h"
#include "register_tile.h"
#include "small_product_kernels.h"

typedef struct {
  const float *a, *b, *bias, *residual;
  float *c;
  int64_t a_row, a_depth, b_depth, c_row, depth;
  // Where the tile's last vector begins.
  int64_t last;
  // What a relu raises its operand to; -inf without one.
  float least;
} product_task;

// `rows` and `vectors` are known where this is called, so that the sums are registers.
VECTOR_INLINE void small_tile(const product_task *task, int rows, int vectors) {
  vf32 sum[TILE_ROWS][PANEL_VECTORS];
  UNROLLED for (int j = 0; j < vectors; j++) {
    vf32 first = (vf32)(0.0f);
    const int64_t column = j == vectors - 1 ? task->last : j * FLOAT_LANES;
    if (task->bias != NULL) memcpy(&first, task->bias + column, sizeof(first));
    UNROLLED for (int i = 0; i < rows; i++) sum[i][j] = first;
  }
  const float *a = task->a, *b = task->b;
  const int64_t a_row = task->a_row, last = task->last;
  for (int64_t k = 0; k < task->depth; k++, a += task->a_depth, b += task->b_depth) {
    vf32 row[PANEL_VECTORS];
    UNROLLED for (int j = 0; j < vectors; j++) {
      memcpy(&row[j], b + (j == vectors - 1 ? last : j * FLOAT_LANES), sizeof(vf32));
    }
    UNROLLED for (int i = 0; i < rows; i++) {
      vf32 factor = (vf32)(a[i * a_row]);
      UNROLLED for (int j = 0; j < vectors; j++) sum[i][j] = MULTIPLY_ADD(factor, row[j], sum[i][j]);
    }
  }
  const vf32 least = (vf32)(task->least);
  UNROLLED for (int i = 0; i < rows; i++) {
    UNROLLED for (int j = 0; j < vectors; j++) {
      const int64_t at = i * task->c_row + (j == vectors - 1 ? last : j * FLOAT_LANES);
      vf32 value = sum[i][j];
      if (task->residual != NULL) {
        vf32 added;
        memcpy(&added, task->residual + at, sizeof(added));
        value += added;
      }
      value = value < least ? least : value;
      memcpy(task->c + at, &value, sizeof(value));
    }
  }
}

#define DEFINE_SMALL_TILE(rows, vectors) \
  static void small_tile_##rows##_##vectors(const product_task *task) { small_tile(task, rows, vectors); }
#define DEFINE_SMALL_TILES(vectors) \
  DEFINE_SMALL_TILE(1, vectors)     \
  DEFINE_SMALL_TILE(2, vectors)     \
  DEFINE_SMALL_TILE(3, vectors)     \
  DEFINE_SMALL_TILE(4, vectors)     \
  DEFINE_SMALL_TILE(5, vectors)     \
  DEFINE_SMALL_TILE(6, vectors)
#define SMALL_TILES(vectors)                                                        \
  {small_tile_1_##vectors, small_tile_2_##vectors, small_tile_3_##vectors, \
   small_tile_4_##vectors, small_tile_5_##vectors, small_tile_6_##vectors}

DEFINE_SMALL_TILES(1)
DEFINE_SMALL_TILES(2)
#if PANEL_VECTORS == 4
DEFINE_SMALL_TILES(3)
DEFINE_SMALL_TILES(4)
#endif

static void (*const small_tiles[PANEL_VECTORS][TILE_ROWS])(const product_task *) = {
    SMALL_TILES(1), SMALL_TILES(2),
#if PANEL_VECTORS == 4
    SMALL_TILES(3), SMALL_TILES(4),
#endif
};

// All rows and columns; there is at least one vector of these, with strides of their own for rows of the result.
static void multiply(const apus_small_product_context *p, product_task task, int64_t columns) {
  const float *a = task.a, *b = task.b, *bias = task.bias, *residual = task.residual;
  float *c = task.c;
  for (int64_t column = 0; column < columns; column += PANEL) {
    // What is left may be less than a vector: then the panel begins earlier.
    const int64_t first = columns - column < FLOAT_LANES ? columns - FLOAT_LANES : column;
    const int64_t width = columns - first < PANEL ? columns - first : PANEL;
    const int64_t vectors = (width + FLOAT_LANES - 1) / FLOAT_LANES;
    task.last = width - FLOAT_LANES;
    task.b = b + first;
    task.bias = bias == NULL ? NULL : bias + first;
    for (int64_t row = 0; row < p->rows; row += TILE_ROWS) {
      const int64_t rows = p->rows - row < TILE_ROWS ? p->rows - row : TILE_ROWS;
      task.a = a + row * task.a_row;
      task.c = c + row * task.c_row + first;
      task.residual = residual == NULL ? NULL : residual + row * task.c_row + first;
      small_tiles[vectors - 1][rows - 1](&task);
    }
  }
}

static void activate(float *values, int64_t count, int32_t activation) {
  for (int64_t i = 0; i < count; i += FLOAT_LANES) {
    const size_t bytes = sizeof(float) * (size_t)(count - i < FLOAT_LANES ? count - i : FLOAT_LANES);
    vf32 x = (vf32)(0.0f);
    memcpy(&x, values + i, bytes);
    x = activated(x, activation);
    memcpy(values + i, &x, bytes);
  }
}

// Rows of the right operand one after the other, `width` apart, zeros behind the last column.
static void pack_right(const apus_small_product_context *p, float *packed, int64_t width) {
  if (width > p->columns) memset(packed, 0, sizeof(float) * (size_t)(p->depth * width));
  if (p->right_column_stride == 1) {
    for (int64_t k = 0; k < p->depth; k++) {
      memcpy(packed + k * width, p->right + k * p->right_depth_stride, sizeof(float) * (size_t)p->columns);
    }
  } else if (p->right_depth_stride == 1) {
    loop_kernels_for_processor()->transpose[2](
        packed, width, p->right, p->right_column_stride, p->depth, p->columns);
  } else {
    for (int64_t k = 0; k < p->depth; k++) {
      for (int64_t j = 0; j < p->columns; j++) {
        packed[k * width + j] = p->right[k * p->right_depth_stride + j * p->right_column_stride];
      }
    }
  }
}

// Results narrower than a vector are made in scratch, behind the packed operand.
static void multiply_narrow(const apus_small_product_context *p, product_task task) {
  float *wide = p->scratch + p->depth * FLOAT_LANES;
  float bias[FLOAT_LANES] = {0};
  if (p->bias != NULL) memcpy(bias, p->bias, sizeof(float) * (size_t)p->columns);
  task.bias = bias;
  task.residual = NULL;
  task.least = -INFINITY;
  task.c = wide;
  task.c_row = FLOAT_LANES;
  multiply(p, task, FLOAT_LANES);
  const float least = p->activation == APUS_ACTIVATION_RELU ? 0.0f : -INFINITY;
  for (int64_t row = 0; row < p->rows; row++) {
    for (int64_t j = 0; j < p->columns; j++) {
      const int64_t at = row * p->columns + j;
      float value = wide[row * FLOAT_LANES + j] + (p->residual == NULL ? 0.0f : p->residual[at]);
      p->result[at] = value < least ? least : value;
    }
  }
}

void SMALL_PRODUCT_NAME(const apus_small_product_context *p) {
  const int is_relu = p->activation == APUS_ACTIVATION_RELU, is_narrow = p->columns < FLOAT_LANES;
  product_task task = {
      .a = p->left, .b = p->right, .bias = p->bias, .residual = p->residual, .c = p->result,
      .a_row = p->left_row_stride, .a_depth = p->left_depth_stride, .b_depth = p->right_depth_stride,
      .c_row = p->columns, .depth = p->depth, .least = is_relu ? 0.0f : -INFINITY};
  if (is_narrow || p->right_column_stride != 1) {
    task.b = p->scratch;
    task.b_depth = is_narrow ? FLOAT_LANES : p->columns;
    pack_right(p, p->scratch, task.b_depth);
  }
  if (is_narrow) {
    multiply_narrow(p, task);
  } else {
    multiply(p, task, p->columns);
  }
  if (p->activation != APUS_ACTIVATION_NONE && !is_relu) {
    activate(p->result, p->rows * p->columns, p->activation);
  }
}
