#include "onednn_step.h"

#include <dnnl.h>

int apus_onednn_run(void *context) {
  const apus_onednn_context *step = context;
  dnnl_exec_arg_t arguments[APUS_ONEDNN_MAX_ARGUMENTS];
  for (int32_t index = 0; index < step->argument_count; ++index) {
    arguments[index].arg = step->arguments[index];
    arguments[index].memory = (dnnl_memory_t)step->memories[index];
  }
  return (int)dnnl_primitive_execute(
      (const_dnnl_primitive_t)step->primitive, (dnnl_stream_t)step->stream, step->argument_count, arguments);
}
