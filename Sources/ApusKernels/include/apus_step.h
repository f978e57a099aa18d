#pragma once
#include <stdint.h>

/// One step of a compiled program: runs on the context it was built with; 0 means success.
typedef int (*apus_step_function)(void *context);

/// What a kernel that validates data found wrong: filled in when it returns non-zero.
typedef struct {
  int32_t code;
  int64_t position;
  int64_t value;
  int64_t limit;
} apus_fault;
