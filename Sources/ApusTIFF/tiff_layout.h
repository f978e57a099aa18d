// How the first page of a TIFF file is stored.
#pragma once
#include "tiff_source.h"

typedef struct {
  uint32_t width, height;
  uint16_t bits, samples, photometric, planar;
  // Samples of color at the start of each pixel.
  int color_samples;
  // 0, or the kind of alpha in the sample after those: EXTRASAMPLE_ASSOCALPHA or EXTRASAMPLE_UNASSALPHA.
  int alpha;
  // Color spaces that the library turns into RGBA itself.
  int is_converted;
  int orientation;
  const uint16_t *palette[3];
} tiff_layout;

// The samples of each pixel that are used: of color, and of alpha.
int tiff_sample_count(const tiff_layout *page);

// Whether each pixel is one number.
int tiff_is_single(const tiff_layout *page);

// The channels of the decoded pixels.
int tiff_channel_count(const tiff_layout *page);

// Reads how the first page is stored; 0, with the reason in the report, where it is not read.
int tiff_read_layout(TIFF *file, tiff_source *source, tiff_layout *page);
