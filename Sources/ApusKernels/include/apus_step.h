// A program is a flat array of steps, each a C function and its context, made once and run many times.

#pragma once
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Does one step's work; returns 0, or a nonzero code of the step's own when it failed.
typedef int (*apus_step_function)(void *context);

/// One step of a program. The context belongs to whoever made the step and outlives the program.
typedef struct {
  apus_step_function run;
  void *context;
} apus_step;

/// What a kernel found wrong in its data, such as an index out of range. A kernel that checks data carries
/// one in its context, fills it in and returns nonzero; `code` says how to read the other fields.
typedef struct {
  int32_t code;
  /// Where in the offending operand, as a flat element index.
  int64_t position;
  /// What was found there.
  int64_t value;
  /// The bound that was broken.
  int64_t limit;
} apus_fault;

/// Runs the steps in order and stops at the first that fails.
/// Returns -1 when all succeeded, else the index of the step that failed.
int64_t apus_run_steps(const apus_step *steps, int64_t count);

/// The same, noting when each step began: `times[i]` for step i and `times[count]` for the end, in nanoseconds
/// of a clock that never goes back. Entries behind a failed step are left as they were.
int64_t apus_run_steps_timed(const apus_step *steps, int64_t count, int64_t *times);

#ifdef __cplusplus
}
#endif
