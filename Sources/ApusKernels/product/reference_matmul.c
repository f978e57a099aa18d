#include "reference.h"
#include "reference_gemm.h"

// A result is cut into blocks of this many rows and columns, whatever the number of threads.
#define BLOCK 128

typedef struct {
  const apus_matmul_context *c;
  int64_t row_blocks, column_blocks, blocks;
} product;

static void multiply_part(void *context, int thread, int count) {
  const product *p = context;
  const apus_matmul_context *c = p->c;
  range part = split(p->blocks, 1, thread, count);
  int64_t bytes = element_bytes(c->dtype);
  for (int64_t block = part.begin; block < part.end; block++) {
    int64_t column = block % p->column_blocks * BLOCK;
    int64_t row = block / p->column_blocks % p->row_blocks * BLOCK;
    int64_t rest = block / p->column_blocks / p->row_blocks;
    int64_t left = row * c->left_row_stride, right = column * c->right_column_stride;
    int64_t result = row * c->result_row_stride + column * c->result_column_stride;
    for (int d = c->batch_rank - 1; d >= 0; d--) {
      int64_t position = rest % c->batch[d];
      rest /= c->batch[d];
      left += position * c->left_batch_stride[d];
      right += position * c->right_batch_stride[d];
      result += position * c->result_batch_stride[d];
    }
    gemm_shape shape = {
        .rows = min_i64(BLOCK, c->rows - row), .columns = min_i64(BLOCK, c->columns - column),
        .depth = c->depth,
        .a_row = c->left_row_stride, .a_depth = c->left_depth_stride,
        .b_depth = c->right_depth_stride, .b_column = c->right_column_stride,
        .c_row = c->result_row_stride, .c_column = c->result_column_stride,
    };
    for (int64_t r = 0; r < shape.rows; r++) {
      char *line = (char *)c->result + (result + r * c->result_row_stride) * bytes;
      if (c->result_column_stride == 1) {
        memset(line, 0, (size_t)(shape.columns * bytes));
      } else {
        for (int64_t j = 0; j < shape.columns; j++) {
          memset(line + j * c->result_column_stride * bytes, 0, (size_t)bytes);
        }
      }
    }
    gemm_add(c->dtype, &shape, c->left, left, c->right, right, c->result, result);
  }
}

int apus_matmul(void *context) {
  const apus_matmul_context *c = context;
  if (!gemm_supports(c->dtype)) return APUS_FAULT_DTYPE;
  product p = {c, ceil_divide(c->rows, BLOCK), ceil_divide(c->columns, BLOCK), 0};
  p.blocks = p.row_blocks * p.column_blocks;
  int64_t batch = 1;
  for (int d = 0; d < c->batch_rank; d++) batch *= c->batch[d];
  p.blocks *= batch;
  int64_t work = batch * c->rows * c->columns * max_i64(1, c->depth);
  if (p.blocks > 0) apus_parallel(thread_count(c->threads, work), multiply_part, &p);
  return 0;
}
