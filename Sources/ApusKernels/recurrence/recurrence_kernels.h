// What the recurrent loops of each instruction set share with the code that chooses among them.
#pragma once
#include <stdint.h>

#include "recurrence.h"
#include "kernel_support.h"

// Threads wait for each other here. Counts arrivals and never goes back, so that nobody has to reset it.
typedef struct {
  int64_t arrivals;
  char padding[56];
} meeting_point;

// Rows of the batch that are handled together, so that what they need stays in the nearest cache.
#define ROWS_AT_ONCE 24
#define MOST_GATES 4

INLINE int64_t gate_count(int32_t cell) {
  return cell == APUS_CELL_LSTM ? 4 : cell == APUS_CELL_GRU ? 3 : 1;
}

typedef struct {
  apus_recurrence_context *context;
  meeting_point *meeting;
  float *packed;            // the recurrent kernel in panels
  float *tiles;             // one for each thread
  float *ring;              // two steps' states, where they are not kept
} recurrence_job;

typedef struct {
  apus_recurrence_gradient_context *context;
  meeting_point *meeting;
  float *packed;
  float *tiles;
} recurrence_gradient_job;

// The loops for one instruction set; parts are run by the threads of a region.
typedef struct {
  // Units that one panel of the packed kernel covers.
  int64_t panel;
  void (*pack)(void *job, int thread, int count);
  void (*run)(void *job, int thread, int count);
  void (*pack_for_gradient)(void *job, int thread, int count);
  void (*run_gradient)(void *job, int thread, int count);
} recurrence_kernels;

extern const recurrence_kernels recurrence_kernels_baseline;
#if defined(__x86_64__)
extern const recurrence_kernels recurrence_kernels_avx2;
extern const recurrence_kernels recurrence_kernels_avx512;
#endif
