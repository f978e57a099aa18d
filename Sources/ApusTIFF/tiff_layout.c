#include "tiff_layout.h"

#include <string.h>

// More samples a pixel are scientific data, not an image.
#define SAMPLE_LIMIT 16

int tiff_sample_count(const tiff_layout *page) { return page->color_samples + (page->alpha ? 1 : 0); }

int tiff_is_single(const tiff_layout *page) { return page->color_samples == 1 && !page->is_converted; }

int tiff_channel_count(const tiff_layout *page) {
  const int is_gray = page->color_samples == 1 && page->photometric != PHOTOMETRIC_PALETTE;
  return (is_gray ? 1 : 3) + (page->alpha ? 1 : 0);
}

// Fills in how colors are stored; 0 where that is not read.
static int read_colors(TIFF *file, tiff_source *source, tiff_layout *page, uint16_t compression) {
  switch (page->photometric) {
    case PHOTOMETRIC_MINISWHITE:
    case PHOTOMETRIC_MINISBLACK:
      page->color_samples = 1;
      return 1;
    case PHOTOMETRIC_PALETTE: {
      uint16_t *colors[3] = {0};
      page->color_samples = 1;
      if (page->bits > 8 || !TIFFGetField(file, TIFFTAG_COLORMAP, &colors[0], &colors[1], &colors[2])) {
        tiff_fail(source, APUS_TIFF_CORRUPT, "it has no palette of up to 256 colors");
        return 0;
      }
      for (int i = 0; i < 3; i++) page->palette[i] = colors[i];
      return 1;
    }
    case PHOTOMETRIC_RGB:
      page->color_samples = 3;
      return 1;
    case PHOTOMETRIC_SEPARATED:
      page->color_samples = 4;
      return 1;
    case PHOTOMETRIC_YCBCR:
      if (compression == COMPRESSION_JPEG && page->planar == PLANARCONFIG_CONTIG) {
        TIFFSetField(file, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
        page->color_samples = 3;
        return 1;
      }
      page->color_samples = 3;
      page->is_converted = 1;
      return 1;
    case PHOTOMETRIC_CIELAB:
      page->color_samples = 3;
      page->is_converted = 1;
      return 1;
    default:
      tiff_fail(
          source, APUS_TIFF_UNSUPPORTED,
          "gray, palette, RGB, CMYK, YCbCr and CIE Lab are read, it has another color space");
      return 0;
  }
}

int tiff_read_layout(TIFF *file, tiff_source *source, tiff_layout *page) {
  memset(page, 0, sizeof *page);
  uint32_t kind = 0;
  uint16_t format = SAMPLEFORMAT_UINT, compression = COMPRESSION_NONE, orientation = 1, extra_count = 0;
  uint16_t *extras = NULL;
  void *version = NULL;
  if (!TIFFGetField(file, TIFFTAG_IMAGEWIDTH, &page->width) ||
      !TIFFGetField(file, TIFFTAG_IMAGELENGTH, &page->height) || page->width == 0 || page->height == 0 ||
      page->width > 1u << 24 || page->height > 1u << 24) {
    tiff_fail(source, APUS_TIFF_CORRUPT, "it states no size");
    return 0;
  }
  TIFFGetFieldDefaulted(file, TIFFTAG_SUBFILETYPE, &kind);
  if (kind & FILETYPE_REDUCEDIMAGE || TIFFGetField(file, TIFFTAG_DNGVERSION, &version)) {
    tiff_fail(source, APUS_TIFF_UNSUPPORTED, "it is a camera's raw file: its first page is a preview, or no image yet");
    return 0;
  }
  TIFFGetFieldDefaulted(file, TIFFTAG_BITSPERSAMPLE, &page->bits);
  TIFFGetFieldDefaulted(file, TIFFTAG_SAMPLESPERPIXEL, &page->samples);
  TIFFGetFieldDefaulted(file, TIFFTAG_PLANARCONFIG, &page->planar);
  TIFFGetFieldDefaulted(file, TIFFTAG_SAMPLEFORMAT, &format);
  TIFFGetFieldDefaulted(file, TIFFTAG_COMPRESSION, &compression);
  TIFFGetFieldDefaulted(file, TIFFTAG_ORIENTATION, &orientation);
  TIFFGetFieldDefaulted(file, TIFFTAG_EXTRASAMPLES, &extra_count, &extras);
  page->orientation = orientation >= 1 && orientation <= 8 ? orientation : 1;
  if (!TIFFGetField(file, TIFFTAG_PHOTOMETRIC, &page->photometric)) page->photometric = PHOTOMETRIC_MINISBLACK;
  const int has_depth =
      page->bits == 1 || page->bits == 2 || page->bits == 4 || page->bits == 8 || page->bits == 16;
  if (!has_depth || (format != SAMPLEFORMAT_UINT && format != SAMPLEFORMAT_VOID)) {
    tiff_fail(
        source, APUS_TIFF_UNSUPPORTED,
        "whole numbers of 1, 2, 4, 8 or 16 bits are read, it has others, such as floating point");
    return 0;
  }
  if (!TIFFIsCODECConfigured(compression)) {
    tiff_fail(source, APUS_TIFF_UNSUPPORTED, "it is compressed in a way that this libtiff does not read");
    return 0;
  }
  if (!read_colors(file, source, page, compression)) return 0;
  if (page->samples < page->color_samples || page->samples > SAMPLE_LIMIT) {
    tiff_fail(source, APUS_TIFF_UNSUPPORTED, "its number of samples a pixel does not fit its colors");
    return 0;
  }
  const int has_extra = page->samples > page->color_samples && extra_count > 0 && extras &&
                        page->photometric != PHOTOMETRIC_PALETTE && page->color_samples != 4;
  if (has_extra && !page->is_converted &&
      (extras[0] == EXTRASAMPLE_ASSOCALPHA || extras[0] == EXTRASAMPLE_UNASSALPHA)) {
    page->alpha = extras[0];
  }
  const uint64_t needed = (uint64_t)page->width * page->height * page->bits / 8;
  if (compression == COMPRESSION_NONE && needed > source->count) {
    source->passed_end = 1;
    tiff_fail(source, APUS_TIFF_CORRUPT, "it has fewer bytes than its pixels take");
    return 0;
  }
  return 1;
}
