#define APUS_VECTOR_BYTES 16
#define SMALL_PRODUCT_NAME small_product_baseline
#include "small_product_tiles.h"
