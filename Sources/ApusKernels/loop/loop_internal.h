// What the parts of the fused loop share: loop.c describes it, loop_plan.c plans it, loop_run.c runs it.

#pragma once
#include <stddef.h>

#include "apus_loop.h"
#include "loop_kernels.h"

enum {
  MAX_RANK = APUS_LOOP_MAX_RANK,
  // Bytes of a register that is the same throughout a tile: the longest vector.
  SPLAT_BYTES = 64,
  // A reduction to few elements is cut into about this many partial ones. Fixed, so that the order of a sum
  // does not depend on the machine.
  PARTIAL_TASKS = 32,
  // Results of inserted copies need registers too.
  MOST_REGISTERS = APUS_LOOP_MAX_REGISTERS + APUS_LOOP_MAX_OUTPUTS,
};

typedef enum { REGISTER_INPUT, REGISTER_INDEX, REGISTER_CONSTANT, REGISTER_RESULT } register_kind;

// How an operand's part of a tile is reached.
typedef enum {
  ACCESS_DIRECT,  // the tile is consecutive in memory and is used there
  ACCESS_SPLAT,   // one element for the whole tile
  ACCESS_BLOCK    // copied to or from scratch
} access_kind;

// A part of an operand that lies in several arrays: where it ends in their sequence, in elements, and its
// array, or NULL for zeros.
typedef struct {
  int64_t end;
  const char *address;
} loop_segment;

typedef struct {
  register_kind kind;
  int32_t dtype;
  int32_t size_log2;
  int64_t strides[MAX_RANK];             // inputs and indices: in elements, along the plan's dimensions
  int64_t start;                         // indices
  const char *address;                   // inputs
  loop_segment *segments;                // inputs of several arrays, or NULL
  int32_t segment_count;
  _Alignas(64) char splat[SPLAT_BYTES];  // constants
  int used;
  access_kind access;
  int invariant;     // the same elements in every tile, so made once by each thread
  int32_t last_use;  // the last instruction that reads it; the number of instructions if the tile's end does
  int64_t scratch;   // where it lies within a thread's scratch, or -1
} loop_register;

typedef struct {
  int32_t opcode;
  int32_t result;
  int32_t operands[3];
  tile_kernel kernel;
} loop_instruction;

typedef struct {
  int32_t value;
  int32_t dtype;
  int32_t size_log2;
  int32_t reduction;
  int64_t strides[MAX_RANK];
  char *address;
  access_kind access;
  // The instruction that may write its result straight to this output, or -1.
  int32_t written_by;
  // Larger than the caches, so stored past them.
  int large;
  row_reducer reduce_rows;
  column_reducer reduce_columns;
  column_reducer combine;  // of accumulators
  int64_t accumulators;    // where its accumulators lie within a task's block
} loop_output;

// How far a thread's share of the tasks has been handed out, on a cache line of its own.
typedef struct {
  _Alignas(64) _Atomic int64_t next;
} task_cursor;

struct apus_loop {
  char message[192];
  int prepared;
  const loop_kernels *kernels;

  int32_t register_count, instruction_count, output_count, input_count;
  int32_t capacity;  // of registers, and of instructions
  loop_register *registers;
  loop_instruction *instructions;
  loop_output *outputs;

  // The iteration space as given, then as merged by the plan, and the part of each dimension that a tile
  // covers.
  int32_t rank;
  int64_t shape[MAX_RANK];
  int64_t tile[MAX_RANK];
  int64_t tile_counts[MAX_RANK];
  int reduced[MAX_RANK];
  int reducing;
  int copying;  // one input goes to one output as it is
  int64_t elements;
  int64_t tile_elements;
  // A task is one tile along the kept dimensions and one of `splits` ranges of the tiles along the reduced
  // ones.
  int64_t kept_tiles, reduced_tiles, splits;
  int64_t kept_elements;      // of a tile
  // Operands that lie in memory in the order of the tiles: the next tile's part of them is fetched while a tile
  // is computed.
  int32_t streams[APUS_LOOP_MAX_INPUTS];
  int32_t stream_count;
  int64_t accumulator_bytes;  // of a task

  int32_t threads;
  int64_t scratch_bytes;  // of a thread
  int64_t staging,
      staging_bytes;     // within a thread's scratch: for values that are not elsewhere in one piece
  char *accumulators;    // of all tasks, when there is more than one split
  task_cursor *cursors;  // one a thread
};

// Whether an operand is read where it is, or nearly always so.
static inline int needs_scratch(const loop_register *r) {
  return r->used && (r->kind == REGISTER_INPUT || r->kind == REGISTER_INDEX) &&
         (r->access != ACCESS_DIRECT || r->segments != NULL);
}

static inline int32_t size_log2_of(int32_t dtype) {
  static const int8_t sizes[APUS_DTYPE_COUNT] = {2, 3, 2, 3, 0, 0, 1, 2};
  return sizes[dtype];
}

static inline int is_float(int32_t dtype) { return dtype == APUS_FLOAT32 || dtype == APUS_FLOAT64; }

static inline int reads_memory(const loop_register *r) {
  return r->used && (r->kind == REGISTER_INPUT || r->kind == REGISTER_INDEX);
}

// Operands that have strides are numbered: a used input or index as its register, outputs after the
// registers. NULL for other registers.
static inline int64_t *strides_of_operand(apus_loop *loop, int32_t i) {
  if (i < loop->register_count) return reads_memory(&loop->registers[i]) ? loop->registers[i].strides : NULL;
  return loop->outputs[i - loop->register_count].strides;
}

static inline int32_t operand_total(const apus_loop *loop) {
  return loop->register_count + loop->output_count;
}

static inline int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
static inline int64_t divided_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

// Where the element at `starts` lies, in elements.
static inline int64_t offset_of(const apus_loop *loop, const int64_t *strides, const int64_t *starts) {
  int64_t offset = 0;
  for (int32_t d = 0; d < loop->rank; d++) offset += strides[d] * starts[d];
  return offset;
}

// Strides of a tile whose elements are consecutive.
static inline void row_major_strides(const apus_loop *loop, const int64_t *extents, int64_t *strides) {
  int64_t stride = 1;
  for (int32_t d = loop->rank - 1; d >= 0; d--) {
    strides[d] = stride;
    stride *= extents[d];
  }
}

// The part of the iteration space that tile `number` covers along the dimensions that are reduced, or kept.
static inline void locate_tile(
    const apus_loop *loop, int reduced, int64_t number, int64_t *starts, int64_t *extents) {
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

// Remembers the first mistake made with a loop, as a printf format; returns -1.
int32_t loop_refuse(apus_loop *loop, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Replaces groups of instructions by the one that does the same in one pass over a tile. What they leave behind
// is no longer used.
void loop_contract(apus_loop *loop);

// Chooses what a tile covers, and with it how each operand is reached.
void loop_choose_tile(apus_loop *loop);

// Places the results of instructions in scratch, from offset `begin`; returns the end. A register whose last
// reader is done gives its place to the next result of its size. Adds the bytes that one element of a tile
// takes up there.
int64_t loop_place_results(apus_loop *loop, int64_t begin, int64_t *bytes_per_element);

// The calling thread's scratch, at least so many bytes; NULL when memory ran out. Grows at first use only.
char *loop_thread_scratch(int64_t bytes);

// Adds an instruction without checks, for the plan's own copies; -1 when memory ran out.
int32_t loop_append_instruction(
    apus_loop *loop, int32_t opcode, tile_kernel kernel, int32_t dtype, const int32_t *operands);

// Copies a block between any two strided memories; strides in elements. A source stride of 0 repeats.
void loop_copy_block(
    const loop_kernels *kernels, int32_t size_log2, int32_t rank, const int64_t *extents, char *result,
    const int64_t *result_strides, const char *source, const int64_t *source_strides);

// Fills `count` elements with the one at `element`.
void loop_fill(int32_t size_log2, char *result, const char *element, int64_t count);

// Folds a tile's values, consecutive in the order of its dimensions, into the accumulators of its kept
// elements.
void loop_reduce_tile(
    const apus_loop *loop, const loop_output *output, const int64_t *extents, const char *values,
    char *accumulators);

// Sets a task's accumulators to the reductions' neutral elements.
void loop_clear_accumulators(const apus_loop *loop, char *accumulators);

// Stores the accumulated elements of one tile along the kept dimensions. `staging` has room for them.
void loop_finish_outputs(
    const apus_loop *loop, char *staging, const int64_t *kept_starts, const int64_t *kept_extents,
    const char *accumulators);

// Adds up the partial reductions of all tasks, in their order, and stores the outputs.
void loop_combine_splits(const apus_loop *loop, char *staging);

// For a space without elements: outputs that reduce still have some when the empty dimensions are reduced
// ones. Returns 1 when an address is missing.
int loop_store_identities(const apus_loop *loop);

// Makes a tile of an input or an index ready to read.
tile_source loop_load(
    const apus_loop *loop, const loop_register *r, char *scratch, const int64_t *starts,
    const int64_t *extents, const int64_t *tile_strides);
