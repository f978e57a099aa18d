#define APUS_VECTOR_BYTES 16
#define WINOGRAD_NAME winograd_kernels_baseline
#include "winograd_tiles.h"
