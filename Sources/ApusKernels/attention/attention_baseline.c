#define APUS_VECTOR_BYTES 16
#define ATTENTION_NAME attention_kernels_baseline
#include "attention_forward.h"
#include "attention_backward.h"
#include "attention_table.h"
