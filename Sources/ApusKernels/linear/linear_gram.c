#include "linear_panel.h"

// Up to this width each part of the rows has sums of its own; wider ones share the tiles among the threads.
#define WIDEST_PART 512

typedef struct {
  const apus_linear_rows *rows;
  const double *last, *weights;
  int64_t width, part_rows;
  double *sums;    // [parts, width, width], or [width, width] for wide ones
  double *panels;  // scratch
  int64_t begin, count;
} gram_work;

VECTOR static void gram_part(void *context, int64_t begin, int64_t end, int thread) {
  const gram_work *w = context;
  int64_t width = w->width;
  double *panel = w->panels + thread * 2 * PANEL_ROWS * width, *weighted = panel + PANEL_ROWS * width;
  double *sums = w->sums + begin / w->part_rows * width * width;
  for (int64_t row = begin; row < end; row += PANEL_ROWS) {
    int64_t count = min_i64(PANEL_ROWS, end - row);
    pack_panel(w->rows, w->last, row, count, width, panel);
    if (w->weights) weigh_panel(panel, w->weights + row, count, width, weighted);
    for (int64_t i = 0; i <= w->rows->columns; i += 4) {
      gram_tiles(w->weights ? weighted : panel, panel, count, width, i, sums);
    }
  }
}

VECTOR static void pack_part(void *context, int64_t begin, int64_t end, int thread) {
  const gram_work *w = context;
  int64_t width = w->width, row = w->begin + begin;
  double *panel = w->panels + begin * width, *weighted = panel + PANEL_ROWS * width;
  (void)thread;
  pack_panel(w->rows, w->last, row, end - begin, width, panel);
  weigh_panel(panel, w->weights ? w->weights + row : NULL, end - begin, width, weighted);
}

VECTOR static void tile_part(void *context, int64_t begin, int64_t end, int thread) {
  const gram_work *w = context;
  (void)thread;
  for (int64_t i = begin * 4; i < end * 4; i += 4) {
    gram_tiles(w->panels + PANEL_ROWS * w->width, w->panels, w->count, w->width, i, w->sums);
  }
}

static int narrow_gram(gram_work *w, double *gram) {
  int64_t rows = w->rows->rows, size = w->rows->columns + 1, square = w->width * w->width;
  w->part_rows = panels_in_part(rows, square * 8) * PANEL_ROWS;
  int64_t parts = ceil_divide(rows, w->part_rows);
  w->sums = calloc((size_t)(parts * square), sizeof(double));
  w->panels = malloc((size_t)(apus_thread_count() * 2 * PANEL_ROWS * w->width) * sizeof(double));
  int failed = !w->sums || !w->panels;
  if (!failed) {
    apus_parallel_for(0, rows, w->part_rows, gram_part, w);
    for (int64_t part = 1; part < parts; part++) {
      for (int64_t i = 0; i < square; i++) w->sums[i] += w->sums[part * square + i];
    }
    unpack_gram(w->sums, w->width, size, gram);
  }
  free(w->sums);
  free(w->panels);
  return failed;
}

static int wide_gram(gram_work *w, double *gram) {
  int64_t rows = w->rows->rows, size = w->rows->columns + 1;
  w->sums = calloc((size_t)(w->width * w->width), sizeof(double));
  w->panels = malloc((size_t)(2 * PANEL_ROWS * w->width) * sizeof(double));
  int failed = !w->sums || !w->panels;
  for (w->begin = 0; w->begin < rows && !failed; w->begin += PANEL_ROWS) {
    w->count = min_i64(PANEL_ROWS, rows - w->begin);
    apus_parallel_for(0, w->count, 16, pack_part, w);
    apus_parallel_for(0, ceil_divide(size, 4), 4, tile_part, w);
  }
  if (!failed) unpack_gram(w->sums, w->width, size, gram);
  free(w->sums);
  free(w->panels);
  return failed;
}

int apus_linear_gram(const apus_linear_rows *rows, const double *last, const double *weights, double *gram) {
  gram_work w = {rows, last, weights, panel_width(rows->columns), 0, NULL, NULL, 0, 0};
  return w.width <= WIDEST_PART ? narrow_gram(&w, gram) : wide_gram(&w, gram);
}
