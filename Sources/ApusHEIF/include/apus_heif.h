// HEIC and AVIF images decoded by libheif, which is looked for when the first such file is read: neither the build nor
// a machine without these files needs it.
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef enum {
  APUS_HEIF_DONE,
  // The bytes contradict the format or themselves, or end early.
  APUS_HEIF_CORRUPT,
  // A part of the format, or a codec, that this library does not read.
  APUS_HEIF_UNSUPPORTED,
  APUS_HEIF_NO_MEMORY,
} apus_heif_status;

typedef struct {
  apus_heif_status status;
  char message[200];
} apus_heif_report;

typedef struct {
  int32_t width, height;
  // 3 for red, green and blue, 4 for these and alpha.
  int32_t channels;
  // Further images in the file, which are not read.
  int32_t more_images;
} apus_heif_header;

// The functions of the library that are used.
typedef struct apus_heif_library apus_heif_library;

// Opens the library of that name; NULL where there is none, or one that lacks a function. It stays open.
const apus_heif_library *apus_heif_open(const char *name);

// Reads what precedes the pixels of the primary image, as it is seen: turned and mirrored as the file says.
void apus_heif_read_header(
    const apus_heif_library *library, const uint8_t *bytes, size_t count, apus_heif_header *header,
    apus_heif_report *report);

// Decodes to `pixels`, height * width * channels bytes as the header says.
void apus_heif_decode(
    const apus_heif_library *library, const uint8_t *bytes, size_t count, const apus_heif_header *header,
    uint8_t *pixels, apus_heif_report *report);
