// Making tiles of a fused loop's inputs and indices ready to read.

#include <string.h>

#include "loop_internal.h"

static void store_index(int32_t dtype, char *result, int64_t at, int64_t value) {
  switch (dtype) {
    case APUS_FLOAT32: ((float *)result)[at] = (float)value; break;
    case APUS_INT64: ((int64_t *)result)[at] = value; break;
    default: ((uint32_t *)result)[at] = (uint32_t)value;
  }
}

// Fills a tile with values computed from its positions.
static void make_indices(
    const apus_loop *loop, const loop_register *r, int64_t start, const int64_t *extents, char *result) {
  int64_t index[MAX_RANK] = {0};
  int64_t value = start, at = 0;
  const int32_t last = loop->rank - 1;
  while (1) {
    for (int64_t i = 0; i < extents[last]; i++)
      store_index(r->dtype, result, at++, value + i * r->strides[last]);
    int32_t d = last - 1;
    for (; d >= 0; d--) {
      value += r->strides[d];
      if (++index[d] < extents[d]) break;
      index[d] = 0;
      value -= r->strides[d] * extents[d];
    }
    if (d < 0) return;
  }
}

// A part of an operand of several arrays: where it is when one array has all of it, else put together in `place`.
static tile_source load_segments(const loop_register *r, char *place, int64_t start, int64_t count) {
  int32_t low = 0, high = r->segment_count - 1;
  while (low < high) {
    const int32_t middle = (low + high) / 2;
    if (r->segments[middle].end > start) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  const loop_segment *segment = &r->segments[low];
  int64_t begin = low > 0 ? segment[-1].end : 0;
  if (segment->address != NULL && start + count <= segment->end) {
    return (tile_source){segment->address + ((start - begin) << r->size_log2), 1};
  }
  for (char *to = place; count > 0; begin = segment->end, segment++) {
    const int64_t part = smaller(segment->end - start, count);
    const size_t bytes = (size_t)part << r->size_log2;
    if (segment->address == NULL) {
      memset(to, 0, bytes);
    } else {
      memcpy(to, segment->address + ((start - begin) << r->size_log2), bytes);
    }
    to += bytes;
    start += part;
    count -= part;
  }
  return (tile_source){place, 1};
}

tile_source loop_load(
    const apus_loop *loop, const loop_register *r, char *scratch, const int64_t *starts,
    const int64_t *extents, const int64_t *tile_strides) {
  const int64_t offset = offset_of(loop, r->strides, starts);
  if (r->segments != NULL) return load_segments(r, scratch + r->scratch, offset, extents[0]);
  const char *source = r->address + offset * ((int64_t)1 << r->size_log2);
  if (r->access == ACCESS_DIRECT) return (tile_source){source, 1};
  char *place = scratch + r->scratch;
  if (r->access == ACCESS_SPLAT) {
    char element[8];
    if (r->kind == REGISTER_INDEX) {
      store_index(r->dtype, element, 0, r->start + offset);
      source = element;
    }
    loop_fill(r->size_log2, place, source, SPLAT_BYTES >> r->size_log2);
    return (tile_source){place, 0};
  }
  if (r->kind == REGISTER_INDEX) {
    make_indices(loop, r, r->start + offset, extents, place);
  } else {
    loop_copy_block(
        loop->kernels, r->size_log2, loop->rank, extents, place, tile_strides, source, r->strides);
  }
  return (tile_source){place, 1};
}
