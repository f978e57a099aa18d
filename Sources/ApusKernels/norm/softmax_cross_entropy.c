#include "softmax_cross_entropy.h"

#include <math.h>

#include "exponential.h"
#include "kernel_support.h"

INLINE int is_ignored(const apus_softmax_cross_entropy_context *c, int64_t label) {
  return c->has_ignored_label && label == c->ignored_label;
}

DEFINE_LARGEST(f32, float)
DEFINE_LARGEST(f64, double)

#define T float
#define NAMED(x) x##_f32
#define EXP exp_f32
#define LOG logf
#define LARGEST largest_f32
#include "softmax_cross_entropy_loops.h"

#define T double
#define NAMED(x) x##_f64
#define EXP exp_f64
#define LOG log
#define LARGEST largest_f64
#include "softmax_cross_entropy_loops.h"

static void forward_part(void *context, int thread, int count) {
  const apus_softmax_cross_entropy_context *c = context;
  (c->dtype == TYPE_F32 ? forward_f32 : forward_f64)(c, split(c->rows, 1, thread, count));
}

static void backward_part(void *context, int thread, int count) {
  const apus_softmax_cross_entropy_context *c = context;
  (c->dtype == TYPE_F32 ? backward_f32 : backward_f64)(c, split(c->rows, 1, thread, count));
}

static int run(apus_softmax_cross_entropy_context *c, void (*part)(void *, int, int)) {
  if (c->dtype != TYPE_F32 && c->dtype != TYPE_F64) return APUS_FAULT_DTYPE;
  for (int64_t r = 0; r < c->rows; r++) {
    int64_t label = load_index(c->labels, c->label_dtype, r);
    if ((uint64_t)label < (uint64_t)c->classes || is_ignored(c, label)) continue;
    c->fault = (apus_fault){APUS_FAULT_LABEL, r, label, c->classes};
    return APUS_FAULT_LABEL;
  }
  apus_parallel(thread_count(c->threads, c->rows * c->classes), part, c);
  return 0;
}

int apus_softmax_cross_entropy(void *context) { return run(context, forward_part); }
int apus_softmax_cross_entropy_gradient(void *context) { return run(context, backward_part); }
