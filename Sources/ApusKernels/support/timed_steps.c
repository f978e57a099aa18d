#include <time.h>

#include "apus_step.h"

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int64_t apus_run_steps_timed(const apus_step *steps, int64_t count, int64_t *times) {
  for (int64_t i = 0; i < count; i++) {
    times[i] = now();
    if (steps[i].run(steps[i].context) != 0) return i;
  }
  times[count] = now();
  return -1;
}
