#include "apus_heif.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What is used of libheif's interface, which has been the same since version 1.3.
typedef struct heif_context heif_context;
typedef struct heif_image_handle heif_image_handle;
typedef struct heif_image heif_image;

typedef struct {
  int code, subcode;
  const char *message;
} heif_error;

// The start of a structure that grows with versions; the library allocates it.
typedef struct {
  uint8_t version, ignore_transformations;
  void (*start_progress)(int, int, void *);
  void (*on_progress)(int, int, void *);
  void (*end_progress)(int, void *);
  void *progress_user_data;
  uint8_t convert_hdr_to_8bit;
} heif_decoding_options;

enum {
  HEIF_OK = 0,
  HEIF_UNSUPPORTED_FILETYPE = 3,
  HEIF_UNSUPPORTED_FEATURE = 4,
  HEIF_MEMORY = 6,
  HEIF_COLORSPACE_RGB = 1,
  HEIF_CHROMA_RGB = 10,
  HEIF_CHROMA_RGBA = 11,
  HEIF_CHANNEL_INTERLEAVED = 10,
};

struct apus_heif_library {
  void *handle;
  heif_context *(*context_alloc)(void);
  void (*context_free)(heif_context *);
  void (*set_limit)(heif_context *, int);
  heif_error (*read)(heif_context *, const void *, size_t, const void *);
  int (*image_count)(heif_context *);
  heif_error (*primary)(heif_context *, heif_image_handle **);
  void (*handle_release)(const heif_image_handle *);
  int (*handle_width)(const heif_image_handle *);
  int (*handle_height)(const heif_image_handle *);
  int (*handle_has_alpha)(const heif_image_handle *);
  int (*handle_is_premultiplied)(const heif_image_handle *);
  heif_decoding_options *(*options_alloc)(void);
  void (*options_free)(heif_decoding_options *);
  heif_error (*decode)(const heif_image_handle *, heif_image **, int, int, const heif_decoding_options *);
  int (*width)(const heif_image *, int);
  int (*height)(const heif_image *, int);
  const uint8_t *(*plane)(const heif_image *, int, int *);
  void (*release)(const heif_image *);
};

const apus_heif_library *apus_heif_open(const char *name) {
  apus_heif_library library = {.handle = dlopen(name, RTLD_NOW | RTLD_LOCAL)};
  if (!library.handle) return NULL;
  const struct {
    void *to;
    const char *name;
  } functions[] = {
      {&library.context_alloc, "heif_context_alloc"},
      {&library.context_free, "heif_context_free"},
      {&library.set_limit, "heif_context_set_maximum_image_size_limit"},
      {&library.read, "heif_context_read_from_memory_without_copy"},
      {&library.image_count, "heif_context_get_number_of_top_level_images"},
      {&library.primary, "heif_context_get_primary_image_handle"},
      {&library.handle_release, "heif_image_handle_release"},
      {&library.handle_width, "heif_image_handle_get_width"},
      {&library.handle_height, "heif_image_handle_get_height"},
      {&library.handle_has_alpha, "heif_image_handle_has_alpha_channel"},
      {&library.handle_is_premultiplied, "heif_image_handle_is_premultiplied_alpha"},
      {&library.options_alloc, "heif_decoding_options_alloc"},
      {&library.options_free, "heif_decoding_options_free"},
      {&library.decode, "heif_decode_image"},
      {&library.width, "heif_image_get_width"},
      {&library.height, "heif_image_get_height"},
      {&library.plane, "heif_image_get_plane_readonly"},
      {&library.release, "heif_image_release"},
  };
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    void *function = dlsym(library.handle, functions[i].name);
    if (!function) {
      dlclose(library.handle);
      return NULL;
    }
    memcpy(functions[i].to, &function, sizeof function);
  }
  apus_heif_library *kept = malloc(sizeof *kept);
  if (kept) *kept = library;
  return kept;
}

static void fail(apus_heif_report *report, apus_heif_status status, const char *message) {
  report->status = status;
  snprintf(report->message, sizeof report->message, "%s", message ? message : "it is damaged");
}

// Whether all is well; else the report says what is not.
static int check(heif_error error, apus_heif_report *report) {
  if (error.code == HEIF_OK) return 1;
  const apus_heif_status status =
      error.code == HEIF_UNSUPPORTED_FILETYPE || error.code == HEIF_UNSUPPORTED_FEATURE ? APUS_HEIF_UNSUPPORTED
      : error.code == HEIF_MEMORY                                                      ? APUS_HEIF_NO_MEMORY
                                                                                       : APUS_HEIF_CORRUPT;
  fail(report, status, error.message);
  return 0;
}

// The primary image; NULL where there is none. The context must be freed in any case.
static heif_image_handle *open_primary(
    const apus_heif_library *library, const uint8_t *bytes, size_t count, int limit, heif_context **context,
    apus_heif_report *report) {
  *report = (apus_heif_report){.status = APUS_HEIF_DONE};
  *context = library->context_alloc();
  if (!*context) {
    fail(report, APUS_HEIF_NO_MEMORY, "there is no memory to open it");
    return NULL;
  }
  library->set_limit(*context, limit);
  heif_image_handle *handle = NULL;
  if (!check(library->read(*context, bytes, count, NULL), report)) return NULL;
  if (!check(library->primary(*context, &handle), report)) return NULL;
  return handle;
}

void apus_heif_read_header(
    const apus_heif_library *library, const uint8_t *bytes, size_t count, apus_heif_header *header,
    apus_heif_report *report) {
  heif_context *context;
  heif_image_handle *handle = open_primary(library, bytes, count, 1 << 24, &context, report);
  if (handle) {
    *header = (apus_heif_header){
        .width = library->handle_width(handle), .height = library->handle_height(handle),
        .channels = library->handle_has_alpha(handle) ? 4 : 3,
        .more_images = library->image_count(context) - 1};
    if (header->width <= 0 || header->height <= 0 || header->width > 1 << 24 || header->height > 1 << 24) {
      fail(report, APUS_HEIF_CORRUPT, "it states no size");
    }
    library->handle_release(handle);
  }
  if (context) library->context_free(context);
}

static void decode(
    const apus_heif_library *library, const heif_image_handle *handle, const apus_heif_header *header,
    uint8_t *pixels, apus_heif_report *report) {
  heif_decoding_options *options = library->options_alloc();
  if (!options) {
    fail(report, APUS_HEIF_NO_MEMORY, "there is no memory to decode it");
    return;
  }
  options->convert_hdr_to_8bit = 1;
  heif_image *image = NULL;
  const int chroma = header->channels == 4 ? HEIF_CHROMA_RGBA : HEIF_CHROMA_RGB;
  const heif_error error = library->decode(handle, &image, HEIF_COLORSPACE_RGB, chroma, options);
  library->options_free(options);
  if (!check(error, report)) return;
  int stride = 0;
  const uint8_t *plane = library->plane(image, HEIF_CHANNEL_INTERLEAVED, &stride);
  const size_t row_bytes = (size_t)header->width * (size_t)header->channels;
  if (!plane || library->width(image, HEIF_CHANNEL_INTERLEAVED) != header->width ||
      library->height(image, HEIF_CHANNEL_INTERLEAVED) != header->height || stride < 0 ||
      (size_t)stride < row_bytes) {
    fail(report, APUS_HEIF_CORRUPT, "its pixels are not as many as its header says");
  } else {
    for (int32_t row = 0; row < header->height; row++) {
      memcpy(pixels + (size_t)row * row_bytes, plane + (size_t)row * (size_t)stride, row_bytes);
    }
    if (header->channels == 4 && library->handle_is_premultiplied(handle)) {
      const size_t pixel_count = (size_t)header->width * (size_t)header->height;
      for (size_t i = 0; i < pixel_count; i++) {
        uint8_t *pixel = pixels + 4 * i;
        for (int k = 0; k < 3 && pixel[3] > 0; k++) {
          const unsigned whole = 255u * pixel[k] / pixel[3];
          pixel[k] = (uint8_t)(whole > 255 ? 255 : whole);
        }
      }
    }
  }
  library->release(image);
}

void apus_heif_decode(
    const apus_heif_library *library, const uint8_t *bytes, size_t count, const apus_heif_header *header,
    uint8_t *pixels, apus_heif_report *report) {
  const int limit = header->width > header->height ? header->width : header->height;
  heif_context *context;
  // A larger image inside than the header promised takes no memory. Turned ones may be as wide as they are high.
  heif_image_handle *handle = open_primary(library, bytes, count, limit + 64, &context, report);
  if (handle) {
    decode(library, handle, header, pixels, report);
    library->handle_release(handle);
  }
  if (context) library->context_free(context);
}
