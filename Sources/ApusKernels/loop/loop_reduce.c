// Accumulators of a fused loop's reducing outputs: 8 bytes for each kept element of a tile, a double for
// floats, an integer otherwise.

#include <math.h>
#include <string.h>

#include "loop_internal.h"

// Sets `count` accumulators to an output's neutral element.
static void clear(const loop_output *output, char *accumulators, int64_t count) {
  double real = 0;
  int64_t whole = 0;
  switch (output->reduction) {
    case APUS_REDUCE_PROD: real = 1, whole = 1; break;
    case APUS_REDUCE_MAX:
      real = -INFINITY;
      whole = output->dtype == APUS_INT32 ? INT32_MIN : output->dtype == APUS_INT64 ? INT64_MIN : 0;
      break;
    case APUS_REDUCE_MIN:
      real = INFINITY;
      switch (output->dtype) {
        case APUS_INT32: whole = INT32_MAX; break;
        case APUS_INT64: whole = INT64_MAX; break;
        case APUS_UINT32: whole = UINT32_MAX; break;
        case APUS_UINT8: whole = UINT8_MAX; break;
        default: whole = 1;
      }
      break;
    case APUS_REDUCE_AND: whole = output->dtype == APUS_BOOL ? 1 : -1; break;
    default: break;
  }
  loop_fill(3, accumulators, is_float(output->dtype) ? (char *)&real : (char *)&whole, count);
}

// Converts accumulators to elements.
static void convert(int32_t dtype, const char *accumulators, char *values, int64_t count) {
#define FINISH(T, ACC)                                                                      \
  for (int64_t i = 0; i < count; i++) ((T *)values)[i] = (T)((const ACC *)accumulators)[i]; \
  break;
  switch (dtype) {
    case APUS_FLOAT32: FINISH(float, double)
    case APUS_FLOAT64: FINISH(double, double)
    case APUS_INT32:
    case APUS_UINT32: FINISH(uint32_t, uint64_t)
    case APUS_INT64: FINISH(uint64_t, uint64_t)
    default: FINISH(uint8_t, uint64_t)
  }
#undef FINISH
}

void loop_reduce_tile(
    const apus_loop *loop, const loop_output *output, const int64_t *extents, const char *values,
    char *accumulators) {
  // Neighboring dimensions that are all kept, or all reduced, are one group; groups alternate.
  int32_t groups = 0;
  int64_t sizes[MAX_RANK];
  int reduced[MAX_RANK];
  for (int32_t d = 0; d < loop->rank; d++) {
    if (extents[d] == 1) continue;
    if (groups > 0 && reduced[groups - 1] == loop->reduced[d]) {
      sizes[groups - 1] *= extents[d];
    } else {
      sizes[groups] = extents[d];
      reduced[groups++] = loop->reduced[d];
    }
  }
  const int64_t size = (int64_t)1 << output->size_log2;
  if (groups == 0) {
    output->reduce_columns(accumulators, values, 1, 1);
    return;
  }
  int64_t columns = 1, rows = 1, run = 0;
  if (reduced[groups - 1]) {
    run = sizes[--groups];
    if (groups > 0) rows = sizes[--groups];
  } else {
    columns = sizes[--groups];
    if (groups > 0) rows = sizes[--groups];
  }
  // What is left: an odometer over the outer groups.
  int64_t kept_strides[MAX_RANK], index[MAX_RANK] = {0};
  int64_t kept = run > 0 ? rows : columns;
  for (int32_t g = groups - 1; g >= 0; g--) {
    kept_strides[g] = reduced[g] ? 0 : kept;
    if (!reduced[g]) kept *= sizes[g];
  }
  int64_t at = 0;
  while (1) {
    char *target = accumulators + at * 8;
    if (run > 0) {
      output->reduce_rows(target, values, rows, run);
      values += rows * run * size;
    } else {
      output->reduce_columns(target, values, rows, columns);
      values += rows * columns * size;
    }
    int32_t g = groups - 1;
    for (; g >= 0; g--) {
      at += kept_strides[g];
      if (++index[g] < sizes[g]) break;
      index[g] = 0;
      at -= kept_strides[g] * sizes[g];
    }
    if (g < 0) return;
  }
}

void loop_clear_accumulators(const apus_loop *loop, char *accumulators) {
  for (int32_t i = 0; i < loop->output_count; i++) {
    const loop_output *output = &loop->outputs[i];
    if (output->reduction == APUS_REDUCE_NONE) continue;
    clear(output, accumulators + output->accumulators, loop->kept_elements);
  }
}

void loop_finish_outputs(
    const apus_loop *loop, char *staging, const int64_t *kept_starts, const int64_t *kept_extents,
    const char *accumulators) {
  int64_t starts[MAX_RANK], extents[MAX_RANK], tile_strides[MAX_RANK];
  int64_t count = 1;
  for (int32_t d = 0; d < loop->rank; d++) {
    starts[d] = loop->reduced[d] ? 0 : kept_starts[d];
    extents[d] = loop->reduced[d] ? 1 : kept_extents[d];
    count *= extents[d];
  }
  row_major_strides(loop, extents, tile_strides);
  for (int32_t i = 0; i < loop->output_count; i++) {
    const loop_output *output = &loop->outputs[i];
    if (output->reduction == APUS_REDUCE_NONE) continue;
    convert(output->dtype, accumulators + output->accumulators, staging, count);
    char *target =
        output->address + offset_of(loop, output->strides, starts) * ((int64_t)1 << output->size_log2);
    loop_copy_block(
        loop->kernels, output->size_log2, loop->rank, extents, target, output->strides, staging,
        tile_strides);
  }
}

void loop_combine_splits(const apus_loop *loop, char *staging) {
  int64_t starts[MAX_RANK] = {0}, extents[MAX_RANK];
  for (int64_t kept = 0; kept < loop->kept_tiles; kept++) {
    char *total = loop->accumulators + kept * loop->splits * loop->accumulator_bytes;
    for (int64_t split = 1; split < loop->splits; split++) {
      const char *partial = total + split * loop->accumulator_bytes;
      for (int32_t i = 0; i < loop->output_count; i++) {
        const loop_output *output = &loop->outputs[i];
        if (output->reduction == APUS_REDUCE_NONE) continue;
        output->combine(total + output->accumulators, partial + output->accumulators, 1, loop->kept_elements);
      }
    }
    locate_tile(loop, 0, kept, starts, extents);
    loop_finish_outputs(loop, staging, starts, extents, total);
  }
}

int loop_store_identities(const apus_loop *loop) {
  int64_t extents[MAX_RANK], none[MAX_RANK] = {0};
  for (int32_t d = 0; d < loop->rank; d++) {
    extents[d] = loop->reduced[d] ? 1 : loop->shape[d];
    if (extents[d] == 0) return 0;
  }
  for (int32_t i = 0; i < loop->output_count; i++) {
    const loop_output *output = &loop->outputs[i];
    if (output->reduction == APUS_REDUCE_NONE) continue;
    if (output->address == NULL) return 1;
    _Alignas(8) char accumulator[8], element[8];
    clear(output, accumulator, 1);
    convert(output->dtype, accumulator, element, 1);
    loop_copy_block(
        loop->kernels, output->size_log2, loop->rank, extents, output->address, output->strides, element,
        none);
  }
  return 0;
}
