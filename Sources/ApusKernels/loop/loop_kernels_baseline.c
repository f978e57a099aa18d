#define APUS_VECTOR_BYTES 16
#define KERNELS_NAME loop_kernels_baseline
#define KERNELS_INSTRUCTION_SET "baseline"
#include "loop_kernels_table.h"
