// Template of the batch norm loops. Before each inclusion define T, NAMED(x) and SQRT.
// Channels are walked in tiles whose running sums stay in registers and the closest cache.

// Mean and sum of squared deviations of a chunk of rows, which is in cache for the second walk. The first
// walk sums distances from the first row, so that a large mean costs no precision; the second one's sum of
// deviations, zero but for rounding, corrects both. Rows are summed in short runs, so that rounding grows
// with their square root.
VECTOR static void NAMED(chunk_statistics)(const T *source, int64_t rows, int64_t stride, int64_t width,
                                           T *means, T *squares) {
  T mean[TILE], sum[TILE], square[TILE];
  for (int64_t i = 0; i < width; i++) sum[i] = 0;
  for (int64_t start = 0; start < rows; start += RUN) {
    T run[TILE];
    for (int64_t i = 0; i < width; i++) run[i] = 0;
    for (int64_t r = start; r < min_i64(rows, start + RUN); r++) {
      const T *x = source + r * stride;
      for (int64_t i = 0; i < width; i++) run[i] += x[i] - source[i];
    }
    for (int64_t i = 0; i < width; i++) sum[i] += run[i];
  }
  for (int64_t i = 0; i < width; i++) {
    mean[i] = source[i] + sum[i] / (T)rows;
    sum[i] = square[i] = 0;
  }
  for (int64_t start = 0; start < rows; start += RUN) {
    T run[TILE], run_square[TILE];
    for (int64_t i = 0; i < width; i++) run[i] = run_square[i] = 0;
    for (int64_t r = start; r < min_i64(rows, start + RUN); r++) {
      const T *x = source + r * stride;
      for (int64_t i = 0; i < width; i++) {
        T d = x[i] - mean[i];
        run[i] += d;
        run_square[i] += d * d;
      }
    }
    for (int64_t i = 0; i < width; i++) {
      sum[i] += run[i];
      square[i] += run_square[i];
    }
  }
  for (int64_t i = 0; i < width; i++) {
    means[i] = mean[i] + sum[i] / (T)rows;
    squares[i] = square[i] - sum[i] * sum[i] / (T)rows;
  }
}

// Combines the chunks' statistics of a tile of channels; the scratch holds means, then squares, of each
// chunk.
VECTOR static void NAMED(combine_statistics)(const apus_batch_norm_context *c, int64_t channel,
                                             int64_t width) {
  double mean[TILE], square[TILE];
  int64_t chunk = chunk_rows(c->rows, c->channels, sizeof(T)), chunks = ceil_divide(c->rows, chunk);
  const T *scratch = (const T *)c->scratch + channel;
  for (int64_t i = 0; i < width; i++) mean[i] = square[i] = 0;
  for (int64_t k = 0; k < chunks; k++) {
    const T *means = scratch + 2 * k * c->channels;
    double rows = (double)min_i64(chunk, c->rows - k * chunk);
    for (int64_t i = 0; i < width; i++) mean[i] += rows * means[i];
  }
  for (int64_t i = 0; i < width; i++) mean[i] /= (double)c->rows;
  for (int64_t k = 0; k < chunks; k++) {
    const T *means = scratch + 2 * k * c->channels, *squares = means + c->channels;
    double rows = (double)min_i64(chunk, c->rows - k * chunk);
    for (int64_t i = 0; i < width; i++) {
      double d = means[i] - mean[i];
      square[i] += squares[i] + rows * d * d;
    }
  }
  for (int64_t i = 0; i < width; i++) {
    double variance = square[i] / (double)c->rows;
    ((T *)c->mean)[channel + i] = (T)mean[i];
    // Not below zero by rounding; NaN stays.
    ((T *)c->variance)[channel + i] = (T)(variance < 0 ? 0 : variance);
  }
}

// What a tile of channels is normalized with: (x - mean) * scale + shift.
typedef struct {
  T mean[TILE], scale[TILE], shift[TILE];
} NAMED(affine);

INLINE void NAMED(load_affine)(NAMED(affine) *to, const void *mean, const void *variance, const void *gamma,
                               const void *beta, double epsilon, int64_t channel, int64_t width) {
  for (int64_t i = 0; i < width; i++) {
    to->mean[i] = ((const T *)mean)[channel + i];
    to->scale[i] = (gamma != NULL ? ((const T *)gamma)[channel + i] : 1) /
                   SQRT(((const T *)variance)[channel + i] + (T)epsilon);
    to->shift[i] = beta != NULL ? ((const T *)beta)[channel + i] : 0;
  }
}

VECTOR static void NAMED(normalize)(const apus_batch_norm_context *c, range rows, int64_t channel,
                                    int64_t width) {
  NAMED(affine) a;
  NAMED(load_affine)(&a, c->mean, c->variance, c->gamma, c->beta, c->epsilon, channel, width);
  for (int64_t r = rows.begin; r < rows.end; r++) {
    int64_t offset = r * c->channels + channel;
    const T *x = (const T *)c->source + offset;
    T *y = (T *)c->result + offset;
    if (c->residual != NULL) {
      const T *residual = (const T *)c->residual + offset;
      INDEPENDENT for (int64_t i = 0; i < width; i++) {
        T value = (x[i] - a.mean[i]) * a.scale[i] + a.shift[i] + residual[i];
        y[i] = c->relu && value < 0 ? 0 : value;
      }
    } else if (c->relu) {
      INDEPENDENT for (int64_t i = 0; i < width; i++) {
        T value = (x[i] - a.mean[i]) * a.scale[i] + a.shift[i];
        y[i] = value < 0 ? 0 : value;
      }
    } else {
      INDEPENDENT for (int64_t i = 0; i < width; i++)
        y[i] = (x[i] - a.mean[i]) * a.scale[i] + a.shift[i];
    }
  }
}

// The gradient that reaches the normalized number: all of it, or with relu what the forward pass, computed again,
// let through.
INLINE T NAMED(passed)(T gradient, T deviation, T scale, T shift, int relu) {
  return !relu || deviation * scale + shift > 0 ? gradient : 0;
}

// Adds the gradients of `rows` rows, and their products with the deviations from the mean, to the sums.
INLINE void NAMED(add_rows)(const T *x, const T *gradient, int rows, int64_t stride, int64_t width,
                            const NAMED(affine) *a, int relu, T *sum, T *product) {
  for (int64_t i = 0; i < width; i++) {
    T mean = a->mean[i], scale = a->scale[i], shift = a->shift[i], s = 0, p = 0;
    for (int r = 0; r < rows; r++) {
      T deviation = x[r * stride + i] - mean;
      T g = NAMED(passed)(gradient[r * stride + i], deviation, scale, shift, relu);
      s += g;
      p += g * deviation;
    }
    sum[i] += s;
    product[i] += p;
  }
}

INLINE void NAMED(add_run)(const T *x, const T *gradient, int64_t rows, int64_t stride, int64_t width,
                           const NAMED(affine) *a, int relu, T *sum, T *product) {
  T run[TILE], run_product[TILE];
  for (int64_t i = 0; i < width; i++) run[i] = run_product[i] = 0;
  int64_t r = 0;
  // A few rows at once: what belongs to their channels is loaded once.
  for (; r + 4 <= rows; r += 4)
    NAMED(add_rows)(x + r * stride, gradient + r * stride, 4, stride, width, a, relu, run, run_product);
  for (; r < rows; r++)
    NAMED(add_rows)(x + r * stride, gradient + r * stride, 1, stride, width, a, relu, run, run_product);
  for (int64_t i = 0; i < width; i++) {
    sum[i] += run[i];
    product[i] += run_product[i];
  }
}

// Sums over a chunk of rows of the gradient and of its product with the deviation from the mean.
VECTOR static void NAMED(chunk_gradients)(const apus_batch_norm_gradient_context *c, range rows,
                                          int64_t channel, int64_t width, T *sums, T *products) {
  T sum[TILE], product[TILE];
  NAMED(affine) a;
  NAMED(load_affine)(&a, c->mean, c->variance, c->gamma, c->beta, c->epsilon, channel, width);
  for (int64_t i = 0; i < width; i++) sum[i] = product[i] = 0;
  for (int64_t start = rows.begin; start < rows.end; start += RUN) {
    int64_t offset = start * c->channels + channel, count = min_i64(RUN, rows.end - start);
    const T *x = (const T *)c->source + offset, *gradient = (const T *)c->gradient + offset;
    if (c->relu) {
      NAMED(add_run)(x, gradient, count, c->channels, width, &a, 1, sum, product);
    } else {
      NAMED(add_run)(x, gradient, count, c->channels, width, &a, 0, sum, product);
    }
  }
  memcpy(sums, sum, sizeof(T) * (size_t)width);
  memcpy(products, product, sizeof(T) * (size_t)width);
}

// Totals of a tile of channels: dbeta and dgamma, and what the source's gradient needs of them, which
// replaces the first chunk's sums: mean(g) and mean(g * (x - mean)) / (variance + epsilon).
VECTOR static void NAMED(combine_gradients)(const apus_batch_norm_gradient_context *c, int64_t channel,
                                            int64_t width) {
  double sum[TILE], product[TILE];
  int64_t chunks = ceil_divide(c->rows, chunk_rows(c->rows, c->channels, sizeof(T)));
  T *scratch = (T *)c->scratch + channel;
  for (int64_t i = 0; i < width; i++) sum[i] = product[i] = 0;
  for (int64_t k = 0; k < chunks; k++) {
    const T *sums = scratch + 2 * k * c->channels, *products = sums + c->channels;
    for (int64_t i = 0; i < width; i++) {
      sum[i] += sums[i];
      product[i] += products[i];
    }
  }
  for (int64_t i = 0; i < width; i++) {
    double spread = (double)((const T *)c->variance)[channel + i] + c->epsilon;
    if (c->beta_gradient != NULL) ((T *)c->beta_gradient)[channel + i] = (T)sum[i];
    if (c->gamma_gradient != NULL) ((T *)c->gamma_gradient)[channel + i] = (T)(product[i] / sqrt(spread));
    scratch[i] = (T)(sum[i] / (double)c->rows);
    scratch[c->channels + i] = (T)(product[i] / (spread * (double)c->rows));
  }
}

// dx = gamma * rstd * (g - mean(g) - (x - mean) * mean(g * (x - mean)) / (variance + epsilon)) for `rows` rows.
INLINE void NAMED(source_gradient_rows)(const T *x, const T *gradient, T *dx, int rows, int64_t stride,
                                        int64_t width, const NAMED(affine) *a, const T *center, const T *slope,
                                        int relu) {
  INDEPENDENT for (int64_t i = 0; i < width; i++) {
    for (int r = 0; r < rows; r++) {
      int64_t place = r * stride + i;
      T deviation = x[place] - a->mean[i];
      T g = NAMED(passed)(gradient[place], deviation, a->scale[i], a->shift[i], relu);
      dx[place] = a->scale[i] * (g - center[i] - deviation * slope[i]);
    }
  }
}

VECTOR static void NAMED(source_gradients)(const apus_batch_norm_gradient_context *c, range rows,
                                           int64_t channel, int64_t width) {
  NAMED(affine) a;
  NAMED(load_affine)(&a, c->mean, c->variance, c->gamma, c->beta, c->epsilon, channel, width);
  const T *center = (const T *)c->scratch + channel, *slope = center + c->channels;
  int64_t stride = c->channels;
  for (int64_t r = rows.begin; r < rows.end;) {
    int64_t offset = r * stride + channel;
    const T *x = (const T *)c->source + offset, *gradient = (const T *)c->gradient + offset;
    T *dx = (T *)c->source_gradient + offset;
    int count = r + 4 <= rows.end ? 4 : 1;
    if (count == 4 && c->relu) {
      NAMED(source_gradient_rows)(x, gradient, dx, 4, stride, width, &a, center, slope, 1);
    } else if (count == 4) {
      NAMED(source_gradient_rows)(x, gradient, dx, 4, stride, width, &a, center, slope, 0);
    } else {
      NAMED(source_gradient_rows)(x, gradient, dx, 1, stride, width, &a, center, slope, c->relu);
    }
    r += count;
  }
}

#undef T
#undef NAMED
#undef SQRT
