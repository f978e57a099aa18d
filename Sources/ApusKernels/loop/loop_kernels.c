#include "loop_kernels.h"

#include <stdlib.h>
#include <string.h>

const loop_kernels *loop_kernels_for_processor(void) {
#if defined(__x86_64__)
  const char *wish = getenv("APUS_ISA");
  if (wish == NULL) wish = "";
  if (strcmp(wish, "baseline") == 0) return &loop_kernels_baseline;
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && strcmp(wish, "avx2") != 0) {
    return &loop_kernels_avx512;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &loop_kernels_avx2;
#endif
  return &loop_kernels_baseline;
}
