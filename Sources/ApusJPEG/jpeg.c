#include "apus_jpeg.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>
// Follows what it needs.
#include <jerror.h>

// A file of more scans than any encoder writes is made to keep a reader busy.
#define SCAN_LIMIT 500
// Chroma is interpolated between neighbors, so a region is decoded with some pixels more on each side.
#define MARGIN 4

typedef struct {
  struct jpeg_decompress_struct library;
  struct jpeg_error_mgr errors;
  struct jpeg_progress_mgr progress;
  jmp_buf escape;
  apus_jpeg_report *report;
} decoder;

static void fail(decoder *d, apus_jpeg_status status) {
  d->report->status = status;
  d->library.err->format_message((j_common_ptr)&d->library, d->report->message);
  longjmp(d->escape, 1);
}

static void error_exit(j_common_ptr library) {
  switch (library->err->msg_code) {
    case JERR_OUT_OF_MEMORY:
      fail(library->client_data, APUS_JPEG_NO_MEMORY);
      break;
    case JERR_BAD_PRECISION:
    case JERR_SOF_UNSUPPORTED:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_ARITH_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_NOT_COMPILED:
      fail(library->client_data, APUS_JPEG_UNSUPPORTED);
      break;
    default:
      fail(library->client_data, APUS_JPEG_CORRUPT);
  }
}

static void emit_message(j_common_ptr library, int level) {
  decoder *d = library->client_data;
  if (level >= 0) return;
  // The library would go on with gray.
  if (library->err->msg_code == JWRN_JPEG_EOF) fail(d, APUS_JPEG_TRUNCATED);
  if (d->report->warnings++ == 0) library->err->format_message(library, d->report->message);
}

static void output_message(j_common_ptr library) { (void)library; }

static void watch_scans(j_common_ptr library) {
  decoder *d = library->client_data;
  if (d->library.input_scan_number > SCAN_LIMIT) {
    d->report->status = APUS_JPEG_CORRUPT;
    snprintf(d->report->message, sizeof d->report->message, "it has more than %d scans", SCAN_LIMIT);
    longjmp(d->escape, 1);
  }
}

static void open_decoder(decoder *d, const uint8_t *bytes, size_t count) {
  d->library.client_data = d;
  d->library.progress = &d->progress;
  d->progress.progress_monitor = watch_scans;
  jpeg_mem_src(&d->library, bytes, (unsigned long)count);
  jpeg_read_header(&d->library, TRUE);
}

// Prepares what the library needs to fail in a civil way.
static void start(decoder *d, apus_jpeg_report *report) {
  memset(d, 0, sizeof *d);
  *report = (apus_jpeg_report){.status = APUS_JPEG_DONE};
  d->report = report;
  d->library.err = jpeg_std_error(&d->errors);
  d->errors.error_exit = error_exit;
  d->errors.emit_message = emit_message;
  d->errors.output_message = output_message;
  d->library.client_data = d;
}

static void run_header(decoder *d, const uint8_t *bytes, size_t count, apus_jpeg_header *header) {
  if (setjmp(d->escape) != 0) return;
  jpeg_create_decompress(&d->library);
  open_decoder(d, bytes, count);
  header->width = (int32_t)d->library.image_width;
  header->height = (int32_t)d->library.image_height;
  header->components = d->library.num_components;
}

void apus_jpeg_read_header(
    const uint8_t *bytes, size_t count, apus_jpeg_header *header, apus_jpeg_report *report) {
  decoder d;
  start(&d, report);
  run_header(&d, bytes, count, header);
  jpeg_destroy_decompress(&d.library);
}

// Inks that count down from white as light, rounded as Pillow does it.
static void inks_to_colors(uint8_t *colors, const uint8_t *inks, int32_t count) {
  for (int32_t i = 0; i < count; i++) {
    const unsigned black = inks[4 * i + 3];
    for (int32_t channel = 0; channel < 3; channel++) {
      const unsigned product = (255 - inks[4 * i + channel]) * black + 128;
      const unsigned absorbed = ((product >> 8) + product) >> 8;
      colors[3 * i + channel] = (uint8_t)(absorbed > black ? 0 : black - absorbed);
    }
  }
}

static void run_decode(
    decoder *d, const uint8_t *bytes, size_t count, const apus_jpeg_request *request, uint8_t *pixels) {
  if (setjmp(d->escape) != 0) return;
  struct jpeg_decompress_struct *library = &d->library;
  jpeg_create_decompress(library);
  open_decoder(d, bytes, count);
  const int is_gray = library->num_components == 1, has_inks = library->num_components == 4;
  library->out_color_space = is_gray ? JCS_GRAYSCALE : has_inks ? JCS_CMYK : JCS_RGB;
  library->scale_num = 1;
  library->scale_denom = (unsigned)request->shrinkage;
  jpeg_start_decompress(library);

  const int32_t right = request->left + request->width, bottom = request->top + request->height;
  if (request->left < 0 || request->top < 0 || right > (int32_t)library->output_width ||
      bottom > (int32_t)library->output_height) {
    ERREXIT(library, JERR_BAD_CROP_SPEC);
  }
  JDIMENSION first = 0;
#if defined(LIBJPEG_TURBO_VERSION_NUMBER)
  const int32_t last = right + MARGIN < (int32_t)library->output_width ? right + MARGIN
                                                                        : (int32_t)library->output_width;
  first = request->left > MARGIN ? (JDIMENSION)(request->left - MARGIN) : 0;
  JDIMENSION width = (JDIMENSION)last - first;
  if (width < library->output_width) jpeg_crop_scanline(library, &first, &width);
  if (request->top > 0) jpeg_skip_scanlines(library, (JDIMENSION)request->top);
#endif
  const int components = library->output_components, channels = is_gray ? 1 : 3;
  const size_t row_bytes = (size_t)request->width * (size_t)channels;
  const int is_direct = !has_inks && (int32_t)library->output_width == request->width;
  JSAMPARRAY buffer = library->mem->alloc_sarray(
      (j_common_ptr)library, JPOOL_IMAGE, library->output_width * (JDIMENSION)components, 1);
  while ((int32_t)library->output_scanline < bottom) {
    const int32_t row = (int32_t)library->output_scanline - request->top;
    uint8_t *to = pixels + (row < 0 ? 0 : (size_t)row) * row_bytes;
    JSAMPROW line = is_direct ? to : buffer[0];
    jpeg_read_scanlines(library, &line, 1);
    if (is_direct || row < 0) continue;
    const uint8_t *from = line + ((JDIMENSION)request->left - first) * (JDIMENSION)components;
    if (has_inks) {
      inks_to_colors(to, from, request->width);
    } else {
      memcpy(to, from, row_bytes);
    }
  }
}

void apus_jpeg_decode(
    const uint8_t *bytes, size_t count, const apus_jpeg_request *request, uint8_t *pixels,
    apus_jpeg_report *report) {
  decoder d;
  start(&d, report);
  run_decode(&d, bytes, count, request, pixels);
  jpeg_destroy_decompress(&d.library);
}
