// A fused loop: a chain of elementwise operations over one iteration space, with broadcasting, strided
// views and reductions, done in one pass over memory and shared among threads.
//
// A loop is a small register program. Inputs, constants and instructions each define one register; an
// instruction reads earlier registers; outputs store a register, or reduce it over some dimensions. The
// program is interpreted tile by tile: each instruction is vector code over a tile that stays in the L1
// cache, so that a chain of ten operations reads and writes memory once.
//
//   apus_loop *loop = apus_loop_create(2, (int64_t[]){rows, columns});
//   int32_t x = apus_loop_add_input(loop, APUS_FLOAT32, (int64_t[]){columns, 1});
//   int32_t bias = apus_loop_add_input(loop, APUS_FLOAT32, (int64_t[]){0, 1});  // stride 0 broadcasts
//   int32_t sum = apus_loop_add_instruction(loop, APUS_OP_ADD, APUS_FLOAT32, x, bias, -1);
//   int32_t zero = apus_loop_add_real(loop, APUS_FLOAT32, 0);
//   int32_t relu = apus_loop_add_instruction(loop, APUS_OP_MAX, APUS_FLOAT32, sum, zero, -1);
//   int32_t y = apus_loop_add_output(loop, relu, APUS_REDUCE_NONE, (int64_t[]){columns, 1});
//   int32_t total = apus_loop_add_output(loop, relu, APUS_REDUCE_SUM, (int64_t[]){0, 1});  // over rows
//   if (apus_loop_prepare(loop) != 0) { puts(apus_loop_error(loop)); }
//   apus_loop_set_input(loop, x, ...); apus_loop_set_output(loop, y, ...); ...
//   apus_loop_run(loop);
//
// A loop with no instruction, whose output names an input, is a strided copy.
//
// The vector code is chosen for the processor at run time; APUS_ISA=baseline or avx2 in the environment asks
// for a lesser one. The last bits of float32 functions and sums may differ between them, never between two
// runs on one.

#pragma once
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Element types; the numbers are those of Swift's `DType`.
enum {
  APUS_FLOAT32 = 0,
  APUS_FLOAT64 = 1,
  APUS_INT32 = 2,
  APUS_INT64 = 3,
  APUS_UINT8 = 4,
  /// One byte, 0 or 1.
  APUS_BOOL = 5,
  /// Storage only: a register of it can be cast, selected, bit-cast and stored, nothing else.
  APUS_BFLOAT16 = 6,
  APUS_UINT32 = 7,
  APUS_DTYPE_COUNT = 8
};

/// What an instruction does to its operands `a`, `b` and `c`. "float" stands for float32 and float64, "int"
/// for int32, int64, uint32 and uint8, "number" for both. Operands and result have the instruction's dtype
/// unless said otherwise.
enum {
  // Unary.
  APUS_OP_NEG,         // number; unsigned wraps
  APUS_OP_ABS,         // number; the least integer stays as it is
  APUS_OP_SIGN,        // number; -1, 0 or 1, NaN stays
  APUS_OP_FLOOR,       // float
  APUS_OP_CEIL,        // float
  APUS_OP_ROUND,       // float; halves to even
  APUS_OP_EXP,         // float
  APUS_OP_EXPM1,       // float
  APUS_OP_LOG,         // float
  APUS_OP_LOG1P,       // float
  APUS_OP_SQRT,        // float
  APUS_OP_RSQRT,       // float; 1 / sqrt(a)
  APUS_OP_SIN,         // float
  APUS_OP_COS,         // float
  APUS_OP_TANH,        // float
  APUS_OP_LOGISTIC,    // float; 1 / (1 + exp(-a))
  APUS_OP_ERF,         // float
  APUS_OP_NOT,         // bool: logical; int: bits
  APUS_OP_IS_FINITE,   // operand float, result bool
  APUS_OP_RELU,        // float; max(a, 0), NaN stays
  APUS_OP_SQUARE,      // number
  APUS_OP_RECIPROCAL,  // float
  APUS_OP_GELU,        // float32
  APUS_OP_GELU_TANH,   // float32; the approximation by tanh
  // Binary.
  APUS_OP_ADD,    // number
  APUS_OP_SUB,    // number
  APUS_OP_MUL,    // number
  APUS_OP_DIV,    // number; int: toward zero, by zero gives 0
  APUS_OP_POW,    // number; int: by repeated multiplication, a negative exponent gives 1 / a^-b toward zero
  APUS_OP_MAX,    // number, bool; NaN if either is
  APUS_OP_MIN,    // number, bool; NaN if either is
  APUS_OP_REM,    // number; floor remainder, the sign of b, as in Python; int: by zero gives 0
  APUS_OP_ATAN2,  // float
  APUS_OP_AND,    // bool, int
  APUS_OP_OR,     // bool, int
  APUS_OP_XOR,    // bool, int
  APUS_OP_SHL,    // int; a shift by the width or more, or by less than 0, gives 0
  APUS_OP_SHR,    // int; arithmetic on signed types; by the width or more gives 0, or -1 if negative
  APUS_OP_RELU_GRAD,  // float; a where b > 0, else 0 (a the gradient, b the output or the input)
  APUS_OP_GELU_GRAD,       // float32; a times the slope of gelu at b
  APUS_OP_GELU_TANH_GRAD,  // float32
  // Comparisons: result bool, operands alike, number or bool. NaN compares unequal to all.
  APUS_OP_EQ,
  APUS_OP_NE,
  APUS_OP_LT,
  APUS_OP_LE,
  APUS_OP_GT,
  APUS_OP_GE,
  // Ternary.
  APUS_OP_SELECT,  // a bool, b and c any type: a ? b : c
  APUS_OP_CLAMP,   // number; a the low bound, b the value, c the high bound; a NaN value stays
  APUS_OP_FMA,     // float; a * b + c, rounded once where the processor can
  // What moving averages and adaptive rates are made of, in one pass; each step is rounded.
  APUS_OP_LERP,         // float; a + (b - a) * c
  APUS_OP_LERP_SQUARE,  // float; a + (b * b - a) * c
  APUS_OP_DIV_ROOT,     // float; a / (sqrt(b) + c)
  // Conversions: the operand's type may differ from the result's.
  APUS_OP_CAST,     // any to any; float to int saturates and NaN gives 0; to bool: whether not 0
  APUS_OP_BITCAST,  // between types of one size
  APUS_OP_COUNT
};

/// How an output folds the dimensions along which its stride is 0.
enum {
  APUS_REDUCE_NONE = 0,
  APUS_REDUCE_SUM = 1,
  APUS_REDUCE_PROD = 2,
  /// NaN if any element is.
  APUS_REDUCE_MAX = 3,
  APUS_REDUCE_MIN = 4,
  /// On bool, or on the bits of an int.
  APUS_REDUCE_AND = 5,
  APUS_REDUCE_OR = 6,
  APUS_REDUCE_COUNT = 7
};

/// Limits of one loop; `apus_loop_add_...` beyond them makes `apus_loop_prepare` fail.
enum {
  APUS_LOOP_MAX_RANK = 8,
  APUS_LOOP_MAX_INPUTS = 64,
  APUS_LOOP_MAX_OUTPUTS = 32,
  APUS_LOOP_MAX_REGISTERS = 256
};

/// A loop being described, or ready to run. Owned by who created it; not to be run by two threads at once.
typedef struct apus_loop apus_loop;

/// Begins a loop over an iteration space of `rank` dimensions (0 to 8), the last varying fastest. Sizes of
/// 0 and 1 are fine. Returns NULL only when memory ran out.
apus_loop *apus_loop_create(int32_t rank, const int64_t *shape);

// The functions that follow return a register's number (or, for an output, the output's), or -1 when what is
// asked cannot be done; the loop remembers the first such mistake and `apus_loop_prepare` reports it.

/// Adds an operand read from memory. `strides[d]` is the distance, in elements, between neighbors along
/// dimension d: any integer, 0 to broadcast. The address belongs to the element at index 0, ..., 0.
int32_t apus_loop_add_input(apus_loop *loop, int32_t dtype, const int64_t *strides);

/// Adds an operand of a one-dimensional loop that lies in several arrays, one after the other: array s has the
/// elements from `ends[s - 1]`, or 0, to `ends[s]`; the last end is the loop's size. Their addresses are set by
/// `apus_loop_set_segment`.
int32_t apus_loop_add_segments(apus_loop *loop, int32_t dtype, int32_t count, const int64_t *ends);

/// Adds an operand that is computed from the position: `start + index[0] * strides[0] + ...`, in int64, then
/// cast to `dtype` (int32, int64, uint32 or float32).
int32_t apus_loop_add_index(apus_loop *loop, int32_t dtype, int64_t start, const int64_t *strides);

/// Adds a constant, of a float type, of an int type (converted as by a cast), or bool.
int32_t apus_loop_add_real(apus_loop *loop, int32_t dtype, double value);

/// Adds a constant given as an integer, exact for int64.
int32_t apus_loop_add_integer(apus_loop *loop, int32_t dtype, int64_t value);

/// Adds an instruction. `dtype` is the result's (bool for comparisons and for is-finite). Operands that the
/// opcode does not have are -1.
int32_t apus_loop_add_instruction(
    apus_loop *loop, int32_t opcode, int32_t dtype, int32_t a, int32_t b, int32_t c);

/// Adds an output: `value` (of the register's dtype) is stored with the given strides, or reduced over the
/// dimensions whose stride is 0. All reducing outputs of a loop must reduce the same dimensions; outputs
/// that do not reduce may stand beside them. Without reduction no stride may be 0 where the size exceeds 1.
/// An empty reduction gives sum 0, product 1, the least value for max, the greatest for min, true and false.
///
/// The memory of an output that does not reduce may be the memory of an input, if dtype's size and all
/// strides are equal: each element is read before it is written. Any other overlap is undefined.
///
/// float32 sums are accumulated in lanes over a tile and in double beyond. The order of the sum depends
/// only on shape and strides, never on the number of threads.
int32_t apus_loop_add_output(apus_loop *loop, int32_t value, int32_t reduction, const int64_t *strides);

/// Checks the loop and plans it: merges dimensions, chooses tiles and kernels, allocates all that a run
/// needs. Returns 0, or nonzero with a message in `apus_loop_error`. Call once; nothing may be added
/// afterwards.
int32_t apus_loop_prepare(apus_loop *loop);

/// The first mistake made in describing the loop, for people to read; "" when there is none.
const char *apus_loop_error(const apus_loop *loop);

/// The most threads that a run of the prepared loop uses: 1 when there is too little to share.
int apus_loop_thread_count(const apus_loop *loop);

/// Sets where an input (named by its register) lives. May be called between runs.
void apus_loop_set_input(apus_loop *loop, int32_t input, const void *address);

/// Sets where one array of an operand of several lives; NULL, which all are at first, stands for zeros. None of
/// them may share memory with an output.
void apus_loop_set_segment(apus_loop *loop, int32_t input, int32_t segment, const void *address);

/// Sets where an output (named by its number) lives. May be called between runs.
void apus_loop_set_output(apus_loop *loop, int32_t output, void *address);

/// Runs a prepared loop: an `apus_step_function` whose context is the loop. Allocates nothing but a thread's
/// scratch when it first needs so much. Returns 0, or 1 when the loop is not prepared, an address is missing
/// or memory ran out.
int apus_loop_run(void *loop);

/// Frees the loop; NULL is fine.
void apus_loop_destroy(apus_loop *loop);

#ifdef __cplusplus
}
#endif
