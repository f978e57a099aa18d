// Images in other sizes, by Pillow's method: each new pixel is a weighted mean of all the old ones under a filter
// that is as wide as the image shrinks, so that nothing aliases; one direction after the other.
// https://github.com/python-pillow/Pillow/blob/main/src/libImaging/Resample.c
#pragma once
#include <stdint.h>

enum { APUS_FILTER_BOX, APUS_FILTER_BILINEAR, APUS_FILTER_BICUBIC, APUS_FILTER_LANCZOS };

typedef struct {
  // The first pixel of the old image (`channels` elements each), and the bytes from row to row.
  const void *pixels;
  int64_t row_bytes;
  int64_t width, height, channels;
  // The new image, row after row without gaps. All sizes are positive.
  void *result;
  int64_t new_width, new_height;
  // One of APUS_FILTER_...
  int32_t filter;
} apus_resample_context;

// Elements are bytes; the weights are whole numbers of 22 binary places and so are the results Pillow's, to the bit.
// 0, or 1 where there is no memory.
int apus_resample_bytes(const apus_resample_context *c);

// Elements are floats. 0, or 1 where there is no memory.
int apus_resample_floats(const apus_resample_context *c);

// The old pixel, of `pixel_bytes`, under the middle of each new one; `filter` and `channels` do not count.
void apus_resample_nearest(const apus_resample_context *c, int64_t pixel_bytes);

// result[i] = bytes[i] / divisor
void apus_bytes_to_floats(float *result, const uint8_t *bytes, int64_t count, float divisor);

// Multiplies the first `channels - 1` bytes of each pixel by its last, alpha, and takes that back again, both
// rounded as Pillow does it.
void apus_premultiply_alpha(uint8_t *pixels, int64_t count, int64_t channels);
void apus_unpremultiply_alpha(uint8_t *pixels, int64_t count, int64_t channels);
