#include "apus_jpeg.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
// Follows what it needs.
#include <jerror.h>

typedef struct {
  struct jpeg_compress_struct library;
  struct jpeg_error_mgr errors;
  jmp_buf escape;
  apus_jpeg_report *report;
  unsigned char *bytes;
  unsigned long count;
} encoder;

static void error_exit(j_common_ptr library) {
  encoder *e = library->client_data;
  e->report->status = library->err->msg_code == JERR_OUT_OF_MEMORY ? APUS_JPEG_NO_MEMORY : APUS_JPEG_UNSUPPORTED;
  library->err->format_message(library, e->report->message);
  longjmp(e->escape, 1);
}

static void stay_silent(j_common_ptr library) { (void)library; }

static void run(encoder *e, const uint8_t *pixels, int32_t width, int32_t height, int32_t channels, int32_t quality) {
  if (setjmp(e->escape) != 0) return;
  struct jpeg_compress_struct *library = &e->library;
  jpeg_create_compress(library);
  jpeg_mem_dest(library, &e->bytes, &e->count);
  library->image_width = (JDIMENSION)width;
  library->image_height = (JDIMENSION)height;
  library->input_components = channels;
  library->in_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(library);
  jpeg_set_quality(library, quality, TRUE);
  library->optimize_coding = TRUE;
  jpeg_start_compress(library, TRUE);
  while (library->next_scanline < library->image_height) {
    JSAMPROW row = (JSAMPROW)(pixels + (size_t)library->next_scanline * (size_t)width * (size_t)channels);
    jpeg_write_scanlines(library, &row, 1);
  }
  jpeg_finish_compress(library);
}

size_t apus_jpeg_encode(
    const uint8_t *pixels, int32_t width, int32_t height, int32_t channels, int32_t quality, uint8_t **bytes,
    apus_jpeg_report *report) {
  encoder e;
  memset(&e, 0, sizeof e);
  *report = (apus_jpeg_report){.status = APUS_JPEG_DONE};
  e.report = report;
  e.library.err = jpeg_std_error(&e.errors);
  e.errors.error_exit = error_exit;
  e.errors.output_message = stay_silent;
  e.library.client_data = &e;
  run(&e, pixels, width, height, channels, quality);
  jpeg_destroy_compress(&e.library);
  if (report->status != APUS_JPEG_DONE) {
    free(e.bytes);
    e.bytes = NULL;
    e.count = 0;
  }
  *bytes = e.bytes;
  return e.count;
}
