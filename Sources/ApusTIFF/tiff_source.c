#include "tiff_source.h"

#include <stdio.h>
#include <string.h>

// The library takes no more memory than this at once; the pixels are the caller's.
#define ALLOCATION_LIMIT ((tmsize_t)1 << 28)

static tmsize_t read_bytes(thandle_t handle, void *to, tmsize_t size) {
  tiff_source *source = handle;
  const uint64_t left = source->position < source->count ? source->count - source->position : 0;
  const uint64_t wanted = size > 0 ? (uint64_t)size : 0;
  const uint64_t given = wanted < left ? wanted : left;
  if (wanted > left) source->passed_end = 1;
  if (given > 0) memcpy(to, source->bytes + source->position, given);
  source->position += given;
  return (tmsize_t)given;
}

static tmsize_t write_bytes(thandle_t handle, void *from, tmsize_t size) {
  (void)handle;
  (void)from;
  (void)size;
  return -1;
}

static toff_t seek(thandle_t handle, toff_t offset, int whence) {
  tiff_source *source = handle;
  const uint64_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? source->position : source->count;
  source->position = base + offset;
  if (source->position > source->count) source->passed_end = 1;
  return source->position;
}

static int close_source(thandle_t handle) {
  (void)handle;
  return 0;
}

static toff_t source_size(thandle_t handle) { return ((tiff_source *)handle)->count; }

static void say(apus_tiff_report *report, const char *module, const char *format, va_list arguments) {
  const int used = module ? snprintf(report->message, sizeof report->message, "%s: ", module) : 0;
  if (used >= 0 && (size_t)used < sizeof report->message) {
    vsnprintf(report->message + used, sizeof report->message - (size_t)used, format, arguments);
  }
}

// The first error tells the cause, others follow from it.
static int take_error(TIFF *file, void *data, const char *module, const char *format, va_list arguments) {
  (void)file;
  tiff_source *source = data;
  if (source->report->status == APUS_TIFF_DONE) {
    source->report->status = source->passed_end ? APUS_TIFF_TRUNCATED : APUS_TIFF_CORRUPT;
    say(source->report, module, format, arguments);
  }
  return 1;
}

static int take_warning(TIFF *file, void *data, const char *module, const char *format, va_list arguments) {
  (void)file;
  tiff_source *source = data;
  if (source->report->warnings++ == 0 && source->report->status == APUS_TIFF_DONE) {
    say(source->report, module, format, arguments);
  }
  return 1;
}

void tiff_fail(tiff_source *source, apus_tiff_status status, const char *message) {
  if (source->report->status != APUS_TIFF_DONE) return;
  source->report->status = status == APUS_TIFF_CORRUPT && source->passed_end ? APUS_TIFF_TRUNCATED : status;
  snprintf(source->report->message, sizeof source->report->message, "%s", message);
}

TIFF *tiff_open(tiff_source *source, const uint8_t *bytes, size_t count, apus_tiff_report *report) {
  *source = (tiff_source){.bytes = bytes, .count = count, .report = report};
  *report = (apus_tiff_report){.status = APUS_TIFF_DONE};
  TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
  if (!options) {
    tiff_fail(source, APUS_TIFF_NO_MEMORY, "there is no memory to open it");
    return NULL;
  }
  TIFFOpenOptionsSetMaxSingleMemAlloc(options, ALLOCATION_LIMIT);
  TIFFOpenOptionsSetErrorHandlerExtR(options, take_error, source);
  TIFFOpenOptionsSetWarningHandlerExtR(options, take_warning, source);
  // m: not by mapping, c: strips as they are.
  TIFF *file = TIFFClientOpenExt(
      "the file", "rmc", source, read_bytes, write_bytes, seek, close_source, source_size, NULL, NULL, options);
  TIFFOpenOptionsFree(options);
  if (!file) tiff_fail(source, APUS_TIFF_CORRUPT, "it has no page");
  return file;
}
