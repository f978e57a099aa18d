// Instructions of a fused loop that stand for several.
//
// Each instruction reads and writes a tile in the first-level cache, which is most of what a simple one costs.
// Optimizers are long chains of simple ones over all weights: moving averages and divisions by a root.

#include "loop_internal.h"

typedef struct {
  // For each register: the instruction that makes it, or -1, and how often it is read.
  int32_t made_by[MOST_REGISTERS];
  int32_t read_count[MOST_REGISTERS];
} register_uses;

static void count_uses(const apus_loop *loop, register_uses *uses) {
  for (int32_t i = 0; i < loop->register_count; i++) {
    uses->made_by[i] = -1;
    uses->read_count[i] = 0;
  }
  for (int32_t i = 0; i < loop->instruction_count; i++) {
    uses->made_by[loop->instructions[i].result] = i;
    for (int k = 0; k < 3; k++) {
      int32_t operand = loop->instructions[i].operands[k];
      if (operand >= 0) uses->read_count[operand]++;
    }
  }
  for (int32_t i = 0; i < loop->output_count; i++) uses->read_count[loop->outputs[i].value]++;
}

// The instruction that makes a register which nothing else reads, if it has the opcode; otherwise NULL.
static const loop_instruction *sole_producer(
    const apus_loop *loop, const register_uses *uses, int32_t value, int32_t opcode) {
  if (value < 0 || uses->made_by[value] < 0 || uses->read_count[value] != 1) return NULL;
  const loop_instruction *producer = &loop->instructions[uses->made_by[value]];
  return producer->opcode == opcode ? producer : NULL;
}

static void replace(
    const apus_loop *loop, loop_instruction *instruction, int32_t opcode, int32_t a, int32_t b, int32_t c) {
  tile_kernel kernel = loop->kernels->instruction[opcode][loop->registers[instruction->result].dtype];
  if (kernel == NULL) return;
  *instruction = (loop_instruction){opcode, instruction->result, {a, b, c}, kernel};
}

// a + (b - a) * c, where b may be a square.
static void contract_average(const apus_loop *loop, const register_uses *uses, loop_instruction *sum) {
  for (int side = 0; side < 2; side++) {
    const int32_t a = sum->operands[side];
    const loop_instruction *product = sole_producer(loop, uses, sum->operands[1 - side], APUS_OP_MUL);
    for (int factor = 0; product != NULL && factor < 2; factor++) {
      const loop_instruction *difference =
          sole_producer(loop, uses, product->operands[factor], APUS_OP_SUB);
      if (difference == NULL || difference->operands[1] != a) continue;
      const int32_t b = difference->operands[0], c = product->operands[1 - factor];
      const loop_instruction *square = sole_producer(loop, uses, b, APUS_OP_MUL);
      if (square != NULL && square->operands[0] == square->operands[1]) {
        replace(loop, sum, APUS_OP_LERP_SQUARE, a, square->operands[0], c);
      } else {
        replace(loop, sum, APUS_OP_LERP, a, b, c);
      }
      return;
    }
  }
}

// a / (sqrt(b) + c)
static void contract_division(const apus_loop *loop, const register_uses *uses, loop_instruction *quotient) {
  const loop_instruction *sum = sole_producer(loop, uses, quotient->operands[1], APUS_OP_ADD);
  for (int side = 0; sum != NULL && side < 2; side++) {
    const loop_instruction *root = sole_producer(loop, uses, sum->operands[side], APUS_OP_SQRT);
    if (root == NULL) continue;
    replace(loop, quotient, APUS_OP_DIV_ROOT, quotient->operands[0], root->operands[0], sum->operands[1 - side]);
    return;
  }
}

void loop_contract(apus_loop *loop) {
  register_uses uses;
  count_uses(loop, &uses);
  for (int32_t i = 0; i < loop->instruction_count; i++) {
    loop_instruction *instruction = &loop->instructions[i];
    if (instruction->opcode == APUS_OP_ADD) contract_average(loop, &uses, instruction);
    if (instruction->opcode == APUS_OP_DIV) contract_division(loop, &uses, instruction);
  }
}
