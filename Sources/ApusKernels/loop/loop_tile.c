// Choosing what a tile of a fused loop covers.

#include <string.h>

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
  // A run of elements long enough to be its own tile.
  LONG_RUN = 256,
};

// The strides of an operand that tiles are read from or written to: reductions leave the tile by way of
// accumulators.
static const int64_t *strides_of_tile_operand(apus_loop *loop, int32_t i) {
  if (i >= loop->register_count && loop->outputs[i - loop->register_count].reduction != APUS_REDUCE_NONE)
    return NULL;
  return strides_of_operand(loop, i);
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

// Whether an operand has the same elements in every tile. A shorter tile at the end must then be a prefix of
// a whole one, so a dimension that is cut must be the outermost that the tile covers.
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

// Where an operand must be copied to scratch tile by tile, but single rows of it are consecutive and long,
// rows are the better tiles.
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

// An operand whose neighbors lie along another dimension than the innermost is walked in squares.
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

static void classify(apus_loop *loop) {
  for (int32_t i = 0; i < loop->register_count; i++) {
    loop_register *r = &loop->registers[i];
    if (reads_memory(r)) {
      r->access = r->segments != NULL ? ACCESS_DIRECT : access_of(loop, r->strides);
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
    if (output->reduction == APUS_REDUCE_NONE || loop->registers[output->value].kind != REGISTER_INPUT)
      return 0;
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

void loop_choose_tile(apus_loop *loop) {
  // With a trial tile of the greatest size, count what an element needs.
  int64_t bytes_per_element = 0;
  set_tile_of(loop, LARGEST_TILE);
  set_tile_elements(loop);
  classify(loop);
  loop_place_results(loop, 0, &bytes_per_element);
  for (int32_t i = 0; i < loop->register_count; i++) {
    const loop_register *r = &loop->registers[i];
    if (reads_memory(r) && r->access != ACCESS_SPLAT) bytes_per_element += (int64_t)1 << r->size_log2;
  }
  for (int32_t i = 0; i < loop->output_count; i++) {
    if (loop->outputs[i].reduction == APUS_REDUCE_NONE)
      bytes_per_element += (int64_t)1 << loop->outputs[i].size_log2;
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
