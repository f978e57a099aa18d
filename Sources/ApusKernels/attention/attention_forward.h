// Template of the attention kernel for one instruction set.

#pragma once
#include "attention_tiles.h"

// A thread's working memory.
typedef struct {
  float *keys;     // turned panels of one head's keys
  float *values;   // panels of one head's values, KEY_TILE rows after the other
  float *queries;  // a tile of queries times the scale, [QUERY_TILE, size]
  float *scores;   // [QUERY_TILE, KEY_TILE]
  float *output;   // [QUERY_TILE, value_size, padded]
  float largest[QUERY_TILE], sum[QUERY_TILE];
} forward_scratch;

// The softmax's running state of a row takes in its part of a tile; what was summed before is scaled down.
static void take_in_row(
    forward_scratch *s, const apus_attention_context *c, int64_t row, int64_t count, int64_t width) {
  float *scores = s->scores + row * KEY_TILE;
  for (int64_t j = count; j < width; j++) scores[j] = -INFINITY;
  vf32 best = (vf32)(-INFINITY);
  for (int64_t j = 0; j < width; j += FLOAT_LANES) {
    vf32 x;
    memcpy(&x, scores + j, sizeof(x));
    best = x > best ? x : best;
  }
  float before = s->largest[row], largest = largest_lane(best);
  largest = before > largest ? before : largest;
  // Nothing to be seen yet: any finite shift keeps the zeros.
  float sum = exponentials(scores, width, largest == -INFINITY ? 0 : largest);
  if (before != largest && before != -INFINITY) {
    float factor = expf(before - largest);
    s->sum[row] *= factor;
    float *output = s->output + row * padded(c->value_size);
    for (int64_t k = 0; k < c->value_size; k++) output[k] *= factor;
  }
  s->largest[row] = largest;
  s->sum[row] += sum;
}

// Queries `first` to `first + rows` of one head, whose keys and values are packed.
static void attend_tile(
    forward_scratch *s, const apus_attention_context *c, int64_t sample, int64_t head, int64_t first,
    int64_t rows) {
  int64_t length = attention_length(c, sample), columns = padded(c->value_size);
  copy_rows(s->queries, c->size, operand_rows(&c->query, sample, first, head), c->query.time_stride, rows,
            c->size, c->scale);
  for (int64_t r = 0; r < rows; r++) {
    s->largest[r] = -INFINITY;
    s->sum[r] = 0;
  }
  int64_t limit = attention_visible(c, length, first + rows - 1);
  memset(s->output, 0, sizeof(float) * (size_t)(rows * columns));
  for (int64_t begin = 0; begin < limit; begin += KEY_TILE) {
    int64_t seen = limit - begin < KEY_TILE ? limit - begin : KEY_TILE;
    int64_t width = padded(seen);
    product(s->queries, c->size, 1, s->keys + begin * c->size, c->size * PANEL, s->scores, KEY_TILE, rows,
            panel_count(seen), c->size, 0);
    for (int64_t r = 0; r < rows; r++) {
      int64_t count = attention_visible(c, length, first + r) - begin;
      count = count < 0 ? 0 : count > seen ? seen : count;
      apply_mask(c, s->scores + r * KEY_TILE, sample, head, first + r, begin, count);
      take_in_row(s, c, r, count, width);
    }
    int64_t tile_keys = c->keys - begin < KEY_TILE ? c->keys - begin : KEY_TILE;
    product(s->scores, KEY_TILE, 1, s->values + begin * columns, tile_keys * PANEL, s->output, columns, rows,
            panel_count(c->value_size), seen, 1);
  }
  for (int64_t r = 0; r < rows; r++) {
    int64_t query = first + r;
    float sum = s->sum[r];
    copy_rows(c->output + ((sample * c->queries + query) * c->heads + head) * c->value_size, 0,
              s->output + r * columns, 0, 1, c->value_size, sum == 0 ? 0 : 1 / sum);
    c->log_sum_exp[(sample * c->heads + head) * c->queries + query] =
        sum == 0 ? -INFINITY : s->largest[r] + logf(sum);
  }
}

// Values in tiles of KEY_TILE keys, each as panels: the depth of a product is then a panel's whole height.
static void pack_values(float *values, const apus_attention_operand *x, int64_t sample, int64_t head,
                        int64_t keys, int64_t size) {
  for (int64_t begin = 0; begin < keys; begin += KEY_TILE) {
    int64_t count = keys - begin < KEY_TILE ? keys - begin : KEY_TILE;
    pack_panels(values + begin * padded(size), operand_rows(x, sample, begin, head), x->time_stride, count,
                size);
  }
}

// Few queries: the keys are read once, so packing them would cost more than it brings.
static void attend_row(
    float *scores, const apus_attention_context *c, int64_t sample, int64_t head, int64_t key_head,
    int64_t query) {
  int64_t length = attention_length(c, sample), count = attention_visible(c, length, query);
  const float *q = operand_rows(&c->query, sample, query, head);
  int64_t whole = c->size / FLOAT_LANES * FLOAT_LANES;
  for (int64_t j = 0; j < count; j++) {
    const float *key = operand_rows(&c->key, sample, j, key_head);
    vf32 sum = (vf32)(0.0f), a, b;
    for (int64_t k = 0; k < whole; k += FLOAT_LANES) {
      memcpy(&a, q + k, sizeof(a));
      memcpy(&b, key + k, sizeof(b));
      sum = MULTIPLY_ADD(a, b, sum);
    }
    float score = sum_of_lanes(sum);
    for (int64_t k = whole; k < c->size; k++) score += q[k] * key[k];
    scores[j] = score * c->scale;
  }
  apply_mask(c, scores, sample, head, query, 0, count);
  int64_t width = divided_up(count, FLOAT_LANES) * FLOAT_LANES;
  float largest = -INFINITY;
  for (int64_t j = 0; j < count; j++) largest = scores[j] > largest ? scores[j] : largest;
  for (int64_t j = count; j < width; j++) scores[j] = -INFINITY;
  float sum = exponentials(scores, width, largest == -INFINITY ? 0 : largest);
  float *output = c->output + ((sample * c->queries + query) * c->heads + head) * c->value_size;
  memset(output, 0, sizeof(float) * (size_t)c->value_size);
  float scale = sum == 0 ? 0 : 1 / sum;
  for (int64_t j = 0; j < count; j++) {
    const float *value = operand_rows(&c->value, sample, j, key_head);
    float weight = scores[j] * scale;
    for (int64_t k = 0; k < c->value_size; k++) output[k] += weight * value[k];
  }
  c->log_sum_exp[(sample * c->heads + head) * c->queries + query] =
      sum == 0 ? -INFINITY : largest + logf(sum);
}

// Below this many queries each is worked on by itself.
#define FEW_QUERIES 8

static int attention_forward(const apus_attention_context *c, int thread, int count) {
  int64_t pairs = c->batch * c->heads, group = c->heads / c->key_heads;
  int64_t columns = padded(c->value_size), few = c->queries < FEW_QUERIES;
  int64_t key_floats = few ? padded(c->keys) : padded(c->keys) * c->size;
  int64_t floats = few ? key_floats
                       : key_floats + c->keys * columns + QUERY_TILE * (c->size + KEY_TILE + columns);
  float *memory = (float *)loop_thread_scratch(floats * (int64_t)sizeof(float));
  if (memory == NULL) return 1;
  forward_scratch s;
  s.keys = memory;
  s.values = s.keys + key_floats;
  s.scores = s.values + c->keys * columns;
  s.output = s.scores + QUERY_TILE * KEY_TILE;
  s.queries = s.output + QUERY_TILE * columns;
  // Heads are shared out whole, or where there are few of them tile by tile.
  int by_head = pairs >= 4 * count;
  int64_t begin = by_head ? pairs * thread / count : 0, end = by_head ? pairs * (thread + 1) / count : pairs;
  int64_t packed = -1;
  for (int64_t pair = begin; pair < end; pair++) {
    int64_t sample = pair / c->heads, head = pair % c->heads, key_head = head / group;
    if (few) {
      for (int64_t query = 0; query < c->queries; query++) {
        if (!by_head && (pair * c->queries + query) % count != thread) continue;
        attend_row(memory, c, sample, head, key_head, query);
      }
      continue;
    }
    if (packed != sample * c->key_heads + key_head) {
      packed = sample * c->key_heads + key_head;
      pack_turned_panels(s.keys, operand_rows(&c->key, sample, 0, key_head), c->key.time_stride, c->keys,
                         c->size);
      pack_values(s.values, &c->value, sample, key_head, c->keys, c->value_size);
    }
    for (int64_t first = 0; first < c->queries; first += QUERY_TILE) {
      if (!by_head && first / QUERY_TILE % count != thread) continue;
      int64_t rows = c->queries - first < QUERY_TILE ? c->queries - first : QUERY_TILE;
      attend_tile(&s, c, sample, head, first, rows);
    }
  }
  return 0;
}
