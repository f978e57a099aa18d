// Template of the attention's gradient for one instruction set.
//
// With p = exp(s - lse), the probabilities, and d = sum(dO * O) for each query:
//   dV = p^T dO,  dS = p * (dO V^T - d),  dQ = scale dS K,  dK = scale dS^T Q.

#pragma once
#include "attention_forward.h"

// A thread's working memory.
typedef struct {
  float *turned_keys, *turned_values;  // turned panels of one head
  float *keys;                         // panels of one head's keys, KEY_TILE rows after the other
  float *queries;                      // a tile of queries times the scale, [QUERY_TILE, size]
  float *gradients;                    // a tile of dO, [QUERY_TILE, value_size]
  float *query_panels, *gradient_panels;
  float *scores, *slopes;  // [QUERY_TILE, KEY_TILE]: p, and dO V^T which becomes dS
  float *query_sum;        // dQ of a tile, [QUERY_TILE, size, padded]
  float *key_sum;          // dK of the head, [keys, size, padded]
  float *value_sum;        // dV of the head, [keys, value_size, padded]
} backward_scratch;

// p and dS of one row of a tile; `width` is a whole number of vectors, of which the first `count` are seen.
static void backward_row(
    float *scores, float *slopes, float log_sum_exp, float product, int64_t count, int64_t width) {
  // A query that saw nothing has no probabilities.
  if (log_sum_exp == -INFINITY) count = 0;
  for (int64_t j = count; j < width; j++) scores[j] = -INFINITY;
  exponentials(scores, width, count == 0 ? 0 : log_sum_exp);
  for (int64_t j = 0; j < width; j += FLOAT_LANES) {
    vf32 p, slope;
    memcpy(&p, scores + j, sizeof(p));
    memcpy(&slope, slopes + j, sizeof(slope));
    slope = p * (slope - product);
    memcpy(slopes + j, &slope, sizeof(slope));
  }
}

static float dot_product(const float *a, const float *b, int64_t count) {
  int64_t whole = count / FLOAT_LANES * FLOAT_LANES;
  vf32 sum = (vf32)(0.0f), x, y;
  for (int64_t k = 0; k < whole; k += FLOAT_LANES) {
    memcpy(&x, a + k, sizeof(x));
    memcpy(&y, b + k, sizeof(y));
    sum = MULTIPLY_ADD(x, y, sum);
  }
  float result = sum_of_lanes(sum);
  for (int64_t k = whole; k < count; k++) result += a[k] * b[k];
  return result;
}

static void backward_tile(
    backward_scratch *s, const apus_attention_gradient_context *g, int64_t sample, int64_t head, int64_t first,
    int64_t rows) {
  const apus_attention_context *c = &g->forward;
  int64_t length = attention_length(c, sample), columns = padded(c->size), value_columns = padded(c->value_size);
  const float *gradient = operand_rows(&g->gradient, sample, first, head);
  copy_rows(s->queries, c->size, operand_rows(&c->query, sample, first, head), c->query.time_stride, rows,
            c->size, c->scale);
  copy_rows(s->gradients, c->value_size, gradient, g->gradient.time_stride, rows, c->value_size, 1);
  pack_panels(s->query_panels, s->queries, c->size, rows, c->size);
  pack_panels(s->gradient_panels, s->gradients, c->value_size, rows, c->value_size);
  memset(s->query_sum, 0, sizeof(float) * (size_t)(rows * columns));
  int64_t limit = attention_visible(c, length, first + rows - 1);
  for (int64_t begin = 0; begin < limit; begin += KEY_TILE) {
    int64_t seen = limit - begin < KEY_TILE ? limit - begin : KEY_TILE;
    int64_t width = padded(seen), panels = panel_count(seen);
    product(s->queries, c->size, 1, s->turned_keys + begin * c->size, c->size * PANEL, s->scores, KEY_TILE,
            rows, panels, c->size, 0);
    product(s->gradients, c->value_size, 1, s->turned_values + begin * c->value_size, c->value_size * PANEL,
            s->slopes, KEY_TILE, rows, panels, c->value_size, 0);
    for (int64_t r = 0; r < rows; r++) {
      int64_t query = first + r, count = attention_visible(c, length, query) - begin;
      count = count < 0 ? 0 : count > seen ? seen : count;
      apply_mask(c, s->scores + r * KEY_TILE, sample, head, query, begin, count);
      const float *output =
          c->output + ((sample * c->queries + query) * c->heads + head) * c->value_size;
      float product = dot_product(s->gradients + r * c->value_size, output, c->value_size);
      backward_row(s->scores + r * KEY_TILE, s->slopes + r * KEY_TILE,
                   c->log_sum_exp[(sample * c->heads + head) * c->queries + query], product, count, width);
    }
    int64_t tile_keys = c->keys - begin < KEY_TILE ? c->keys - begin : KEY_TILE;
    product(s->scores, 1, KEY_TILE, s->gradient_panels, rows * PANEL, s->value_sum + begin * value_columns,
            value_columns, seen, panel_count(c->value_size), rows, 1);
    product(s->slopes, 1, KEY_TILE, s->query_panels, rows * PANEL, s->key_sum + begin * columns, columns, seen,
            panel_count(c->size), rows, 1);
    product(s->slopes, KEY_TILE, 1, s->keys + begin * columns, tile_keys * PANEL, s->query_sum, columns, rows,
            panel_count(c->size), seen, 1);
  }
  copy_rows(g->query_gradient + ((sample * c->queries + first) * c->heads + head) * c->size,
            c->heads * c->size, s->query_sum, columns, rows, c->size, c->scale);
}

// One head of keys and values with all the heads of queries that share it.
static void backward_head(
    backward_scratch *s, const apus_attention_gradient_context *g, int64_t sample, int64_t key_head) {
  const apus_attention_context *c = &g->forward;
  int64_t group = c->heads / c->key_heads, columns = padded(c->size), value_columns = padded(c->value_size);
  const float *key = operand_rows(&c->key, sample, 0, key_head);
  const float *value = operand_rows(&c->value, sample, 0, key_head);
  pack_turned_panels(s->turned_keys, key, c->key.time_stride, c->keys, c->size);
  pack_turned_panels(s->turned_values, value, c->value.time_stride, c->keys, c->value_size);
  pack_values(s->keys, &c->key, sample, key_head, c->keys, c->size);
  memset(s->key_sum, 0, sizeof(float) * (size_t)(c->keys * columns));
  memset(s->value_sum, 0, sizeof(float) * (size_t)(c->keys * value_columns));
  for (int64_t head = key_head * group; head < (key_head + 1) * group; head++) {
    for (int64_t first = 0; first < c->queries; first += QUERY_TILE) {
      int64_t rows = c->queries - first < QUERY_TILE ? c->queries - first : QUERY_TILE;
      backward_tile(s, g, sample, head, first, rows);
    }
  }
  int64_t place = sample * c->keys * c->key_heads + key_head;
  copy_rows(g->key_gradient + place * c->size, c->key_heads * c->size, s->key_sum, columns, c->keys, c->size, 1);
  copy_rows(g->value_gradient + place * c->value_size, c->key_heads * c->value_size, s->value_sum,
            value_columns, c->keys, c->value_size, 1);
}

static int attention_backward(const apus_attention_gradient_context *g, int thread, int count) {
  const apus_attention_context *c = &g->forward;
  int64_t columns = padded(c->size), value_columns = padded(c->value_size), keys = padded(c->keys);
  float **parts[11];
  int64_t sizes[11];
  backward_scratch s;
  int used = 0;
#define PART(member, floats) parts[used] = &s.member, sizes[used++] = (floats)
  PART(scores, QUERY_TILE * KEY_TILE);
  PART(slopes, QUERY_TILE * KEY_TILE);
  PART(query_panels, QUERY_TILE * columns);
  PART(gradient_panels, QUERY_TILE * value_columns);
  PART(query_sum, QUERY_TILE * columns);
  PART(turned_keys, keys * c->size);
  PART(turned_values, keys * c->value_size);
  PART(keys, c->keys * columns);
  PART(key_sum, c->keys * columns);
  PART(value_sum, c->keys * value_columns);
  PART(queries, QUERY_TILE * c->size);
#undef PART
  int64_t floats = QUERY_TILE * c->value_size;
  for (int i = 0; i < used; i++) floats += sizes[i];
  float *memory = (float *)loop_thread_scratch(floats * (int64_t)sizeof(float));
  if (memory == NULL) return 1;
  for (int i = 0; i < used; i++) {
    *parts[i] = memory;
    memory += sizes[i];
  }
  s.gradients = memory;
  int64_t pairs = c->batch * c->key_heads;
  for (int64_t pair = pairs * thread / count; pair < pairs * (thread + 1) / count; pair++) {
    backward_head(&s, g, pair / c->key_heads, pair % c->key_heads);
  }
  return 0;
}
