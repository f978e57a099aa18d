// Describing a fused loop.

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop_internal.h"

static const char *const dtype_names[APUS_DTYPE_COUNT] = {
    "float32", "float64", "int32", "int64", "uint8", "bool", "bfloat16", "uint32",
};

int32_t loop_refuse(apus_loop *loop, const char *format, ...) {
  if (loop->message[0] == 0) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(loop->message, sizeof(loop->message), format, arguments);
    va_end(arguments);
  }
  return -1;
}

apus_loop *apus_loop_create(int32_t rank, const int64_t *shape) {
  apus_loop *loop = calloc(1, sizeof(apus_loop));
  if (loop == NULL) return NULL;
  loop->outputs = calloc(APUS_LOOP_MAX_OUTPUTS, sizeof(loop_output));
  if (loop->outputs == NULL) {
    apus_loop_destroy(loop);
    return NULL;
  }
  loop->kernels = loop_kernels_for_processor();
  if (rank < 0 || rank > MAX_RANK) {
    loop_refuse(loop, "a loop has 0 to %d dimensions, not %d", MAX_RANK, rank);
    return loop;
  }
  loop->rank = rank;
  for (int32_t d = 0; d < rank; d++) {
    if (shape[d] < 0) loop_refuse(loop, "dimension %d has the negative size %lld", d, (long long)shape[d]);
    loop->shape[d] = shape[d];
  }
  return loop;
}

void apus_loop_destroy(apus_loop *loop) {
  if (loop == NULL) return;
  for (int32_t i = 0; i < loop->register_count; i++) free(loop->registers[i].segments);
  free(loop->registers);
  free(loop->instructions);
  free(loop->outputs);
  free(loop->accumulators);
  free(loop->cursors);
  free(loop);
}

const char *apus_loop_error(const apus_loop *loop) { return loop->message; }

int apus_loop_thread_count(const apus_loop *loop) { return (int)loop->threads; }

// Makes room for one more register and one more instruction.
static int grow(apus_loop *loop) {
  if (loop->register_count < loop->capacity) return 1;
  int32_t capacity = loop->capacity == 0 ? 16 : 2 * loop->capacity;
  if (capacity > MOST_REGISTERS) capacity = MOST_REGISTERS;
  // Registers hold vectors, so they are aligned as such.
  loop_register *registers = aligned_alloc(64, (size_t)capacity * sizeof(loop_register));
  loop_instruction *instructions = calloc((size_t)capacity, sizeof(loop_instruction));
  if (registers == NULL || instructions == NULL) {
    free(registers);
    free(instructions);
    loop_refuse(loop, "no memory for %d registers", capacity);
    return 0;
  }
  if (loop->capacity > 0) {
    memcpy(registers, loop->registers, (size_t)loop->register_count * sizeof(loop_register));
    memcpy(instructions, loop->instructions, (size_t)loop->instruction_count * sizeof(loop_instruction));
  }
  free(loop->registers);
  free(loop->instructions);
  loop->registers = registers;
  loop->instructions = instructions;
  loop->capacity = capacity;
  return 1;
}

static loop_register *append_unchecked(apus_loop *loop, register_kind kind, int32_t dtype) {
  if (!grow(loop)) return NULL;
  loop_register *r = &loop->registers[loop->register_count++];
  memset(r, 0, sizeof(*r));
  r->kind = kind;
  r->dtype = dtype;
  r->size_log2 = size_log2_of(dtype);
  r->scratch = -1;
  return r;
}

// A new register, or NULL with the reason remembered.
static loop_register *append_register(apus_loop *loop, register_kind kind, int32_t dtype) {
  if (loop->prepared) {
    loop_refuse(loop, "the loop is prepared already");
  } else if (dtype < 0 || dtype >= APUS_DTYPE_COUNT) {
    loop_refuse(loop, "there is no element type %d", dtype);
  } else if (loop->register_count >= APUS_LOOP_MAX_REGISTERS) {
    loop_refuse(loop, "a loop has at most %d registers", APUS_LOOP_MAX_REGISTERS);
  }
  return loop->message[0] != 0 ? NULL : append_unchecked(loop, kind, dtype);
}

int32_t apus_loop_add_input(apus_loop *loop, int32_t dtype, const int64_t *strides) {
  if (loop->input_count >= APUS_LOOP_MAX_INPUTS) {
    return loop_refuse(loop, "a loop has at most %d inputs", APUS_LOOP_MAX_INPUTS);
  }
  loop_register *r = append_register(loop, REGISTER_INPUT, dtype);
  if (r == NULL) return -1;
  memcpy(r->strides, strides, (size_t)loop->rank * sizeof(int64_t));
  loop->input_count++;
  return loop->register_count - 1;
}

int32_t apus_loop_add_segments(apus_loop *loop, int32_t dtype, int32_t count, const int64_t *ends) {
  if (loop->message[0] != 0) return -1;
  if (loop->rank != 1 || count < 1 || ends[count - 1] != loop->shape[0]) {
    return loop_refuse(loop, "%d arrays cannot be an operand of this loop's size", count);
  }
  const int64_t stride = 1;
  int32_t input = apus_loop_add_input(loop, dtype, &stride);
  if (input < 0) return -1;
  loop_segment *segments = calloc((size_t)count, sizeof(loop_segment));
  if (segments == NULL) return loop_refuse(loop, "no memory for %d arrays", count);
  for (int32_t s = 0; s < count; s++) segments[s].end = ends[s];
  loop->registers[input].segments = segments;
  loop->registers[input].segment_count = count;
  return input;
}

int32_t apus_loop_add_index(apus_loop *loop, int32_t dtype, int64_t start, const int64_t *strides) {
  if (dtype != APUS_INT32 && dtype != APUS_INT64 && dtype != APUS_UINT32 && dtype != APUS_FLOAT32) {
    return loop_refuse(loop, "an index is int32, int64, uint32 or float32");
  }
  loop_register *r = append_register(loop, REGISTER_INDEX, dtype);
  if (r == NULL) return -1;
  r->start = start;
  memcpy(r->strides, strides, (size_t)loop->rank * sizeof(int64_t));
  return loop->register_count - 1;
}

// Adds a constant whose value is at hand as another type.
static int32_t add_constant(apus_loop *loop, int32_t dtype, int32_t given, const void *value) {
  loop_register *r = append_register(loop, REGISTER_CONSTANT, dtype);
  if (r == NULL) return -1;
  _Alignas(64) char vector[SPLAT_BYTES];
  loop_fill(3, vector, value, SPLAT_BYTES / 8);
  tile_source source = {vector, 0};
  loop->kernels->cast[given][dtype](r->splat, &source, NULL, NULL, SPLAT_BYTES >> r->size_log2);
  return loop->register_count - 1;
}

int32_t apus_loop_add_real(apus_loop *loop, int32_t dtype, double value) {
  return add_constant(loop, dtype, APUS_FLOAT64, &value);
}

int32_t apus_loop_add_integer(apus_loop *loop, int32_t dtype, int64_t value) {
  return add_constant(loop, dtype, APUS_INT64, &value);
}

static int32_t operand_count(int32_t opcode) {
  switch (opcode) {
    case APUS_OP_SELECT:
    case APUS_OP_CLAMP:
    case APUS_OP_FMA:
    case APUS_OP_LERP:
    case APUS_OP_LERP_SQUARE:
    case APUS_OP_DIV_ROOT: return 3;
    case APUS_OP_CAST:
    case APUS_OP_BITCAST: return 1;
    default: return opcode < APUS_OP_ADD ? 1 : 2;
  }
}

int32_t loop_append_instruction(
    apus_loop *loop, int32_t opcode, tile_kernel kernel, int32_t dtype, const int32_t *operands) {
  if (append_unchecked(loop, REGISTER_RESULT, dtype) == NULL) return -1;
  int32_t result = loop->register_count - 1;
  loop_instruction *instruction = &loop->instructions[loop->instruction_count++];
  *instruction = (loop_instruction){opcode, result, {operands[0], operands[1], operands[2]}, kernel};
  return result;
}

int32_t apus_loop_add_instruction(
    apus_loop *loop, int32_t opcode, int32_t dtype, int32_t a, int32_t b, int32_t c) {
  if (loop->message[0] != 0) return -1;
  if (loop->prepared) return loop_refuse(loop, "the loop is prepared already");
  if (opcode < 0 || opcode >= APUS_OP_COUNT) return loop_refuse(loop, "there is no opcode %d", opcode);
  if (dtype < 0 || dtype >= APUS_DTYPE_COUNT) return loop_refuse(loop, "there is no element type %d", dtype);
  if (loop->register_count >= APUS_LOOP_MAX_REGISTERS) {
    return loop_refuse(loop, "a loop has at most %d registers", APUS_LOOP_MAX_REGISTERS);
  }
  int32_t operands[3] = {a, b, c};
  const int32_t count = operand_count(opcode);
  for (int32_t i = 0; i < 3; i++) {
    if (i >= count) operands[i] = -1;
    if (i < count && (operands[i] < 0 || operands[i] >= loop->register_count)) {
      return loop_refuse(
          loop, "operand %d of opcode %d is register %d of %d", i, opcode, operands[i], loop->register_count);
    }
  }
  // Apart from conversions and a predicate, operands are of one type, which chooses the kernel.
  const int first = opcode == APUS_OP_SELECT ? 1 : 0;
  const int32_t type = loop->registers[operands[first]].dtype;
  for (int32_t i = first + 1; i < count; i++) {
    int32_t other = loop->registers[operands[i]].dtype;
    if (other != type) {
      return loop_refuse(
          loop, "operands of opcode %d are %s and %s", opcode, dtype_names[type], dtype_names[other]);
    }
  }
  if (first == 1 && loop->registers[a].dtype != APUS_BOOL) {
    return loop_refuse(loop, "the predicate of a select is %s", dtype_names[loop->registers[a].dtype]);
  }
  int32_t expected = type;
  tile_kernel kernel;
  if (opcode == APUS_OP_CAST) {
    expected = dtype;
    kernel = loop->kernels->cast[type][dtype];
  } else if (opcode == APUS_OP_BITCAST) {
    if (size_log2_of(type) == size_log2_of(dtype)) expected = dtype;
    kernel = loop->kernels->copy[size_log2_of(type)];
  } else if (opcode == APUS_OP_SELECT) {
    kernel = loop->kernels->select[size_log2_of(type)];
  } else {
    if (opcode == APUS_OP_IS_FINITE || (opcode >= APUS_OP_EQ && opcode <= APUS_OP_GE)) expected = APUS_BOOL;
    kernel = loop->kernels->instruction[opcode][type];
  }
  if (kernel == NULL) return loop_refuse(loop, "opcode %d has no meaning for %s", opcode, dtype_names[type]);
  if (dtype != expected) {
    return loop_refuse(
        loop, "opcode %d on %s gives %s, not %s", opcode, dtype_names[type], dtype_names[expected],
        dtype_names[dtype]);
  }
  return loop_append_instruction(loop, opcode, kernel, dtype, operands);
}

int32_t apus_loop_add_output(apus_loop *loop, int32_t value, int32_t reduction, const int64_t *strides) {
  if (loop->message[0] != 0) return -1;
  if (loop->prepared) return loop_refuse(loop, "the loop is prepared already");
  if (value < 0 || value >= loop->register_count) {
    return loop_refuse(loop, "an output takes register %d of %d", value, loop->register_count);
  }
  if (reduction < 0 || reduction >= APUS_REDUCE_COUNT)
    return loop_refuse(loop, "there is no reduction %d", reduction);
  if (loop->output_count >= APUS_LOOP_MAX_OUTPUTS) {
    return loop_refuse(loop, "a loop has at most %d outputs", APUS_LOOP_MAX_OUTPUTS);
  }
  const int32_t dtype = loop->registers[value].dtype;
  loop_output *output = &loop->outputs[loop->output_count];
  memset(output, 0, sizeof(*output));
  output->value = value;
  output->dtype = dtype;
  output->size_log2 = size_log2_of(dtype);
  output->reduction = reduction;
  output->written_by = -1;
  memcpy(output->strides, strides, (size_t)loop->rank * sizeof(int64_t));
  if (reduction != APUS_REDUCE_NONE) {
    output->reduce_rows = loop->kernels->reduce_rows[reduction][dtype];
    output->reduce_columns = loop->kernels->reduce_columns[reduction][dtype];
    output->combine = loop->kernels->reduce_columns[reduction][is_float(dtype) ? APUS_FLOAT64 : APUS_INT64];
    if (output->reduce_rows == NULL) {
      return loop_refuse(loop, "reduction %d has no meaning for %s", reduction, dtype_names[dtype]);
    }
  }
  return loop->output_count++;
}

void apus_loop_set_input(apus_loop *loop, int32_t input, const void *address) {
  if (input >= 0 && input < loop->register_count) loop->registers[input].address = address;
}

void apus_loop_set_segment(apus_loop *loop, int32_t input, int32_t segment, const void *address) {
  if (input < 0 || input >= loop->register_count) return;
  loop_register *r = &loop->registers[input];
  if (segment >= 0 && segment < r->segment_count) r->segments[segment].address = address;
}

void apus_loop_set_output(apus_loop *loop, int32_t output, void *address) {
  if (output >= 0 && output < loop->output_count) loop->outputs[output].address = address;
}
