// The table of one instruction set's kernels; included once for each.

#pragma once
#include "loop_conversions.h"
#include "loop_normalize.h"
#include "loop_reductions.h"
#include "loop_transposes.h"

// bool is stored as uint8 and shares its kernels where these keep 0 and 1.
#define FLOAT_ROW(name) {[APUS_FLOAT32] = name##_f32, [APUS_FLOAT64] = name##_f64}
// Operations alike on signed and unsigned.
#define WRAPPING_ROW(name) \
  [APUS_INT32] = name##_u32, [APUS_INT64] = name##_u64, [APUS_UINT8] = name##_u8, [APUS_UINT32] = name##_u32
#define INTEGER_ROW(name) \
  [APUS_INT32] = name##_i32, [APUS_INT64] = name##_i64, [APUS_UINT8] = name##_u8, [APUS_UINT32] = name##_u32
#define FLOAT_ENTRIES(name) [APUS_FLOAT32] = name##_f32, [APUS_FLOAT64] = name##_f64
#define BOOL_ENTRY(name) [APUS_BOOL] = name##_u8

#define CASTS_FROM(from)                                                        \
  {                                                                             \
      [APUS_FLOAT32] = cast_##from##_f32,   [APUS_FLOAT64] = cast_##from##_f64, \
      [APUS_INT32] = cast_##from##_i32,     [APUS_INT64] = cast_##from##_i64,   \
      [APUS_UINT8] = cast_##from##_u8,      [APUS_BOOL] = cast_##from##_bool,   \
      [APUS_BFLOAT16] = cast_##from##_bf16, [APUS_UINT32] = cast_##from##_u32}
// A cast to the operand's own type is a copy.
#define cast_f32_f32 copy_size4
#define cast_f64_f64 copy_size8
#define cast_bf16_bf16 copy_size2

#define BY_SIZE(name) {name##_size1, name##_size2, name##_size4, name##_size8}

const loop_kernels KERNELS_NAME = {
    .instruction_set = KERNELS_INSTRUCTION_SET,
    .instruction =
        {
            [APUS_OP_NEG] = {FLOAT_ENTRIES(neg), WRAPPING_ROW(neg)},
            [APUS_OP_ABS] =
                {FLOAT_ENTRIES(abs), [APUS_INT32] = abs_i32, [APUS_INT64] = abs_i64,
                 [APUS_UINT8] = copy_size1, [APUS_UINT32] = copy_size4},
            [APUS_OP_SIGN] = {FLOAT_ENTRIES(sign), INTEGER_ROW(sign)},
            [APUS_OP_FLOOR] = FLOAT_ROW(floor),
            [APUS_OP_CEIL] = FLOAT_ROW(ceil),
            [APUS_OP_ROUND] = FLOAT_ROW(round),
            [APUS_OP_EXP] = FLOAT_ROW(exp),
            [APUS_OP_EXPM1] = FLOAT_ROW(expm1),
            [APUS_OP_LOG] = FLOAT_ROW(log),
            [APUS_OP_LOG1P] = FLOAT_ROW(log1p),
            [APUS_OP_SQRT] = FLOAT_ROW(sqrt),
            [APUS_OP_RSQRT] = FLOAT_ROW(rsqrt),
            [APUS_OP_SIN] = FLOAT_ROW(sin),
            [APUS_OP_COS] = FLOAT_ROW(cos),
            [APUS_OP_TANH] = FLOAT_ROW(tanh),
            [APUS_OP_LOGISTIC] = FLOAT_ROW(logistic),
            [APUS_OP_ERF] = FLOAT_ROW(erf),
            [APUS_OP_NOT] = {WRAPPING_ROW(not), [APUS_BOOL] = not_bool},
            [APUS_OP_IS_FINITE] = FLOAT_ROW(is_finite),
            [APUS_OP_RELU] = FLOAT_ROW(relu),
            [APUS_OP_SQUARE] = {FLOAT_ENTRIES(square), WRAPPING_ROW(square)},
            [APUS_OP_RECIPROCAL] = FLOAT_ROW(reciprocal),
            [APUS_OP_GELU] = {[APUS_FLOAT32] = gelu_f32},
            [APUS_OP_GELU_TANH] = {[APUS_FLOAT32] = gelu_tanh_f32},
            [APUS_OP_ADD] = {FLOAT_ENTRIES(add), WRAPPING_ROW(add)},
            [APUS_OP_SUB] = {FLOAT_ENTRIES(sub), WRAPPING_ROW(sub)},
            [APUS_OP_MUL] = {FLOAT_ENTRIES(mul), WRAPPING_ROW(mul)},
            [APUS_OP_DIV] = {FLOAT_ENTRIES(div), INTEGER_ROW(div)},
            [APUS_OP_POW] = {FLOAT_ENTRIES(pow), INTEGER_ROW(pow)},
            [APUS_OP_MAX] = {FLOAT_ENTRIES(max), INTEGER_ROW(max), BOOL_ENTRY(max)},
            [APUS_OP_MIN] = {FLOAT_ENTRIES(min), INTEGER_ROW(min), BOOL_ENTRY(min)},
            [APUS_OP_REM] = {FLOAT_ENTRIES(rem), INTEGER_ROW(rem)},
            [APUS_OP_ATAN2] = FLOAT_ROW(atan2),
            [APUS_OP_AND] = {WRAPPING_ROW(and), BOOL_ENTRY(and)},
            [APUS_OP_OR] = {WRAPPING_ROW(or), BOOL_ENTRY(or)},
            [APUS_OP_XOR] = {WRAPPING_ROW(xor), BOOL_ENTRY(xor)},
            [APUS_OP_SHL] = {WRAPPING_ROW(shl)},
            [APUS_OP_SHR] = {INTEGER_ROW(shr)},
            [APUS_OP_RELU_GRAD] = FLOAT_ROW(relu_grad),
            [APUS_OP_GELU_GRAD] = {[APUS_FLOAT32] = gelu_grad_f32},
            [APUS_OP_GELU_TANH_GRAD] = {[APUS_FLOAT32] = gelu_tanh_grad_f32},
            [APUS_OP_EQ] = {FLOAT_ENTRIES(eq), INTEGER_ROW(eq), BOOL_ENTRY(eq)},
            [APUS_OP_NE] = {FLOAT_ENTRIES(ne), INTEGER_ROW(ne), BOOL_ENTRY(ne)},
            [APUS_OP_LT] = {FLOAT_ENTRIES(lt), INTEGER_ROW(lt), BOOL_ENTRY(lt)},
            [APUS_OP_LE] = {FLOAT_ENTRIES(le), INTEGER_ROW(le), BOOL_ENTRY(le)},
            [APUS_OP_GT] = {FLOAT_ENTRIES(gt), INTEGER_ROW(gt), BOOL_ENTRY(gt)},
            [APUS_OP_GE] = {FLOAT_ENTRIES(ge), INTEGER_ROW(ge), BOOL_ENTRY(ge)},
            [APUS_OP_CLAMP] = {FLOAT_ENTRIES(clamp), INTEGER_ROW(clamp)},
            [APUS_OP_FMA] = FLOAT_ROW(fma),
            [APUS_OP_LERP] = FLOAT_ROW(lerp),
            [APUS_OP_LERP_SQUARE] = FLOAT_ROW(lerp_square),
            [APUS_OP_DIV_ROOT] = FLOAT_ROW(div_root),
        },
    .cast =
        {
            [APUS_FLOAT32] = CASTS_FROM(f32),
            [APUS_FLOAT64] = CASTS_FROM(f64),
            [APUS_INT32] = CASTS_FROM(i32),
            [APUS_INT64] = CASTS_FROM(i64),
            [APUS_UINT8] = CASTS_FROM(u8),
            [APUS_BOOL] = CASTS_FROM(u8),
            [APUS_BFLOAT16] = CASTS_FROM(bf16),
            [APUS_UINT32] = CASTS_FROM(u32),
        },
    .copy = BY_SIZE(copy),
    .select = BY_SIZE(select),
    .transpose = BY_SIZE(transpose),
    .stream = stream_memory,
    .normalize = normalize_row,
    .reduce_rows =
        {
            [APUS_REDUCE_SUM] = {FLOAT_ENTRIES(row_sum), WRAPPING_ROW(row_sum)},
            [APUS_REDUCE_PROD] = {FLOAT_ENTRIES(row_prod), WRAPPING_ROW(row_prod)},
            [APUS_REDUCE_MAX] = {FLOAT_ENTRIES(row_max), INTEGER_ROW(row_max), BOOL_ENTRY(row_max)},
            [APUS_REDUCE_MIN] = {FLOAT_ENTRIES(row_min), INTEGER_ROW(row_min), BOOL_ENTRY(row_min)},
            [APUS_REDUCE_AND] = {WRAPPING_ROW(row_and), BOOL_ENTRY(row_and)},
            [APUS_REDUCE_OR] = {WRAPPING_ROW(row_or), BOOL_ENTRY(row_or)},
        },
    .reduce_columns =
        {
            [APUS_REDUCE_SUM] = {FLOAT_ENTRIES(column_sum), WRAPPING_ROW(column_sum)},
            [APUS_REDUCE_PROD] = {FLOAT_ENTRIES(column_prod), WRAPPING_ROW(column_prod)},
            [APUS_REDUCE_MAX] = {FLOAT_ENTRIES(column_max), INTEGER_ROW(column_max), BOOL_ENTRY(column_max)},
            [APUS_REDUCE_MIN] = {FLOAT_ENTRIES(column_min), INTEGER_ROW(column_min), BOOL_ENTRY(column_min)},
            [APUS_REDUCE_AND] = {WRAPPING_ROW(column_and), BOOL_ENTRY(column_and)},
            [APUS_REDUCE_OR] = {WRAPPING_ROW(column_or), BOOL_ENTRY(column_or)},
        },
};
