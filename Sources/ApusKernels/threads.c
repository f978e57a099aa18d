#include "apus_threads.h"

void GOMP_parallel(void (*body)(void *), void *data, unsigned threads, unsigned flags);
int omp_get_thread_num(void);
int omp_get_num_threads(void);

typedef struct {
  void (*body)(void *context, int thread, int count);
  void *context;
} region;

static void enter(void *data) {
  region *r = data;
  r->body(r->context, omp_get_thread_num(), omp_get_num_threads());
}

void apus_parallel(int threads, void (*body)(void *context, int thread, int count), void *context) {
  if (threads <= 1) {
    body(context, 0, 1);
    return;
  }
  region r = {body, context};
  GOMP_parallel(enter, &r, (unsigned)threads, 0);
}
