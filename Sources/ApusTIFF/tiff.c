#include "apus_tiff.h"

#include <stdlib.h>
#include <string.h>

#include "tiff_layout.h"

// A tile or line of more bytes is read by nobody.
#define BUFFER_LIMIT ((uint64_t)1 << 28)

// Sample `index` of a packed line.
static inline unsigned sample_at(const uint8_t *line, size_t index, int bits) {
  if (bits == 8) return line[index];
  if (bits == 16) {
    uint16_t value;
    memcpy(&value, line + 2 * index, 2);
    return value;
  }
  const size_t bit = index * (size_t)bits;
  return line[bit / 8] >> (8 - bits - (int)(bit % 8)) & ((1u << bits) - 1);
}

// Where samples go: one number each, or bytes of all samples that are used.
typedef struct {
  uint8_t *bytes;
  uint16_t *values;
} destination;

// Takes `width` pixels of a line of `step` samples a pixel, of which `count` are used, to row `row` from `column` on.
static void take_line(
    const tiff_layout *page, const destination *to, const uint8_t *line, uint32_t row, uint32_t column,
    uint32_t width, int step, int first, int count) {
  const int used = tiff_sample_count(page), bits = page->bits;
  const unsigned greatest = (1u << bits) - 1;
  const int is_raw = page->photometric == PHOTOMETRIC_PALETTE;
  const size_t start = (size_t)row * page->width + column;
  for (uint32_t i = 0; i < width; i++) {
    if (to->values) {
      const unsigned value = sample_at(line, (size_t)i * (size_t)step, bits);
      to->values[start + i] =
          (uint16_t)(page->photometric == PHOTOMETRIC_MINISWHITE ? greatest - value : value);
      continue;
    }
    for (int k = 0; k < count; k++) {
      const unsigned value = sample_at(line, (size_t)i * (size_t)step + (size_t)k, bits);
      to->bytes[(start + i) * (size_t)used + (size_t)(first + k)] =
          (uint8_t)(is_raw || bits == 8 ? value : (value * 255 + greatest / 2) / greatest);
    }
  }
}

// Reads the samples of one plane: all planes where they lie side by side.
static int read_plane(TIFF *file, tiff_source *source, const tiff_layout *page, const destination *to, int plane) {
  const int is_contiguous = page->planar == PLANARCONFIG_CONTIG;
  const int step = is_contiguous ? page->samples : 1;
  const int first = is_contiguous ? 0 : plane, count = is_contiguous ? tiff_sample_count(page) : 1;
  const int is_tiled = TIFFIsTiled(file);
  const uint64_t size = is_tiled ? TIFFTileSize64(file) : TIFFScanlineSize64(file);
  uint32_t across = page->width, down = 1;
  if (is_tiled) {
    TIFFGetField(file, TIFFTAG_TILEWIDTH, &across);
    TIFFGetField(file, TIFFTAG_TILELENGTH, &down);
  }
  const uint64_t row_bytes = ((uint64_t)across * (uint64_t)step * page->bits + 7) / 8;
  if (across == 0 || down == 0 || size == 0 || size > BUFFER_LIMIT || row_bytes * down > size) {
    tiff_fail(source, APUS_TIFF_CORRUPT, "its lines or tiles are of no sound size");
    return 0;
  }
  uint8_t *buffer = calloc(1, (size_t)size);
  if (!buffer) {
    tiff_fail(source, APUS_TIFF_NO_MEMORY, "there is no memory for a line or tile");
    return 0;
  }
  int is_read = 1;
  for (uint32_t top = 0; is_read && top < page->height; top += down) {
    for (uint32_t left = 0; is_read && left < page->width; left += across) {
      if (is_tiled) {
        is_read = TIFFReadTile(file, buffer, left, top, 0, (uint16_t)plane) >= 0;
      } else {
        is_read = TIFFReadScanline(file, buffer, top, (uint16_t)plane) >= 0;
      }
      const uint32_t rows = page->height - top < down ? page->height - top : down;
      const uint32_t columns = page->width - left < across ? page->width - left : across;
      for (uint32_t row = 0; is_read && row < rows; row++) {
        take_line(page, to, buffer + row * row_bytes, top + row, left, columns, step, first, count);
      }
    }
  }
  free(buffer);
  // Some decoders complain and go on with what they make up.
  if (!is_read || source->report->status != APUS_TIFF_DONE) {
    tiff_fail(source, APUS_TIFF_CORRUPT, "its pixels cannot be decoded");
    return 0;
  }
  return 1;
}

static int read_samples(TIFF *file, tiff_source *source, const tiff_layout *page, const destination *to) {
  if (page->planar == PLANARCONFIG_CONTIG) return read_plane(file, source, page, to, 0);
  for (int plane = 0; plane < (to->values ? 1 : tiff_sample_count(page)); plane++) {
    if (!read_plane(file, source, page, to, plane)) return 0;
  }
  return 1;
}

// The pixels as colors, each made of the bytes of its samples; as Pillow does it.
static void make_colors(const tiff_layout *page, const uint8_t *from, uint8_t *to) {
  const size_t count = (size_t)page->width * page->height;
  const int used = tiff_sample_count(page), channels = tiff_channel_count(page);
  const int colors = channels - (page->alpha ? 1 : 0);
  for (size_t i = 0; i < count; i++, from += used, to += channels) {
    if (page->photometric == PHOTOMETRIC_PALETTE) {
      for (int k = 0; k < 3; k++) to[k] = (uint8_t)(page->palette[k][from[0]] >> 8);
    } else if (page->photometric == PHOTOMETRIC_SEPARATED) {
      // Inks as light.
      const unsigned light = 255u - from[3];
      for (int k = 0; k < 3; k++) {
        const unsigned product = from[k] * light + 128, absorbed = ((product >> 8) + product) >> 8;
        to[k] = (uint8_t)(absorbed > light ? 0 : light - absorbed);
      }
    } else {
      for (int k = 0; k < colors; k++) {
        to[k] = page->photometric == PHOTOMETRIC_MINISWHITE ? (uint8_t)(255 - from[k]) : from[k];
      }
    }
    if (!page->alpha) continue;
    const unsigned alpha = from[page->color_samples];
    to[colors] = (uint8_t)alpha;
    if (page->alpha != EXTRASAMPLE_ASSOCALPHA || alpha == 0 || alpha == 255) continue;
    for (int k = 0; k < colors; k++) {
      const unsigned whole = 255u * to[k] / alpha;
      to[k] = (uint8_t)(whole > 255 ? 255 : whole);
    }
  }
}

// Pixels of color spaces that the library converts.
static void decode_converted(TIFF *file, tiff_source *source, const tiff_layout *page, uint8_t *pixels) {
  const size_t count = (size_t)page->width * page->height;
  uint32_t *raster = malloc(count * 4);
  if (!raster) {
    tiff_fail(source, APUS_TIFF_NO_MEMORY, "there is no memory for its pixels");
    return;
  }
  // As it is stored: the caller turns it.
  if (TIFFReadRGBAImageOriented(file, page->width, page->height, raster, page->orientation, 1)) {
    for (size_t i = 0; i < count; i++) {
      pixels[3 * i] = (uint8_t)TIFFGetR(raster[i]);
      pixels[3 * i + 1] = (uint8_t)TIFFGetG(raster[i]);
      pixels[3 * i + 2] = (uint8_t)TIFFGetB(raster[i]);
    }
  } else {
    tiff_fail(source, APUS_TIFF_CORRUPT, "its pixels cannot be decoded");
  }
  free(raster);
}

void apus_tiff_read_header(
    const uint8_t *bytes, size_t count, apus_tiff_header *header, apus_tiff_report *report) {
  tiff_source source;
  tiff_layout page;
  TIFF *file = tiff_open(&source, bytes, count, report);
  if (!file) return;
  if (tiff_read_layout(file, &source, &page)) {
    *header = (apus_tiff_header){
        .width = page.width, .height = page.height, .channels = tiff_channel_count(&page),
        .greatest_value = (1 << page.bits) - 1, .orientation = page.orientation,
        .has_single_values = tiff_is_single(&page), .has_more_pages = !TIFFLastDirectory(file)};
  }
  TIFFClose(file);
}

void apus_tiff_decode(const uint8_t *bytes, size_t count, uint8_t *pixels, apus_tiff_report *report) {
  tiff_source source;
  tiff_layout page;
  TIFF *file = tiff_open(&source, bytes, count, report);
  if (!file) return;
  if (tiff_read_layout(file, &source, &page)) {
    if (page.is_converted) {
      decode_converted(file, &source, &page, pixels);
    } else {
      destination to = {.bytes = malloc((size_t)page.width * page.height * (size_t)tiff_sample_count(&page))};
      if (!to.bytes) {
        tiff_fail(&source, APUS_TIFF_NO_MEMORY, "there is no memory for its pixels");
      } else if (read_samples(file, &source, &page, &to)) {
        make_colors(&page, to.bytes, pixels);
      }
      free(to.bytes);
    }
  }
  TIFFClose(file);
}

void apus_tiff_decode_values(
    const uint8_t *bytes, size_t count, uint16_t *values, apus_tiff_report *report) {
  tiff_source source;
  tiff_layout page;
  TIFF *file = tiff_open(&source, bytes, count, report);
  if (!file) return;
  if (tiff_read_layout(file, &source, &page)) {
    const destination to = {.values = values};
    if (tiff_is_single(&page)) {
      read_samples(file, &source, &page, &to);
    } else {
      tiff_fail(&source, APUS_TIFF_UNSUPPORTED, "its pixels are no single numbers");
    }
  }
  TIFFClose(file);
}
