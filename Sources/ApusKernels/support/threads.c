#include "apus_threads.h"

#include <stdatomic.h>
#include <unistd.h>

#include "apus_step.h"

#if defined(__linux__)
// libgomp's own entry points. They are declared by hand because this target is compiled without -fopenmp:
// with it, clang would bring LLVM's runtime and with that a second pool beside oneDNN's.
extern void GOMP_parallel(void (*body)(void *), void *data, unsigned threads, unsigned flags);
extern int omp_get_thread_num(void);
extern int omp_get_num_threads(void);
extern int omp_get_max_threads(void);
extern int omp_in_parallel(void);
extern void omp_set_num_threads(int count);
#elif defined(__APPLE__)
#include <dispatch/dispatch.h>
static _Thread_local int inside_region = 0;
#endif

// 0 until somebody asks or sets it.
static atomic_int chosen_threads = 0;

static int default_thread_count(void) {
#if defined(__linux__)
  return omp_get_max_threads();
#else
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online < 1 ? 1 : (int)online;
#endif
}

int apus_thread_count(void) {
  int count = atomic_load(&chosen_threads);
  if (count == 0) {
    int expected = 0;
    count = default_thread_count();
    if (!atomic_compare_exchange_strong(&chosen_threads, &expected, count)) count = expected;
  }
  return count;
}

void apus_set_thread_count(int count) {
  if (count < 1) count = 1;
  atomic_store(&chosen_threads, count);
#if defined(__linux__)
  omp_set_num_threads(count);
#endif
}

// The control word that decides about denormals: MXCSR on x86, FPCR on ARM.
#if defined(__x86_64__)
typedef unsigned float_mode;
static float_mode read_float_mode(void) { return __builtin_ia32_stmxcsr(); }
static void write_float_mode(float_mode mode) { __builtin_ia32_ldmxcsr(mode); }
static float_mode flushing(float_mode mode) { return mode | 0x8040u; }  // flush-to-zero, denormals-are-zero
#elif defined(__aarch64__)
typedef uint64_t float_mode;
static float_mode read_float_mode(void) {
  float_mode mode;
  __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
  return mode;
}
static void write_float_mode(float_mode mode) { __asm__ volatile("msr fpcr, %0" : : "r"(mode)); }
static float_mode flushing(float_mode mode) { return mode | (1u << 24); }  // FZ
#else
typedef int float_mode;
static float_mode read_float_mode(void) { return 0; }
static void write_float_mode(float_mode mode) { (void)mode; }
static float_mode flushing(float_mode mode) { return mode; }
#endif

void apus_enter_engine_thread(void) {
  write_float_mode(flushing(read_float_mode()));
#if defined(__linux__)
  omp_set_num_threads(apus_thread_count());
#endif
}

// Whether the thread has to do without a pool.
static _Thread_local int works_alone = 0;

uint64_t apus_enter_caller_thread(void) {
  float_mode mode = read_float_mode();
  write_float_mode(flushing(mode));
  works_alone = 1;
  return (uint64_t)mode;
}

void apus_leave_caller_thread(uint64_t mode) {
  works_alone = 0;
  write_float_mode((float_mode)mode);
}

typedef struct {
  apus_parallel_body body;
  void *context;
  int threads;
} region;

static void run_on_thread(const region *work, int thread, int count) {
  float_mode mode = read_float_mode();
  if (flushing(mode) == mode) {
    work->body(work->context, thread, count);
  } else {
    write_float_mode(flushing(mode));
    work->body(work->context, thread, count);
    write_float_mode(mode);
  }
}

#if defined(__linux__)
static void region_entry(void *data) { run_on_thread(data, omp_get_thread_num(), omp_get_num_threads()); }
#elif defined(__APPLE__)
static void region_entry(void *data, size_t thread) {
  const region *work = data;
  inside_region = 1;
  run_on_thread(work, (int)thread, work->threads);
  inside_region = 0;
}
#endif

void apus_parallel(int threads, apus_parallel_body body, void *context) {
  region work = {body, context, threads};
#if defined(__linux__)
  if (threads > 1 && !works_alone && !omp_in_parallel()) {
    GOMP_parallel(region_entry, &work, (unsigned)threads, 0);
    return;
  }
#elif defined(__APPLE__)
  if (threads > 1 && !works_alone && !inside_region) {
    dispatch_apply_f((size_t)threads, DISPATCH_APPLY_AUTO, &work, region_entry);
    return;
  }
#endif
  run_on_thread(&work, 0, 1);
}

typedef struct {
  apus_parallel_for_body body;
  void *context;
  int64_t count;
  int64_t chunk;
} parallel_loop;

static void parallel_loop_body(void *context, int thread, int thread_count) {
  const parallel_loop *loop = context;
  int64_t chunks = (loop->count + loop->chunk - 1) / loop->chunk;
  int64_t last = chunks * (thread + 1) / thread_count;
  for (int64_t i = chunks * thread / thread_count; i < last; i++) {
    int64_t begin = i * loop->chunk;
    int64_t end = begin + loop->chunk < loop->count ? begin + loop->chunk : loop->count;
    loop->body(loop->context, begin, end, thread);
  }
}

void apus_parallel_for(
    int threads, int64_t count, int64_t chunk, apus_parallel_for_body body, void *context) {
  if (count <= 0) return;
  if (chunk < 1) chunk = 1;
  if (threads <= 0) threads = apus_thread_count();
  int64_t chunks = (count + chunk - 1) / chunk;
  parallel_loop loop = {body, context, count, chunk};
  // One thread or all: libgomp ends threads that a smaller team leaves out, and makes them anew later.
  apus_parallel(chunks < 2 ? 1 : threads, parallel_loop_body, &loop);
}

int64_t apus_run_steps(const apus_step *steps, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    if (steps[i].run(steps[i].context) != 0) return i;
  }
  return -1;
}
