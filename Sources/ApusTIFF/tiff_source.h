// A TIFF file in memory, as libtiff reads it.
#pragma once
#include <tiffio.h>

#include "apus_tiff.h"

typedef struct {
  const uint8_t *bytes;
  uint64_t count, position;
  // The library asked for bytes behind the end.
  int passed_end;
  apus_tiff_report *report;
} tiff_source;

// Opens the file at its first page; NULL, with the reason in the report, where there is none.
TIFF *tiff_open(tiff_source *source, const uint8_t *bytes, size_t count, apus_tiff_report *report);

// Ends in an error, unless there is one already: what the library says of it comes first and says more.
void tiff_fail(tiff_source *source, apus_tiff_status status, const char *message);
