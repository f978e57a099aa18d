// Running a oneDNN primitive as a step of a program.

#pragma once
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { APUS_ONEDNN_MAX_ARGUMENTS = 12 };

/// Context of `apus_onednn_run`. Handles are oneDNN's own opaque pointers; whoever made them destroys them.
typedef struct {
  void *primitive;
  void *stream;
  int32_t argument_count;
  /// oneDNN's argument numbers, such as DNNL_ARG_SRC.
  int32_t arguments[APUS_ONEDNN_MAX_ARGUMENTS];
  /// The memory objects in the same order; their addresses may be changed between runs.
  void *memories[APUS_ONEDNN_MAX_ARGUMENTS];
} apus_onednn_context;

/// Executes the primitive; returns oneDNN's status, 0 for success.
int apus_onednn_run(void *context);

#ifdef __cplusplus
}
#endif
