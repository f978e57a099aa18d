// Running a fused loop.

#include <stdatomic.h>
#include <string.h>

#include "apus_threads.h"
#include "loop_internal.h"

// A thread's share of the tasks is handed out in about this many pieces.
enum { TASK_BATCHES = 32 };

typedef struct {
  const apus_loop *loop;
  // Whether an output's instruction writes it in place in this run, or it is stored past the caches.
  char direct[APUS_LOOP_MAX_OUTPUTS];
  char streamed[APUS_LOOP_MAX_OUTPUTS];
  int streaming;
  // Whether some thread went through all the tasks.
  _Atomic int done;
} loop_run;

// A thread's view of the registers.
typedef struct {
  const apus_loop *loop;
  const loop_run *run;
  char *scratch;
  tile_source registers[MOST_REGISTERS];
} loop_worker;

static void load_registers(
    loop_worker *worker, int invariant, const int64_t *starts, const int64_t *extents) {
  const apus_loop *loop = worker->loop;
  int64_t tile_strides[MAX_RANK];
  row_major_strides(loop, extents, tile_strides);
  for (int32_t i = 0; i < loop->register_count; i++) {
    const loop_register *r = &loop->registers[i];
    if (!r->used || r->invariant != invariant) continue;
    if (r->kind != REGISTER_INPUT && r->kind != REGISTER_INDEX) continue;
    worker->registers[i] = loop_load(loop, r, worker->scratch, starts, extents, tile_strides);
  }
}

static void run_instruction(
    loop_worker *worker, const loop_instruction *instruction, char *result, int64_t count) {
  const tile_source none = {NULL, 0};
  const tile_source *operands[3];
  for (int k = 0; k < 3; k++) {
    operands[k] = instruction->operands[k] < 0 ? &none : &worker->registers[instruction->operands[k]];
  }
  const loop_register *r = &worker->loop->registers[instruction->result];
  const int splat = r->access == ACCESS_SPLAT;
  if (splat) count = SPLAT_BYTES >> r->size_log2;
  instruction->kernel(result, operands[0], operands[1], operands[2], count);
  worker->registers[instruction->result] = (tile_source){result, splat ? 0 : 1};
}

// Fetches one of `parts` of what the next tile reads.
static void fetch_ahead(const loop_worker *worker, int64_t count, int part, int parts) {
  const apus_loop *loop = worker->loop;
  for (int32_t i = 0; i < loop->stream_count; i++) {
    const int32_t size_log2 = loop->registers[loop->streams[i]].size_log2;
    const int64_t bytes = count << size_log2;
    const char *next = (const char *)worker->registers[loop->streams[i]].data + bytes;
    const int64_t end = bytes * (part + 1) / parts;
    for (int64_t at = bytes * part / parts; at < end; at += 64) __builtin_prefetch(next + at);
  }
}

static void run_instructions(loop_worker *worker, int invariant, const int64_t *starts, int64_t count) {
  const apus_loop *loop = worker->loop;
  for (int32_t i = 0; i < loop->instruction_count; i++) {
    const loop_instruction *instruction = &loop->instructions[i];
    const loop_register *r = &loop->registers[instruction->result];
    if (r->invariant != invariant) continue;
    if (!invariant) fetch_ahead(worker, count, i, loop->instruction_count);
    char *result = worker->scratch + r->scratch;
    for (int32_t k = 0; k < loop->output_count && !invariant; k++) {
      const loop_output *output = &loop->outputs[k];
      if (output->written_by != i || !worker->run->direct[k]) continue;
      result = output->address + offset_of(loop, output->strides, starts) * ((int64_t)1 << output->size_log2);
    }
    run_instruction(worker, instruction, result, count);
  }
}

// Returns 0 when there is no memory.
static int enter_worker(loop_worker *worker, const loop_run *run) {
  const apus_loop *loop = run->loop;
  worker->loop = loop;
  worker->run = run;
  worker->scratch = loop_thread_scratch(loop->scratch_bytes);
  if (worker->scratch == NULL) return 0;
  for (int32_t i = 0; i < loop->register_count; i++) {
    if (loop->registers[i].kind == REGISTER_CONSTANT) {
      worker->registers[i] = (tile_source){loop->registers[i].splat, 0};
    }
  }
  const int64_t origin[MAX_RANK] = {0};
  load_registers(worker, 1, origin, loop->tile);
  run_instructions(worker, 1, origin, loop->tile_elements);
  return 1;
}

// A register's values as consecutive elements.
static const char *consecutive_values(loop_worker *worker, int32_t value, int64_t count) {
  const tile_source *source = &worker->registers[value];
  if (source->step == 1) return source->data;
  char *staging = worker->scratch + worker->loop->staging;
  loop_fill(worker->loop->registers[value].size_log2, staging, source->data, count);
  return staging;
}

// From memory to memory, without a stop in scratch.
static void copy_tile(const loop_run *run, const int64_t *starts, const int64_t *extents, int64_t count) {
  const apus_loop *loop = run->loop;
  const loop_output *output = &loop->outputs[0];
  const loop_register *input = &loop->registers[output->value];
  const int64_t size = (int64_t)1 << output->size_log2;
  char *target = output->address + offset_of(loop, output->strides, starts) * size;
  const char *source = input->address + offset_of(loop, input->strides, starts) * size;
  if (run->streamed[0] && input->access == ACCESS_DIRECT) {
    loop->kernels->stream(target, source, count * size);
  } else {
    loop_copy_block(
        loop->kernels, output->size_log2, loop->rank, extents, target, output->strides, source,
        input->strides);
  }
}

static void run_tile(loop_worker *worker, const int64_t *starts, const int64_t *extents, char *accumulators) {
  const apus_loop *loop = worker->loop;
  int64_t count = 1;
  for (int32_t d = 0; d < loop->rank; d++) count *= extents[d];
  if (loop->copying) {
    copy_tile(worker->run, starts, extents, count);
    return;
  }
  load_registers(worker, 0, starts, extents);
  run_instructions(worker, 0, starts, count);
  // Reductions read their values before any store can overwrite an input.
  for (int32_t i = 0; i < loop->output_count && loop->reducing; i++) {
    const loop_output *output = &loop->outputs[i];
    if (output->reduction == APUS_REDUCE_NONE) continue;
    const char *values = consecutive_values(worker, output->value, count);
    loop_reduce_tile(loop, output, extents, values, accumulators + output->accumulators);
  }
  int64_t tile_strides[MAX_RANK];
  row_major_strides(loop, extents, tile_strides);
  for (int32_t i = 0; i < loop->output_count; i++) {
    const loop_output *output = &loop->outputs[i];
    if (worker->run->direct[i] || output->reduction != APUS_REDUCE_NONE) continue;
    const char *values = consecutive_values(worker, output->value, count);
    char *target =
        output->address + offset_of(loop, output->strides, starts) * ((int64_t)1 << output->size_log2);
    if (worker->run->streamed[i]) {
      loop->kernels->stream(target, values, count << output->size_log2);
    } else {
      loop_copy_block(
          loop->kernels, output->size_log2, loop->rank, extents, target, output->strides, values,
          tile_strides);
    }
  }
}

static void run_task(loop_worker *worker, int64_t task) {
  const apus_loop *loop = worker->loop;
  int64_t starts[MAX_RANK], extents[MAX_RANK];
  char *staging = worker->scratch + loop->staging;
  int64_t kept = task, split = 0;
  // A thread's own accumulators follow its staging area.
  char *accumulators = staging + loop->staging_bytes;
  if (loop->splits > 1) {
    kept = task / loop->splits;
    split = task % loop->splits;
    accumulators = loop->accumulators + task * loop->accumulator_bytes;
  }
  locate_tile(loop, 0, kept, starts, extents);
  if (!loop->reducing) {
    run_tile(worker, starts, extents, NULL);
    return;
  }
  loop_clear_accumulators(loop, accumulators);
  int64_t end = loop->reduced_tiles * (split + 1) / loop->splits;
  for (int64_t tile = loop->reduced_tiles * split / loop->splits; tile < end; tile++) {
    locate_tile(loop, 1, tile, starts, extents);
    run_tile(worker, starts, extents, accumulators);
  }
  if (loop->splits == 1) loop_finish_outputs(loop, staging, starts, extents, accumulators);
}

// Each thread works through its own share of the tasks, then helps with what is left of the others': a core
// that is busy with something else then holds up the rest less. Which thread does a task does not change its
// result.
static void run_tasks(void *context, int thread, int thread_count) {
  loop_run *run = context;
  const apus_loop *loop = run->loop;
  loop_worker worker;
  // The other threads do the work of one that has no memory; the caller notices when none had.
  if (!enter_worker(&worker, run)) return;
  const int64_t tasks = loop->kept_tiles * loop->splits;
  const int64_t batch = larger(tasks / ((int64_t)thread_count * TASK_BATCHES), 1);
  for (int turn = 0; turn < thread_count; turn++) {
    const int owner = (thread + turn) % thread_count;
    const int64_t begin = tasks * owner / thread_count;
    const int64_t end = tasks * (owner + 1) / thread_count;
    while (1) {
      int64_t task =
          begin + atomic_fetch_add_explicit(&loop->cursors[owner].next, batch, memory_order_relaxed);
      if (task >= end) break;
      int64_t last = smaller(task + batch, end);
      for (; task < last; task++) run_task(&worker, task);
    }
  }
  atomic_store_explicit(&run->done, 1, memory_order_relaxed);
#if defined(__x86_64__)
  // Stores past the caches are not ordered with what follows.
  if (run->streaming) __builtin_ia32_sfence();
#endif
}

// Whether an output's memory is an input's that is still read after the output's instruction.
static int would_destroy_input(const apus_loop *loop, const loop_output *output) {
  for (int32_t i = 0; i < loop->register_count; i++) {
    const loop_register *r = &loop->registers[i];
    if (r->used && r->kind == REGISTER_INPUT && r->access == ACCESS_DIRECT &&
        r->last_use > output->written_by && r->address == output->address) {
      return 1;
    }
  }
  return 0;
}

// Whether an output's memory is an input's, and so is in the caches when it is written.
static int is_in_place(const apus_loop *loop, const loop_output *output) {
  for (int32_t i = 0; i < loop->register_count; i++) {
    const loop_register *r = &loop->registers[i];
    if (r->used && r->kind == REGISTER_INPUT && r->address == output->address) return 1;
  }
  return 0;
}

static int addresses_are_missing(const apus_loop *loop) {
  for (int32_t i = 0; i < loop->register_count; i++) {
    const loop_register *r = &loop->registers[i];
    if (r->used && r->kind == REGISTER_INPUT && r->address == NULL && r->segments == NULL && loop->elements > 0)
      return 1;
  }
  for (int32_t i = 0; i < loop->output_count; i++) {
    if (loop->outputs[i].address == NULL && loop->elements > 0) return 1;
  }
  return 0;
}

int apus_loop_run(void *context) {
  const apus_loop *loop = context;
  if (!loop->prepared || addresses_are_missing(loop)) return 1;
  if (loop->elements == 0) return loop_store_identities(loop);
  loop_run run;
  run.loop = loop;
  run.streaming = 0;
  atomic_init(&run.done, 0);
  for (int32_t i = 0; i < loop->output_count; i++) {
    const loop_output *output = &loop->outputs[i];
    run.streamed[i] = output->large && !is_in_place(loop, output);
    run.streaming |= run.streamed[i];
    run.direct[i] = output->written_by >= 0 && !run.streamed[i] && !would_destroy_input(loop, output);
  }
  int threads = (int)smaller(loop->threads, apus_thread_count());
  for (int i = 0; i < threads; i++) atomic_store_explicit(&loop->cursors[i].next, 0, memory_order_relaxed);
  apus_parallel(threads, run_tasks, &run);
  if (!atomic_load_explicit(&run.done, memory_order_relaxed)) return 1;
  if (loop->splits > 1) {
    char *scratch = loop_thread_scratch(loop->scratch_bytes);
    if (scratch == NULL) return 1;
    loop_combine_splits(loop, scratch + loop->staging);
  }
  return 0;
}
