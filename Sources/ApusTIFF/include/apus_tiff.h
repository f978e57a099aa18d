// The first page of a TIFF file in memory, decoded by libtiff. Errors and warnings end in a report: the library would
// print them, and hands them out as variable arguments, which Swift cannot take.
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef enum {
  APUS_TIFF_DONE,
  // The file ends before the image does.
  APUS_TIFF_TRUNCATED,
  // The bytes contradict the format or themselves.
  APUS_TIFF_CORRUPT,
  // A part of the format that is not read, such as samples of floating point.
  APUS_TIFF_UNSUPPORTED,
  APUS_TIFF_NO_MEMORY,
} apus_tiff_status;

typedef struct {
  apus_tiff_status status;
  // How many times the library complained but went on.
  int32_t warnings;
  // The error, or the first warning; empty if there is neither.
  char message[200];
} apus_tiff_report;

typedef struct {
  uint32_t width, height;
  // Of the decoded pixels: 1 gray, 2 gray and alpha, 3 red, green and blue, 4 these and alpha.
  int32_t channels;
  // The greatest number that a sample in the file can be.
  int32_t greatest_value;
  // The numbers of EXIF, 1 to 8.
  int32_t orientation;
  // Each pixel is one number: of gray, or its place in a palette.
  int32_t has_single_values;
  int32_t has_more_pages;
} apus_tiff_header;

// Reads what precedes the pixels.
void apus_tiff_read_header(
    const uint8_t *bytes, size_t count, apus_tiff_header *header, apus_tiff_report *report);

// Decodes to `pixels`: height * width * channels bytes, as the header says, not turned. Samples of other depths are
// scaled to 0...255, alpha is not multiplied into the colors.
void apus_tiff_decode(const uint8_t *bytes, size_t count, uint8_t *pixels, apus_tiff_report *report);

// The height * width numbers of an image with single values, as they are in the file; counted from black where the
// file counts from white.
void apus_tiff_decode_values(
    const uint8_t *bytes, size_t count, uint16_t *values, apus_tiff_report *report);
