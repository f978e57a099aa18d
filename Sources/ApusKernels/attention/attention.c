#include "attention_internal.h"

#include "apus_threads.h"
#include "kernel_support.h"
#include "loop_kernels.h"

static const attention_kernels *kernels_for_processor(void) {
#if defined(__x86_64__)
  const loop_kernels *loops = loop_kernels_for_processor();
  if (loops == &loop_kernels_avx512) return &attention_kernels_avx512;
  if (loops == &loop_kernels_avx2) return &attention_kernels_avx2;
#endif
  return &attention_kernels_baseline;
}

typedef struct {
  const void *context;
  int failed;
} attention_job;

static void forward_part(void *context, int thread, int count) {
  attention_job *job = context;
  if (kernels_for_processor()->forward(job->context, thread, count) != 0) {
    __atomic_store_n(&job->failed, 1, __ATOMIC_RELAXED);
  }
}

static void backward_part(void *context, int thread, int count) {
  attention_job *job = context;
  if (kernels_for_processor()->backward(job->context, thread, count) != 0) {
    __atomic_store_n(&job->failed, 1, __ATOMIC_RELAXED);
  }
}

static int64_t score_count(const apus_attention_context *c) {
  return c->batch * c->heads * c->queries * c->keys;
}

int apus_attention(void *context) {
  const apus_attention_context *c = context;
  attention_job job = {c, 0};
  apus_parallel(thread_count(c->threads, score_count(c) * 8), forward_part, &job);
  return job.failed;
}

int apus_attention_gradient(void *context) {
  const apus_attention_gradient_context *c = context;
  attention_job job = {c, 0};
  apus_parallel(thread_count(c->forward.threads, score_count(&c->forward) * 8), backward_part, &job);
  return job.failed;
}
