// Planning a fused loop: which registers are needed, how dimensions merge, what a tile covers, where scratch lies.

#include <stdlib.h>
#include <string.h>

#include "apus_threads.h"
#include "loop_internal.h"

enum {
  // A tile's registers should stay in a first-level cache of 32 KB, with room for what streams by.
  TILE_BYTES = 24 << 10,
  SMALLEST_TILE = 256,
  LARGEST_TILE = 4096,
  // A side of the squares in which transposed operands are walked.
  TRANSPOSED_SIDE = 64,
  // A tile that is only reduced streams by, and needs no room; its accumulators do.
  LARGEST_STREAMED_TILE = 65536,
  MOST_ACCUMULATORS = 16384,
  MOST_COLUMNS = 1024,
  // An output that would push everything else out of the last cache that the cores share. (What systems say of
  // that cache's size may be the sum over many.)
  LARGE_OUTPUT = 32 << 20,
  // Below this, starting threads costs more than it saves.
  SERIAL_ELEMENTS = 32768,
  // A reduction to few elements is cut into about this many partial ones. Fixed, so that the order of a sum does
  // not depend on the machine.
  PARTIAL_TASKS = 32,
  // A run of elements long enough to be its own tile.
  LONG_RUN = 256,
};

static int reads_memory(const loop_register *r) {
  return r->used && (r->kind == REGISTER_INPUT || r->kind == REGISTER_INDEX);
}

// The strides of a used input or index (a register's number) or of an output (numbered after the registers).
static int64_t *strides_of_operand(apus_loop *loop, int32_t i) {
  if (i < loop->register_count) return reads_memory(&loop->registers[i]) ? loop->registers[i].strides : NULL;
  return loop->outputs[i - loop->register_count].strides;
}

// The strides of an operand that tiles are read from or written to: reductions leave the tile by way of
// accumulators.
static const int64_t *strides_of_tile_operand(apus_loop *loop, int32_t i) {
  if (i >= loop->register_count && loop->outputs[i - loop->register_count].reduction != APUS_REDUCE_NONE) return NULL;
  return strides_of_operand(loop, i);
}

static int32_t operand_total(const apus_loop *loop) { return loop->register_count + loop->output_count; }

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
    if (loop->registers[loop->instructions[i].result].used) loop->instructions[kept++] = loop->instructions[i];
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
    if (loop->output_count == 1 && loop->instruction_count == 0 && value->kind == REGISTER_INPUT) {
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
        return loop_refuse(loop, "the outputs of one loop must reduce the same dimensions, unlike output %d", i);
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

static access_kind access_of(const apus_loop *loop, const int64_t *strides) {
  int64_t expected = 1;
  int direct = 1, splat = 1;
  for (int32_t d = loop->rank - 1; d >= 0; d--) {
    if (loop->tile[d] == 1) continue;
    if (strides[d] != expected) direct = 0;
    if (strides[d] != 0) splat = 0;
    expected *= loop->tile[d];
  }
  return splat ? ACCESS_SPLAT : direct ? ACCESS_DIRECT : ACCESS_BLOCK;
}

// Whether an operand has the same elements in every tile. A shorter tile at the end must then be a prefix of a
// whole one, so a dimension that is cut must be the outermost that the tile covers.
static int is_invariant(const apus_loop *loop, const int64_t *strides, access_kind access) {
  int covered = 0;
  for (int32_t d = 0; d < loop->rank; d++) {
    int cut = loop->tile[d] < loop->shape[d];
    if (cut && strides[d] != 0) return 0;
    if (cut && covered && access != ACCESS_SPLAT) return 0;
    covered |= loop->tile[d] > 1;
  }
  return 1;
}

// Parts as even as possible, of whole vectors where that is a small change.
static int64_t even_part(int64_t size, int64_t limit) {
  int64_t part = divided_up(size, divided_up(size, larger(limit, 1)));
  int64_t rounded = divided_up(part, 64) * 64;
  return part > 256 && rounded <= limit ? rounded : part;
}

static void set_tile_of(apus_loop *loop, int64_t target) {
  int64_t room = target;
  for (int32_t d = loop->rank - 1; d >= 0; d--) {
    if (room == 0) {
      loop->tile[d] = 1;
    } else if (loop->shape[d] <= room) {
      loop->tile[d] = larger(loop->shape[d], 1);
      room /= loop->tile[d];
    } else {
      loop->tile[d] = even_part(loop->shape[d], room);
      room = 0;
    }
  }
}

// Where an operand must be copied to scratch tile by tile, but single rows of it are consecutive and long, rows are
// the better tiles.
static void prefer_long_rows(apus_loop *loop) {
  int32_t cut = loop->rank - 1;
  int64_t row = 1;
  while (cut >= 0 && loop->tile[cut] == loop->shape[cut]) row *= loop->shape[cut--];
  if (cut < 0 || loop->tile[cut] == 1 || row < LONG_RUN) return;
  int better = 0;
  int64_t rows = loop->tile[cut];
  for (int32_t i = 0; i < operand_total(loop); i++) {
    const int64_t *strides = strides_of_tile_operand(loop, i);
    if (strides == NULL || access_of(loop, strides) != ACCESS_BLOCK) continue;
    if (i < loop->register_count && is_invariant(loop, strides, ACCESS_BLOCK)) continue;
    loop->tile[cut] = 1;
    better |= access_of(loop, strides) != ACCESS_BLOCK;
    loop->tile[cut] = rows;
  }
  if (better) loop->tile[cut] = 1;
}

// An operand whose neighbours lie along another dimension than the innermost is walked in squares.
static void square_up_transposed(apus_loop *loop) {
  const int32_t inner = loop->rank - 1;
  for (int32_t i = 0; i < operand_total(loop); i++) {
    const int64_t *strides = strides_of_tile_operand(loop, i);
    if (strides == NULL || strides[inner] == 0 || strides[inner] == 1) continue;
    for (int32_t d = 0; d < inner; d++) {
      if (strides[d] != 1 || loop->tile[d] >= 16 || loop->tile[d] == loop->shape[d]) continue;
      for (int32_t k = 0; k < loop->rank; k++) loop->tile[k] = 1;
      loop->tile[inner] = larger(smaller(loop->shape[inner], TRANSPOSED_SIDE), 1);
      loop->tile[d] = larger(smaller(loop->shape[d], LARGEST_TILE / loop->tile[inner]), 1);
      if (loop->tile[inner] == TRANSPOSED_SIDE) loop->tile[d] = smaller(loop->tile[d], TRANSPOSED_SIDE);
      return;
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

// Scratch for results: a register whose last reader is done gives its place to the next result of its size. Returns the
// bytes an element needs in all.
typedef struct {
  int32_t size_log2;
  int32_t owner;  // -1 when free
  int64_t scratch;
} scratch_slot;

static void release_slots(apus_loop *loop, scratch_slot *slots, int32_t count, int32_t instruction, int32_t size) {
  for (int32_t s = 0; s < count; s++) {
    if (slots[s].owner < 0 || (size >= 0 && slots[s].size_log2 != size)) continue;
    if (loop->registers[slots[s].owner].last_use <= instruction) slots[s].owner = -1;
  }
}

static int64_t assign_result_scratch(apus_loop *loop, scratch_slot *slots, int64_t begin, int64_t *bytes_per_element) {
  int32_t count = 0;
  int64_t end = begin;
  for (int32_t i = 0; i < loop->instruction_count; i++) {
    const int32_t result = loop->instructions[i].result;
    loop_register *r = &loop->registers[result];
    if (r->access == ACCESS_SPLAT || r->invariant) {
      r->scratch = end;
      end += r->access == ACCESS_SPLAT ? SPLAT_BYTES : divided_up(loop->tile_elements << r->size_log2, 64) * 64;
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

static void classify(apus_loop *loop) {
  for (int32_t i = 0; i < loop->register_count; i++) {
    loop_register *r = &loop->registers[i];
    if (reads_memory(r)) {
      r->access = access_of(loop, r->strides);
      if (r->kind == REGISTER_INDEX && r->access == ACCESS_DIRECT) r->access = ACCESS_BLOCK;
      r->invariant = is_invariant(loop, r->strides, r->access);
      // Elsewhere than in scratch nothing is gained.
      if (r->access == ACCESS_DIRECT) r->invariant = 0;
    } else if (r->kind == REGISTER_CONSTANT) {
      r->access = ACCESS_SPLAT;
      r->invariant = 1;
    }
  }
  for (int32_t i = 0; i < loop->instruction_count; i++) {
    const loop_instruction *instruction = &loop->instructions[i];
    loop_register *r = &loop->registers[instruction->result];
    r->access = ACCESS_SPLAT;
    r->invariant = 1;
    for (int k = 0; k < 3; k++) {
      if (instruction->operands[k] < 0) continue;
      const loop_register *operand = &loop->registers[instruction->operands[k]];
      if (operand->access != ACCESS_SPLAT) r->access = ACCESS_BLOCK;
      if (!operand->invariant) r->invariant = 0;
    }
  }
  for (int32_t i = 0; i < loop->output_count; i++) {
    loop_output *output = &loop->outputs[i];
    output->access = access_of(loop, output->strides);
    // A tile of one element.
    if (output->access == ACCESS_SPLAT) output->access = ACCESS_DIRECT;
    const loop_register *value = &loop->registers[output->value];
    output->written_by = -1;
    if (output->reduction != APUS_REDUCE_NONE || output->access != ACCESS_DIRECT) continue;
    if (value->kind != REGISTER_RESULT || value->access == ACCESS_SPLAT || value->invariant) continue;
    int taken = 0;
    for (int32_t k = 0; k < i; k++) {
      taken |= loop->outputs[k].written_by >= 0 && loop->outputs[k].value == output->value;
    }
    for (int32_t k = 0; k < loop->instruction_count && !taken; k++) {
      if (loop->instructions[k].result == output->value) output->written_by = k;
    }
  }
}

static void set_tile_elements(apus_loop *loop) {
  loop->tile_elements = 1;
  for (int32_t d = 0; d < loop->rank; d++) loop->tile_elements *= loop->tile[d];
}

// Whether all the loop does is reduce inputs.
static int only_reduces(const apus_loop *loop) {
  if (loop->instruction_count > 0) return 0;
  for (int32_t i = 0; i < loop->output_count; i++) {
    const loop_output *output = &loop->outputs[i];
    if (output->reduction == APUS_REDUCE_NONE || loop->registers[output->value].kind != REGISTER_INPUT) return 0;
  }
  return 1;
}

static int64_t count_elements(const apus_loop *loop) {
  int64_t elements = 1;
  for (int32_t d = 0; d < loop->rank; d++) elements *= loop->shape[d];
  return elements;
}

static int64_t tile_target(const apus_loop *loop, int64_t bytes_per_element) {
  if (only_reduces(loop)) {
    return larger(smaller(count_elements(loop) / (2 * PARTIAL_TASKS), LARGEST_STREAMED_TILE), LARGEST_TILE);
  }
  int64_t target = TILE_BYTES / larger(bytes_per_element, 1) / 64 * 64;
  return larger(smaller(target, LARGEST_TILE), SMALLEST_TILE);
}

// Accumulators are read and written for each tile, so there should be few of them for its size.
static void limit_accumulators(apus_loop *loop) {
  const int32_t inner = loop->rank - 1;
  if (!loop->reducing || loop->reduced[inner] || loop->rank == 1) return;
  int streamed = only_reduces(loop);
  int64_t most = streamed ? MOST_ACCUMULATORS : MOST_COLUMNS;
  if (loop->tile[inner] == loop->shape[inner] && inner > 0 && loop->tile[inner - 1] >= 8) return;
  if (streamed && loop->shape[inner] <= most && loop->reduced[inner - 1]) {
    loop->tile[inner] = larger(loop->shape[inner], 1);
    loop->tile[inner - 1] = larger(smaller(loop->shape[inner - 1], larger(loop->tile[inner - 1], 16)), 1);
  } else if (loop->tile[inner] > most) {
    loop->tile[inner] = even_part(loop->shape[inner], most);
  }
}

static void choose_tile(apus_loop *loop) {
  // With a trial tile of the greatest size, count what an element needs.
  int64_t bytes_per_element = 0;
  scratch_slot slots[MOST_REGISTERS];
  set_tile_of(loop, LARGEST_TILE);
  set_tile_elements(loop);
  classify(loop);
  assign_result_scratch(loop, slots, 0, &bytes_per_element);
  for (int32_t i = 0; i < loop->register_count; i++) {
    const loop_register *r = &loop->registers[i];
    if (reads_memory(r) && r->access != ACCESS_SPLAT) bytes_per_element += (int64_t)1 << r->size_log2;
  }
  for (int32_t i = 0; i < loop->output_count; i++) {
    if (loop->outputs[i].reduction == APUS_REDUCE_NONE) bytes_per_element += (int64_t)1 << loop->outputs[i].size_log2;
  }
  set_tile_of(loop, tile_target(loop, bytes_per_element));
  limit_accumulators(loop);
  prefer_long_rows(loop);
  square_up_transposed(loop);
  // An empty dimension has no tiles, of any size but 0.
  for (int32_t d = 0; d < loop->rank; d++) {
    if (loop->tile[d] < 1) loop->tile[d] = 1;
  }
  set_tile_elements(loop);
  classify(loop);
}

static void count_tiles(apus_loop *loop) {
  loop->elements = count_elements(loop);
  loop->kept_tiles = 1;
  loop->reduced_tiles = 1;
  loop->kept_elements = 1;
  for (int32_t d = 0; d < loop->rank; d++) {
    loop->tile_counts[d] = divided_up(loop->shape[d], loop->tile[d]);
    if (loop->reduced[d]) {
      loop->reduced_tiles *= loop->tile_counts[d];
    } else {
      loop->kept_tiles *= loop->tile_counts[d];
      loop->kept_elements *= loop->tile[d];
    }
  }
  loop->splits = 1;
  if (loop->reducing && loop->elements >= SERIAL_ELEMENTS && loop->kept_tiles < PARTIAL_TASKS / 2) {
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
                    loop->elements << output->size_log2 >= LARGE_OUTPUT;
  }
}

int32_t apus_loop_prepare(apus_loop *loop) {
  if (loop->message[0] != 0) return 1;
  if (loop->prepared) return loop_refuse(loop, "the loop is prepared already"), 1;
  if (loop->output_count == 0) return loop_refuse(loop, "the loop has no output"), 1;
  mark_used(loop);
  if (insert_copies(loop) != 0) return 1;
  if (find_reduced_dimensions(loop) != 0) return 1;
  merge_dimensions(loop);
  find_last_uses(loop);
  choose_tile(loop);
  count_tiles(loop);
  find_large_outputs(loop);

  scratch_slot slots[MOST_REGISTERS];
  int64_t bytes_per_element = 0;
  int64_t end = assign_result_scratch(loop, slots, 0, &bytes_per_element);
  for (int32_t i = 0; i < loop->register_count; i++) {
    loop_register *r = &loop->registers[i];
    if (!reads_memory(r) || r->access == ACCESS_DIRECT) continue;
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
  loop->threads = loop->elements < SERIAL_ELEMENTS ? 1 : (int32_t)smaller(apus_thread_count(), tasks);
  if (loop->threads < 1) loop->threads = 1;
  loop->cursors = aligned_alloc(64, (size_t)loop->threads * sizeof(task_cursor));
  if (loop->splits > 1) loop->accumulators = aligned_alloc(64, (size_t)(tasks * loop->accumulator_bytes));
  if (loop->cursors == NULL || (loop->splits > 1 && loop->accumulators == NULL)) {
    return loop_refuse(loop, "no memory for %lld partial results", (long long)tasks), 1;
  }
  loop->prepared = 1;
  return 0;
}
