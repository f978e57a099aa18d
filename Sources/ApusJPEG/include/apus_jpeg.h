// JPEG files decoded and encoded by libjpeg-turbo, whose errors end in a report rather than in the end of the process: the library
// leaves by longjmp, which must not pass through Swift.
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef enum {
  APUS_JPEG_DONE,
  // The file ends before the image does.
  APUS_JPEG_TRUNCATED,
  // The bytes contradict the format or themselves.
  APUS_JPEG_CORRUPT,
  // A part of the format that the library does not read, such as 12-bit samples.
  APUS_JPEG_UNSUPPORTED,
  APUS_JPEG_NO_MEMORY,
} apus_jpeg_status;

typedef struct {
  apus_jpeg_status status;
  // What the library read all the same, but did not like, such as bytes between two segments.
  int32_t warnings;
  // The error, or the first warning; empty if there is neither.
  char message[200];
} apus_jpeg_report;

typedef struct {
  int32_t width, height;
  // 1 for gray, 3 for colors, 4 for printing inks.
  int32_t components;
} apus_jpeg_header;

// What to decode: the image shrunk by 1, 2, 4 or 8 (sizes rounded up), and the region of that which is wanted.
typedef struct {
  int32_t shrinkage;
  int32_t left, top, width, height;
} apus_jpeg_request;

// Reads what precedes the pixels.
void apus_jpeg_read_header(
    const uint8_t *bytes, size_t count, apus_jpeg_header *header, apus_jpeg_report *report);

// Decodes to `pixels`, height * width pixels of 1 byte for gray and 3, red, green and blue, for all else. Four inks are
// taken for Adobe's, which count down from white. Rows below the region are not looked at.
void apus_jpeg_decode(
    const uint8_t *bytes, size_t count, const apus_jpeg_request *request, uint8_t *pixels,
    apus_jpeg_report *report);

// Encodes height * width pixels of 1 byte for gray or 3, red, green and blue, with a quality of 1 to 100. Returns the
// number of `bytes`, which the caller frees; on an error 0 and none.
size_t apus_jpeg_encode(
    const uint8_t *pixels, int32_t width, int32_t height, int32_t channels, int32_t quality, uint8_t **bytes,
    apus_jpeg_report *report);
