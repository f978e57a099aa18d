#define APUS_VECTOR_BYTES 16
#define KERNELS_NAME recurrence_kernels_baseline
#include "recurrence_loops.h"
