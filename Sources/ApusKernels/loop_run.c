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

static int64_t offset_of(const apus_loop *loop, const int64_t *strides, const int64_t *starts) {
  int64_t offset = 0;
  for (int32_t d = 0; d < loop->rank; d++) offset += strides[d] * starts[d];
  return offset;
}

static void row_major_strides(const apus_loop *loop, const int64_t *extents, int64_t *strides) {
  int64_t stride = 1;
  for (int32_t d = loop->rank - 1; d >= 0; d--) {
    strides[d] = stride;
    stride *= extents[d];
  }
}

static void store_index(int32_t dtype, char *result, int64_t at, int64_t value) {
  switch (dtype) {
    case APUS_FLOAT32: ((float *)result)[at] = (float)value; break;
    case APUS_INT64: ((int64_t *)result)[at] = value; break;
    default: ((uint32_t *)result)[at] = (uint32_t)value;
  }
}

// Fills a tile with values computed from its positions.
static void make_indices(
    const apus_loop *loop, const loop_register *r, int64_t start, const int64_t *extents, char *result) {
  int64_t index[MAX_RANK] = {0};
  int64_t value = start, at = 0;
  const int32_t last = loop->rank - 1;
  while (1) {
    for (int64_t i = 0; i < extents[last]; i++) store_index(r->dtype, result, at++, value + i * r->strides[last]);
    int32_t d = last - 1;
    for (; d >= 0; d--) {
      value += r->strides[d];
      if (++index[d] < extents[d]) break;
      index[d] = 0;
      value -= r->strides[d] * extents[d];
    }
    if (d < 0) return;
  }
}

// Makes a tile of an input or an index ready to read.
static void load_register(
    loop_worker *worker, int32_t i, const int64_t *starts, const int64_t *extents, const int64_t *tile_strides) {
  const apus_loop *loop = worker->loop;
  const loop_register *r = &loop->registers[i];
  int64_t offset = offset_of(loop, r->strides, starts);
  if (r->access == ACCESS_DIRECT) {
    worker->registers[i] = (tile_source){r->address + offset * ((int64_t)1 << r->size_log2), 1};
    return;
  }
  char *place = worker->scratch + r->scratch;
  if (r->access == ACCESS_SPLAT) {
    if (r->kind == REGISTER_INDEX) {
      char element[8];
      store_index(r->dtype, element, 0, r->start + offset);
      loop_fill(r->size_log2, place, element, SPLAT_BYTES >> r->size_log2);
    } else {
      const char *element = r->address + offset * ((int64_t)1 << r->size_log2);
      loop_fill(r->size_log2, place, element, SPLAT_BYTES >> r->size_log2);
    }
    worker->registers[i] = (tile_source){place, 0};
    return;
  }
  if (r->kind == REGISTER_INDEX) {
    make_indices(loop, r, r->start + offset, extents, place);
  } else {
    const char *source = r->address + offset * ((int64_t)1 << r->size_log2);
    loop_copy_block(loop->kernels, r->size_log2, loop->rank, extents, place, tile_strides, source, r->strides);
  }
  worker->registers[i] = (tile_source){place, 1};
}

static void load_registers(loop_worker *worker, int invariant, const int64_t *starts, const int64_t *extents) {
  const apus_loop *loop = worker->loop;
  int64_t tile_strides[MAX_RANK];
  row_major_strides(loop, extents, tile_strides);
  for (int32_t i = 0; i < loop->register_count; i++) {
    const loop_register *r = &loop->registers[i];
    if (!r->used || r->invariant != invariant) continue;
    if (r->kind != REGISTER_INPUT && r->kind != REGISTER_INDEX) continue;
    load_register(worker, i, starts, extents, tile_strides);
  }
}

static void run_instruction(loop_worker *worker, const loop_instruction *instruction, char *result, int64_t count) {
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

static void run_instructions(loop_worker *worker, int invariant, const int64_t *starts, int64_t count) {
  const apus_loop *loop = worker->loop;
  for (int32_t i = 0; i < loop->instruction_count; i++) {
    const loop_instruction *instruction = &loop->instructions[i];
    const loop_register *r = &loop->registers[instruction->result];
    if (r->invariant != invariant) continue;
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
    loop_copy_block(loop->kernels, output->size_log2, loop->rank, extents, target, output->strides, source,
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
    char *target = output->address + offset_of(loop, output->strides, starts) * ((int64_t)1 << output->size_log2);
    if (worker->run->streamed[i]) {
      loop->kernels->stream(target, values, count << output->size_log2);
    } else {
      loop_copy_block(loop->kernels, output->size_log2, loop->rank, extents, target, output->strides, values,
                      tile_strides);
    }
  }
}

// The part of the iteration space that tile `number` covers along the dimensions that are reduced, or kept.
static void locate_tile(const apus_loop *loop, int reduced, int64_t number, int64_t *starts, int64_t *extents) {
  for (int32_t d = loop->rank - 1; d >= 0; d--) {
    if (loop->reduced[d] != reduced) continue;
    int64_t at = 0;
    if (loop->tile_counts[d] > 1) {
      at = number % loop->tile_counts[d];
      number /= loop->tile_counts[d];
    }
    starts[d] = at * loop->tile[d];
    extents[d] = smaller(loop->tile[d], loop->shape[d] - starts[d]);
  }
}

// Stores the accumulated elements of one tile along the kept dimensions.
static void finish_outputs(
    const apus_loop *loop, char *staging, const int64_t *kept_starts, const int64_t *kept_extents,
    const char *accumulators) {
  int64_t starts[MAX_RANK], extents[MAX_RANK], tile_strides[MAX_RANK];
  int64_t count = 1;
  for (int32_t d = 0; d < loop->rank; d++) {
    starts[d] = loop->reduced[d] ? 0 : kept_starts[d];
    extents[d] = loop->reduced[d] ? 1 : kept_extents[d];
    count *= extents[d];
  }
  row_major_strides(loop, extents, tile_strides);
  for (int32_t i = 0; i < loop->output_count; i++) {
    const loop_output *output = &loop->outputs[i];
    if (output->reduction == APUS_REDUCE_NONE) continue;
    loop_finish_accumulators(output->dtype, accumulators + output->accumulators, staging, count);
    char *target = output->address + offset_of(loop, output->strides, starts) * ((int64_t)1 << output->size_log2);
    loop_copy_block(loop->kernels, output->size_log2, loop->rank, extents, target, output->strides, staging,
                    tile_strides);
  }
}

static void clear_accumulators(const apus_loop *loop, char *accumulators) {
  for (int32_t i = 0; i < loop->output_count; i++) {
    const loop_output *output = &loop->outputs[i];
    if (output->reduction == APUS_REDUCE_NONE) continue;
    loop_clear_accumulators(output, accumulators + output->accumulators, loop->kept_elements);
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
  clear_accumulators(loop, accumulators);
  int64_t end = loop->reduced_tiles * (split + 1) / loop->splits;
  for (int64_t tile = loop->reduced_tiles * split / loop->splits; tile < end; tile++) {
    locate_tile(loop, 1, tile, starts, extents);
    run_tile(worker, starts, extents, accumulators);
  }
  if (loop->splits == 1) finish_outputs(loop, staging, starts, extents, accumulators);
}

// Each thread works through its own share of the tasks, then helps with what is left of the others': a core that is
// busy with something else then holds up the rest less. Which thread does a task does not change its result.
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
      int64_t task = begin + atomic_fetch_add_explicit(&loop->cursors[owner].next, batch, memory_order_relaxed);
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

// Adds up the partial reductions, in their order.
static void combine_splits(const apus_loop *loop) {
  char *staging = loop_thread_scratch(loop->scratch_bytes) + loop->staging;
  int64_t starts[MAX_RANK] = {0}, extents[MAX_RANK];
  for (int64_t kept = 0; kept < loop->kept_tiles; kept++) {
    char *total = loop->accumulators + kept * loop->splits * loop->accumulator_bytes;
    for (int64_t split = 1; split < loop->splits; split++) {
      const char *partial = total + split * loop->accumulator_bytes;
      for (int32_t i = 0; i < loop->output_count; i++) {
        const loop_output *output = &loop->outputs[i];
        if (output->reduction == APUS_REDUCE_NONE) continue;
        output->combine(total + output->accumulators, partial + output->accumulators, 1, loop->kept_elements);
      }
    }
    locate_tile(loop, 0, kept, starts, extents);
    finish_outputs(loop, staging, starts, extents, total);
  }
}

// A space without elements: outputs that reduce still have some when the empty dimensions are reduced ones.
static int store_identities(const apus_loop *loop) {
  int64_t extents[MAX_RANK], none[MAX_RANK] = {0};
  for (int32_t d = 0; d < loop->rank; d++) {
    extents[d] = loop->reduced[d] ? 1 : loop->shape[d];
    if (extents[d] == 0) return 0;
  }
  for (int32_t i = 0; i < loop->output_count; i++) {
    const loop_output *output = &loop->outputs[i];
    if (output->reduction == APUS_REDUCE_NONE) continue;
    if (output->address == NULL) return 1;
    _Alignas(8) char accumulator[8], element[8];
    loop_clear_accumulators(output, accumulator, 1);
    loop_finish_accumulators(output->dtype, accumulator, element, 1);
    loop_copy_block(loop->kernels, output->size_log2, loop->rank, extents, output->address, output->strides, element,
                    none);
  }
  return 0;
}

// Whether an output's memory is an input's that is still read after the output's instruction.
static int would_destroy_input(const apus_loop *loop, const loop_output *output) {
  for (int32_t i = 0; i < loop->register_count; i++) {
    const loop_register *r = &loop->registers[i];
    if (r->used && r->kind == REGISTER_INPUT && r->access == ACCESS_DIRECT && r->last_use > output->written_by &&
        r->address == output->address) {
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
    if (r->used && r->kind == REGISTER_INPUT && r->address == NULL && loop->elements > 0) return 1;
  }
  for (int32_t i = 0; i < loop->output_count; i++) {
    if (loop->outputs[i].address == NULL && loop->elements > 0) return 1;
  }
  return 0;
}

int apus_loop_run(void *context) {
  const apus_loop *loop = context;
  if (!loop->prepared || addresses_are_missing(loop)) return 1;
  if (loop->elements == 0) return store_identities(loop);
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
    if (loop_thread_scratch(loop->scratch_bytes) == NULL) return 1;
    combine_splits(loop);
  }
  return 0;
}
