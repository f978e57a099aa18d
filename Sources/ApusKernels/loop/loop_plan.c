// Planning a fused loop: which registers are needed, how dimensions merge, what a tile covers, where scratch
// lies.

#include <stdlib.h>
#include <string.h>

#include "apus_threads.h"
#include "loop_internal.h"

enum {
  // What would push everything else out of the last cache that the cores share. (What systems say of that cache's
  // size may be the sum over many.)
  LARGE_BYTES = 32 << 20,
  // A reduction of fewer elements is not cut.
  WHOLE_ELEMENTS = 32768,
  // Below this much work, in units of a simple operation on one element, starting threads costs more than it
  // saves.
  SERIAL_WORK = 3 * 32768,
};

// Drops instructions whose results nobody needs.
static void mark_used(apus_loop *loop) {
  for (int32_t i = 0; i < loop->output_count; i++) loop->registers[loop->outputs[i].value].used = 1;
  for (int32_t i = loop->instruction_count - 1; i >= 0; i--) {
    const loop_instruction *instruction = &loop->instructions[i];
    if (!loop->registers[instruction->result].used) continue;
    for (int k = 0; k < 3; k++) {
      if (instruction->operands[k] >= 0) loop->registers[instruction->operands[k]].used = 1;
    }
  }
  int32_t kept = 0;
  for (int32_t i = 0; i < loop->instruction_count; i++) {
    if (loop->registers[loop->instructions[i].result].used)
      loop->instructions[kept++] = loop->instructions[i];
  }
  loop->instruction_count = kept;
}

// Gives every stored output a value that an instruction computes, so that the rules about outputs that share
// memory with inputs need only look at instructions. A lone copy needs none.
static int32_t insert_copies(apus_loop *loop) {
  for (int32_t i = 0; i < loop->output_count; i++) {
    loop_output *output = &loop->outputs[i];
    const loop_register *value = &loop->registers[output->value];
    if (output->reduction != APUS_REDUCE_NONE || value->kind == REGISTER_RESULT) continue;
    if (loop->output_count == 1 && loop->instruction_count == 0 && value->kind == REGISTER_INPUT &&
        value->segments == NULL) {
      loop->copying = 1;
      continue;
    }
    int32_t operands[3] = {output->value, -1, -1};
    tile_kernel copy = loop->kernels->copy[value->size_log2];
    output->value = loop_append_instruction(loop, APUS_OP_BITCAST, copy, value->dtype, operands);
    if (output->value < 0) return -1;
    loop->registers[output->value].used = 1;
  }
  return 0;
}

static int32_t find_reduced_dimensions(apus_loop *loop) {
  for (int32_t i = 0; i < loop->output_count; i++) {
    const loop_output *output = &loop->outputs[i];
    for (int32_t d = 0; d < loop->rank; d++) {
      if (loop->shape[d] == 1) continue;
      int repeated = output->strides[d] == 0;
      if (output->reduction == APUS_REDUCE_NONE) {
        if (repeated && loop->shape[d] > 1) {
          return loop_refuse(loop, "output %d would write one element repeatedly along dimension %d", i, d);
        }
      } else if (!loop->reducing) {
        loop->reduced[d] = repeated;
      } else if (loop->reduced[d] != repeated) {
        return loop_refuse(
            loop, "the outputs of one loop must reduce the same dimensions, unlike output %d", i);
      }
    }
    if (output->reduction != APUS_REDUCE_NONE) loop->reducing = 1;
  }
  return 0;
}

static void remove_dimension(apus_loop *loop, int32_t d) {
  size_t following = (size_t)(loop->rank - d - 1);
  for (int32_t i = 0; i < operand_total(loop); i++) {
    int64_t *strides = strides_of_operand(loop, i);
    if (strides != NULL) memmove(strides + d, strides + d + 1, following * sizeof(int64_t));
  }
  memmove(loop->shape + d, loop->shape + d + 1, following * sizeof(int64_t));
  memmove(loop->reduced + d, loop->reduced + d + 1, following * sizeof(int));
  loop->rank--;
}

static int mergeable(apus_loop *loop, int32_t d) {
  if (loop->reduced[d] != loop->reduced[d + 1]) return 0;
  for (int32_t i = 0; i < operand_total(loop); i++) {
    const int64_t *strides = strides_of_operand(loop, i);
    if (strides != NULL && strides[d] != strides[d + 1] * loop->shape[d + 1]) return 0;
  }
  return 1;
}

static void merge_dimensions(apus_loop *loop) {
  for (int32_t d = loop->rank - 1; d >= 0; d--) {
    if (loop->shape[d] == 1) remove_dimension(loop, d);
  }
  for (int32_t d = loop->rank - 2; d >= 0; d--) {
    if (!mergeable(loop, d)) continue;
    // The inner dimension's strides are those of the merged one.
    loop->shape[d + 1] *= loop->shape[d];
    remove_dimension(loop, d);
  }
  if (loop->rank == 0) {
    loop->rank = 1;
    loop->shape[0] = 1;
    loop->reduced[0] = 0;
    for (int32_t i = 0; i < operand_total(loop); i++) {
      int64_t *strides = strides_of_operand(loop, i);
      if (strides != NULL) strides[0] = 0;
    }
  }
}

static void find_last_uses(apus_loop *loop) {
  for (int32_t i = 0; i < loop->register_count; i++) loop->registers[i].last_use = -1;
  for (int32_t i = 0; i < loop->instruction_count; i++) {
    for (int k = 0; k < 3; k++) {
      int32_t operand = loop->instructions[i].operands[k];
      if (operand >= 0) loop->registers[operand].last_use = i;
    }
  }
  for (int32_t i = 0; i < loop->output_count; i++) {
    loop->registers[loop->outputs[i].value].last_use = loop->instruction_count;
  }
}

typedef struct {
  int32_t size_log2;
  int32_t owner;  // -1 when free
  int64_t scratch;
} scratch_slot;

static void release_slots(
    apus_loop *loop, scratch_slot *slots, int32_t count, int32_t instruction, int32_t size) {
  for (int32_t s = 0; s < count; s++) {
    if (slots[s].owner < 0 || (size >= 0 && slots[s].size_log2 != size)) continue;
    if (loop->registers[slots[s].owner].last_use <= instruction) slots[s].owner = -1;
  }
}

int64_t loop_place_results(apus_loop *loop, int64_t begin, int64_t *bytes_per_element) {
  scratch_slot slots[MOST_REGISTERS];
  int32_t count = 0;
  int64_t end = begin;
  for (int32_t i = 0; i < loop->instruction_count; i++) {
    const int32_t result = loop->instructions[i].result;
    loop_register *r = &loop->registers[result];
    if (r->access == ACCESS_SPLAT || r->invariant) {
      r->scratch = end;
      end +=
          r->access == ACCESS_SPLAT ? SPLAT_BYTES : divided_up(loop->tile_elements << r->size_log2, 64) * 64;
      continue;
    }
    // An operand of the same size that is read for the last time may be overwritten.
    release_slots(loop, slots, count, i, r->size_log2);
    int32_t s = 0;
    while (s < count && (slots[s].owner >= 0 || slots[s].size_log2 != r->size_log2)) s++;
    if (s == count) {
      slots[count++] = (scratch_slot){r->size_log2, -1, end};
      end += divided_up(loop->tile_elements << r->size_log2, 64) * 64;
      *bytes_per_element += (int64_t)1 << r->size_log2;
    }
    slots[s].owner = result;
    r->scratch = slots[s].scratch;
    release_slots(loop, slots, count, i, -1);
  }
  return end;
}

static void count_tiles(apus_loop *loop) {
  loop->elements = 1;
  loop->kept_tiles = 1;
  loop->reduced_tiles = 1;
  loop->kept_elements = 1;
  for (int32_t d = 0; d < loop->rank; d++) {
    loop->elements *= loop->shape[d];
    loop->tile_counts[d] = divided_up(loop->shape[d], loop->tile[d]);
    if (loop->reduced[d]) {
      loop->reduced_tiles *= loop->tile_counts[d];
    } else {
      loop->kept_tiles *= loop->tile_counts[d];
      loop->kept_elements *= loop->tile[d];
    }
  }
  loop->splits = 1;
  if (loop->reducing && loop->elements >= WHOLE_ELEMENTS && loop->kept_tiles < PARTIAL_TASKS / 2) {
    // A partial result should take in many more elements than it has.
    int64_t kept = 1;
    for (int32_t d = 0; d < loop->rank; d++) kept *= loop->reduced[d] ? 1 : loop->shape[d];
    int64_t most = smaller(loop->reduced_tiles, divided_up(loop->elements / kept, 16));
    loop->splits = smaller(most, divided_up(PARTIAL_TASKS, loop->kept_tiles));
  }
  loop->accumulator_bytes = 0;
  for (int32_t i = 0; i < loop->output_count; i++) {
    if (loop->outputs[i].reduction == APUS_REDUCE_NONE) continue;
    loop->outputs[i].accumulators = loop->accumulator_bytes;
    loop->accumulator_bytes += divided_up(loop->kept_elements * 8, 64) * 64;
  }
}

static void find_large_outputs(apus_loop *loop) {
  for (int32_t i = 0; i < loop->output_count; i++) {
    loop_output *output = &loop->outputs[i];
    output->large = output->reduction == APUS_REDUCE_NONE && output->access == ACCESS_DIRECT &&
                    loop->elements << output->size_log2 >= LARGE_BYTES;
  }
}

static int is_dense(const apus_loop *loop, const int64_t *strides) {
  int64_t dense[MAX_RANK];
  row_major_strides(loop, loop->shape, dense);
  for (int32_t d = 0; d < loop->rank; d++) {
    if (loop->shape[d] > 1 && strides[d] != dense[d]) return 0;
  }
  return 1;
}

// Processors fetch ahead what is read steadily, but a tile's operands are read in bursts, with computation between.
// What the caches hold needs no fetching.
static void find_streams(apus_loop *loop) {
  int64_t bytes = 0;
  for (int32_t i = 0; i < loop->register_count; i++) {
    const loop_register *r = &loop->registers[i];
    if (!r->used || r->kind != REGISTER_INPUT || r->access != ACCESS_DIRECT) continue;
    if (!is_dense(loop, r->strides)) continue;
    loop->streams[loop->stream_count++] = i;
    bytes += loop->elements << r->size_log2;
  }
  if (loop->reducing || loop->copying || bytes < LARGE_BYTES) loop->stream_count = 0;
}

// What an element costs, about: reading and writing it, and each instruction.
static int64_t work_per_element(const apus_loop *loop) {
  int64_t work = 2;
  for (int32_t i = 0; i < loop->instruction_count; i++) {
    if (loop->registers[loop->instructions[i].result].access == ACCESS_SPLAT) continue;
    switch (loop->instructions[i].opcode) {
      case APUS_OP_EXP:
      case APUS_OP_EXPM1:
      case APUS_OP_LOG:
      case APUS_OP_LOG1P:
      case APUS_OP_SIN:
      case APUS_OP_COS:
      case APUS_OP_TANH:
      case APUS_OP_LOGISTIC:
      case APUS_OP_GELU:
      case APUS_OP_GELU_TANH:
      case APUS_OP_GELU_GRAD:
      case APUS_OP_GELU_TANH_GRAD:
      case APUS_OP_ERF: work += 6; break;
      case APUS_OP_DIV_ROOT: work += 2; break;
      case APUS_OP_POW:
      case APUS_OP_REM:
      case APUS_OP_ATAN2: work += 20; break;
      default: work += 1;
    }
  }
  return work;
}

int32_t apus_loop_prepare(apus_loop *loop) {
  if (loop->message[0] != 0) return 1;
  if (loop->prepared) return loop_refuse(loop, "the loop is prepared already"), 1;
  if (loop->output_count == 0) return loop_refuse(loop, "the loop has no output"), 1;
  loop_contract(loop);
  mark_used(loop);
  if (insert_copies(loop) != 0) return 1;
  if (find_reduced_dimensions(loop) != 0) return 1;
  merge_dimensions(loop);
  find_last_uses(loop);
  loop_choose_tile(loop);
  count_tiles(loop);
  find_large_outputs(loop);
  find_streams(loop);

  int64_t bytes_per_element = 0;
  int64_t end = loop_place_results(loop, 0, &bytes_per_element);
  for (int32_t i = 0; i < loop->register_count; i++) {
    loop_register *r = &loop->registers[i];
    if (!needs_scratch(r)) continue;
    r->scratch = end;
    end += r->access == ACCESS_SPLAT ? SPLAT_BYTES : divided_up(loop->tile_elements << r->size_log2, 64) * 64;
  }
  int64_t staged = loop->kept_elements;
  for (int32_t i = 0; i < loop->output_count; i++) {
    if (loop->registers[loop->outputs[i].value].access == ACCESS_SPLAT) staged = loop->tile_elements;
  }
  loop->staging = end;
  loop->staging_bytes = divided_up(staged * 8, 64) * 64;
  end += loop->staging_bytes;
  // A thread's own accumulators, where tasks need none that outlive them.
  end += loop->accumulator_bytes;
  loop->scratch_bytes = end;

  int64_t tasks = loop->kept_tiles * loop->splits;
  // One thread or all of them: libgomp ends threads that a smaller team leaves out, and makes them anew
  // later.
  loop->threads =
      tasks < 2 || loop->elements * work_per_element(loop) < SERIAL_WORK ? 1 : apus_thread_count();
  loop->cursors = aligned_alloc(64, (size_t)loop->threads * sizeof(task_cursor));
  if (loop->splits > 1) loop->accumulators = aligned_alloc(64, (size_t)(tasks * loop->accumulator_bytes));
  if (loop->cursors == NULL || (loop->splits > 1 && loop->accumulators == NULL)) {
    return loop_refuse(loop, "no memory for %lld partial results", (long long)tasks), 1;
  }
  loop->prepared = 1;
  return 0;
}
