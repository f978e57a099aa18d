#include "grower.h"

INLINE void keep(tree_grower *g, int32_t column, double score, float threshold, int32_t code,
                 int32_t missing_left) {
  g->best = (tree_split){score, column, threshold, code, 0, missing_left};
}

INLINE void clear(double *stat, int32_t kinds) {
  for (int32_t k = 0; k < kinds + STAT_SUMS; k++) stat[k] = 0;
}

INLINE void add(double *stat, const double *other, int32_t kinds) {
  for (int32_t k = 0; k < kinds + STAT_SUMS; k++) stat[k] += other[k];
}

// The split of missing values from all others.
INLINE void try_missing(tree_grower *g, int32_t column, int32_t impurity, int32_t kinds, int32_t code) {
  double none[STAT_SUMS] = {0};
  int32_t unused;
  if (g->missing[STAT_ROWS] == 0) return;
  for (int32_t k = 0; k < kinds + STAT_SUMS; k++) g->left[k] = g->total[k] - g->missing[k];
  double score = split_score(g, impurity, kinds, g->left, none, &unused);
  if (score > g->best.score) keep(g, column, score, INFINITY, code, 0);
}

INLINE int scan_sorted(tree_grower *g, int32_t column, int32_t impurity, int32_t kinds) {
  const float *values = g->c->values + (int64_t)column * g->c->rows;
  const int32_t *order = g->orders + (int64_t)column * g->count;
  int64_t end = g->end;
  clear(g->missing, kinds);
  clear(g->left, kinds);
  for (; end > g->begin; end--) {
    int32_t row = order[end - 1];
    if (values[row] == values[row]) break;
    g->missing[STAT_WEIGHT] += g->row_weights[row];
    g->missing[STAT_ROWS] += 1;
    if (g->c->classes) {
      g->missing[STAT_SUMS + g->c->classes[row]] += g->row_weights[row];
    } else {
      g->missing[STAT_SUMS] += g->row_numbers[row];
    }
  }
  if (end == g->begin) return 0;
  int varies = end < g->end || values[order[g->begin]] < values[order[end - 1]];
  if (!varies) return 0;
  for (int64_t i = g->begin; i + 1 < end; i++) {
    int32_t row = order[i];
    g->left[STAT_WEIGHT] += g->row_weights[row];
    g->left[STAT_ROWS] += 1;
    if (kinds == 1) {
      g->left[STAT_SUMS] += g->row_numbers[row];
    } else {
      g->left[STAT_SUMS + g->c->classes[row]] += g->row_weights[row];
    }
    float low = values[row], high = values[order[i + 1]];
    if (!(low < high)) continue;
    int32_t missing_left;
    double score = split_score(g, impurity, kinds, g->left, g->missing, &missing_left);
    if (score > g->best.score) keep(g, column, score, middle(low, high), 0, missing_left);
  }
  try_missing(g, column, impurity, kinds, 0);
  return 1;
}

int tree_split_exact(tree_grower *g, int32_t column) {
  int32_t impurity = g->c->impurity;
  if (g->c->codes[column]) return tree_split_category(g, column);
  return g->kinds == 1 ? scan_sorted(g, column, APUS_IMPURITY_VARIANCE, 1)
                       : scan_sorted(g, column, impurity, g->kinds);
}

// The best place between occupied bins, of numbers of which none is missing: most of a forest's time goes by here. Leaves the
// histogram empty. Returns how many bins there are.
static int scan_complete_bins(tree_grower *g, int32_t column, uint64_t occupied[4]) {
  double total_weight = g->total[STAT_WEIGHT], total_rows = g->total[STAT_ROWS], total_sum = g->total[STAT_SUMS];
  double weight = 0, rows = 0, sum = 0, best = g->best.score, least = (double)g->c->least_leaf;
  double rows_left = 0;
  int32_t before = -1, last = -1, first = -1, bins_met = 0;
  for (int word = 0; word < 4; word++) {
    for (uint64_t rest = occupied[word]; rest; rest &= rest - 1) {
      int32_t bin = word * 64 + __builtin_ctzll(rest);
      double *stat = g->histogram + bin * (1 + STAT_SUMS), other = total_weight - weight;
      if (before >= 0 && rows >= least && total_rows - rows >= least && other > 0) {
        double score = score_of_sides(weight, sum, other, total_sum - sum);
        if (score > best) {
          best = score;
          last = before;
          first = bin;
          rows_left = rows;
        }
      }
      weight += stat[STAT_WEIGHT];
      rows += stat[STAT_ROWS];
      sum += stat[STAT_SUMS];
      stat[0] = stat[1] = stat[2] = 0;
      before = bin;
      bins_met++;
    }
  }
  if (last >= 0) {
    const float *lows = g->c->lows + (int64_t)column * 256, *highs = g->c->highs + (int64_t)column * 256;
    keep(g, column, best, middle(highs[last], lows[first]), last, rows_left > total_rows - rows_left);
  }
  return bins_met;
}

INLINE int scan_bins(tree_grower *g, int32_t column, int32_t impurity, int32_t kinds) {
  const uint8_t *bins = g->c->bins + (int64_t)column * g->c->rows;
  const float *lows = g->c->lows + (int64_t)column * 256, *highs = g->c->highs + (int64_t)column * 256;
  int32_t stride = kinds + STAT_SUMS;
  double *histogram = g->histogram;
  uint64_t occupied[4] = {0};
  for (int64_t i = g->begin; i < g->end; i++) {
    uint8_t bin = bins[g->rows[i]];
    double *stat = histogram + bin * stride;
    occupied[bin >> 6] |= (uint64_t)1 << (bin & 63);
    stat[STAT_WEIGHT] += g->weights[i];
    stat[STAT_ROWS] += 1;
    if (kinds == 1) {
      stat[STAT_SUMS] += g->weights[i] * g->numbers[i];
    } else {
      stat[STAT_SUMS + g->classes[i]] += g->weights[i];
    }
  }
  double *missing = histogram + APUS_MISSING_BIN * stride;
  for (int32_t k = 0; k < stride; k++) {
    g->missing[k] = missing[k];
    missing[k] = 0;
  }
  occupied[3] &= ~((uint64_t)1 << 63);
  if (kinds == 1 && g->missing[STAT_ROWS] == 0) return scan_complete_bins(g, column, occupied) > 1;
  clear(g->left, kinds);
  int32_t before = -1;
  int bins_met = g->missing[STAT_ROWS] > 0;
  for (int word = 0; word < 4; word++) {
    for (uint64_t rest = occupied[word]; rest; rest &= rest - 1) {
      int32_t bin = word * 64 + __builtin_ctzll(rest);
      if (before >= 0) {
        int32_t missing_left;
        double score = split_score(g, impurity, kinds, g->left, g->missing, &missing_left);
        if (score > g->best.score) {
          keep(g, column, score, middle(highs[before], lows[bin]), before, missing_left);
        }
      }
      double *stat = histogram + bin * stride;
      add(g->left, stat, kinds);
      clear(stat, kinds);
      before = bin;
      bins_met++;
    }
  }
  if (bins_met < 2) return 0;
  if (before >= 0) try_missing(g, column, impurity, kinds, APUS_MISSING_BIN - 1);
  return 1;
}

int tree_split_binned(tree_grower *g, int32_t column) {
  if (g->c->codes[column]) return tree_split_category(g, column);
  return g->kinds == 1 ? scan_bins(g, column, APUS_IMPURITY_VARIANCE, 1)
                       : scan_bins(g, column, g->c->impurity, g->kinds);
}

// Nodes of fewer rows, most of all, are not worth a call of a variant for this processor.
#define FEW 32

// The range of values without missing ones. Returns how many are missing.
VECTOR static int64_t find_wide_range(const float *values, int64_t count, float *low, float *high) {
  enum { WIDTH = 16 };
  float least[WIDTH], most[WIDTH];
  int32_t missing[WIDTH];
  int64_t all = 0, whole = count / WIDTH * WIDTH;
  *low = INFINITY;
  *high = -INFINITY;
  for (int64_t i = whole; i < count; i++) {
    *low = values[i] < *low ? values[i] : *low;
    *high = values[i] > *high ? values[i] : *high;
    all += values[i] != values[i];
  }
  if (whole == 0) return all;
  for (int k = 0; k < WIDTH; k++) {
    least[k] = *low;
    most[k] = *high;
    missing[k] = 0;
  }
  for (int64_t i = 0; i < whole; i += WIDTH) {
    for (int k = 0; k < WIDTH; k++) {
      float value = values[i + k];
      least[k] = value < least[k] ? value : least[k];
      most[k] = value > most[k] ? value : most[k];
      missing[k] += value != value;
    }
  }
  for (int k = 0; k < WIDTH; k++) {
    *low = least[k] < *low ? least[k] : *low;
    *high = most[k] > *high ? most[k] : *high;
    all += missing[k];
  }
  return all;
}

INLINE int64_t find_range(const float *values, int64_t count, float *low, float *high) {
  if (count >= FEW) return find_wide_range(values, count, low, high);
  float least = INFINITY, most = -INFINITY;
  int64_t missing = 0;
  for (int64_t i = 0; i < count; i++) {
    least = values[i] < least ? values[i] : least;
    most = values[i] > most ? values[i] : most;
    missing += values[i] != values[i];
  }
  *low = least;
  *high = most;
  return missing;
}

// Sums of the rows that go left, for numbers.
VECTOR static void sum_much_left(const float *values, const double *weights, const double *numbers, int64_t count,
                            float threshold, double *stat) {
  REASSOCIATE
  double weight = 0, rows = 0, sum = 0;
  for (int64_t i = 0; i < count; i++) {
    double left = values[i] <= threshold ? weights[i] : 0;
    weight += left;
    rows += values[i] <= threshold ? 1 : 0;
    sum += left * numbers[i];
  }
  stat[STAT_WEIGHT] = weight;
  stat[STAT_ROWS] = rows;
  stat[STAT_SUMS] = sum;
}

INLINE void sum_left(const float *values, const double *weights, const double *numbers, int64_t count,
                     float threshold, double *stat) {
  if (count >= FEW) {
    sum_much_left(values, weights, numbers, count, threshold, stat);
    return;
  }
  double weight = 0, rows = 0, sum = 0;
  for (int64_t i = 0; i < count; i++) {
    double left = values[i] <= threshold ? weights[i] : 0;
    weight += left;
    rows += values[i] <= threshold ? 1 : 0;
    sum += left * numbers[i];
  }
  stat[STAT_WEIGHT] = weight;
  stat[STAT_ROWS] = rows;
  stat[STAT_SUMS] = sum;
}

int tree_split_random(tree_grower *g, int32_t column) {
  if (g->c->codes[column]) return tree_split_category(g, column);
  float low, high;
  int32_t kinds = g->kinds;
  int64_t count = g->end - g->begin;
  const float *all = g->c->values + (int64_t)column * g->c->rows;
  float *values = g->node_values;
  for (int64_t i = 0; i < count; i++) values[i] = all[g->rows[g->begin + i]];
  int64_t missing = find_range(values, count, &low, &high);
  if (missing == count || (!(low < high) && missing == 0)) return 0;
  clear(g->missing, kinds);
  clear(g->left, kinds);
  if (missing > 0) {
    for (int64_t i = 0; i < count; i++) {
      if (values[i] == values[i]) continue;
      g->missing[STAT_WEIGHT] += g->weights[g->begin + i];
      g->missing[STAT_ROWS] += 1;
      if (kinds == 1) {
        g->missing[STAT_SUMS] += g->weights[g->begin + i] * g->numbers[g->begin + i];
      } else {
        g->missing[STAT_SUMS + g->classes[g->begin + i]] += g->weights[g->begin + i];
      }
    }
  }
  float threshold = INFINITY;
  if (low < high) {
    threshold = (float)(low + random_uniform(&g->random) * ((double)high - low));
    if (!(threshold < high)) threshold = low;
    if (kinds == 1) {
      sum_left(values, g->weights + g->begin, g->numbers + g->begin, count, threshold, g->left);
    } else {
      for (int64_t i = 0; i < count; i++) {
        double left = values[i] <= threshold ? 1 : 0;
        g->left[STAT_WEIGHT] += left * g->weights[g->begin + i];
        g->left[STAT_ROWS] += left;
        g->left[STAT_SUMS + g->classes[g->begin + i]] += left * g->weights[g->begin + i];
      }
    }
    int32_t missing_left;
    double score = split_score(g, kinds == 1 ? APUS_IMPURITY_VARIANCE : g->c->impurity, kinds, g->left, g->missing,
                               &missing_left);
    if (score > g->best.score) keep(g, column, score, threshold, 0, missing_left);
  }
  try_missing(g, column, kinds == 1 ? APUS_IMPURITY_VARIANCE : g->c->impurity, kinds, 0);
  if (g->best.column == column) {
    g->node_values = g->best_values;
    g->best_values = values;
  }
  return 1;
}
