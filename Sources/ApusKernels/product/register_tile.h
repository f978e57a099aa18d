// The part of a matrix product's result that is summed up in registers.

#pragma once
#include "vector_types.h"

// As many accumulators as fit into the registers beside a row of B.
#if APUS_VECTOR_BYTES == 64 || defined(__aarch64__)
#define PANEL_VECTORS 4
#else
#define PANEL_VECTORS 2
#endif
#define TILE_ROWS 6
// Columns of B that are walked together. B is kept in panels of so many columns, [panels][depth][PANEL].
#define PANEL (PANEL_VECTORS * FLOAT_LANES)

#define UNROLLED _Pragma("clang loop unroll(full)")
