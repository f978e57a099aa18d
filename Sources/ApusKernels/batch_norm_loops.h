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

VECTOR static void NAMED(normalize)(const apus_batch_norm_context *c, range rows, int64_t channel,
                                    int64_t width) {
  T mean[TILE], scale[TILE], shift[TILE];
  for (int64_t i = 0; i < width; i++) {
    T gamma = c->gamma != NULL ? ((const T *)c->gamma)[channel + i] : 1;
    mean[i] = ((const T *)c->mean)[channel + i];
    scale[i] = gamma / SQRT(((const T *)c->variance)[channel + i] + (T)c->epsilon);
    shift[i] = c->beta != NULL ? ((const T *)c->beta)[channel + i] : 0;
  }
  for (int64_t r = rows.begin; r < rows.end; r++) {
    int64_t offset = r * c->channels + channel;
    const T *x = (const T *)c->source + offset;
    T *y = (T *)c->result + offset;
    if (c->residual != NULL) {
      const T *residual = (const T *)c->residual + offset;
      INDEPENDENT for (int64_t i = 0; i < width; i++) {
        T value = (x[i] - mean[i]) * scale[i] + shift[i] + residual[i];
        y[i] = c->relu && value < 0 ? 0 : value;
      }
    } else if (c->relu) {
      INDEPENDENT for (int64_t i = 0; i < width; i++) {
        T value = (x[i] - mean[i]) * scale[i] + shift[i];
        y[i] = value < 0 ? 0 : value;
      }
    } else {
      INDEPENDENT for (int64_t i = 0; i < width; i++)
        y[i] = (x[i] - mean[i]) * scale[i] + shift[i];
    }
  }
}

// Adds a run of rows' gradients, and their products with the deviations from the mean, to the sums.
INLINE void NAMED(add_run)(const T *x, const T *gradient, const T *y, int64_t rows, int64_t stride,
                           int64_t width, const T *mean, T *sum, T *product) {
  T run[TILE], run_product[TILE];
  for (int64_t i = 0; i < width; i++) run[i] = run_product[i] = 0;
  for (int64_t r = 0; r < rows; r++) {
    for (int64_t i = 0; i < width; i++) {
      int64_t place = r * stride + i;
      T g = y != NULL && !(y[place] > 0) ? 0 : gradient[place];
      run[i] += g;
      run_product[i] += g * (x[place] - mean[i]);
    }
  }
  for (int64_t i = 0; i < width; i++) {
    sum[i] += run[i];
    product[i] += run_product[i];
  }
}

// Sums over a chunk of rows of the gradient and of its product with the deviation from the mean.
VECTOR static void NAMED(chunk_gradients)(const apus_batch_norm_gradient_context *c, range rows,
                                          int64_t channel, int64_t width, T *sums, T *products) {
  T mean[TILE], sum[TILE], product[TILE];
  for (int64_t i = 0; i < width; i++) {
    mean[i] = ((const T *)c->mean)[channel + i];
    sum[i] = product[i] = 0;
  }
  for (int64_t start = rows.begin; start < rows.end; start += RUN) {
    int64_t offset = start * c->channels + channel, count = min_i64(RUN, rows.end - start);
    const T *x = (const T *)c->source + offset, *gradient = (const T *)c->gradient + offset;
    if (c->relu) {
      const T *y = (const T *)c->output + offset;
      NAMED(add_run)(x, gradient, y, count, c->channels, width, mean, sum, product);
    } else {
      NAMED(add_run)(x, gradient, NULL, count, c->channels, width, mean, sum, product);
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

// dx = gamma * rstd * (g - mean(g) - (x - mean) * mean(g * (x - mean)) / (variance + epsilon))
VECTOR static void NAMED(source_gradients)(const apus_batch_norm_gradient_context *c, range rows,
                                           int64_t channel, int64_t width) {
  T mean[TILE], scale[TILE], center[TILE], slope[TILE];
  for (int64_t i = 0; i < width; i++) {
    T gamma = c->gamma != NULL ? ((const T *)c->gamma)[channel + i] : 1;
    mean[i] = ((const T *)c->mean)[channel + i];
    scale[i] = gamma / SQRT(((const T *)c->variance)[channel + i] + (T)c->epsilon);
    center[i] = ((const T *)c->scratch)[channel + i];
    slope[i] = ((const T *)c->scratch)[c->channels + channel + i];
  }
  for (int64_t r = rows.begin; r < rows.end; r++) {
    int64_t offset = r * c->channels + channel;
    const T *x = (const T *)c->source + offset, *gradient = (const T *)c->gradient + offset;
    const T *y = c->relu ? (const T *)c->output + offset : NULL;
    T *dx = (T *)c->source_gradient + offset;
    if (c->residual_gradient != NULL) {
      T *passed = (T *)c->residual_gradient + offset;
      INDEPENDENT for (int64_t i = 0; i < width; i++) {
        T g = y != NULL && !(y[i] > 0) ? 0 : gradient[i];
        T d = scale[i] * (g - center[i] - (x[i] - mean[i]) * slope[i]);
        passed[i] = g;
        dx[i] = d;
      }
    } else if (y != NULL) {
      INDEPENDENT for (int64_t i = 0; i < width; i++) {
        T g = y[i] > 0 ? gradient[i] : 0;
        dx[i] = scale[i] * (g - center[i] - (x[i] - mean[i]) * slope[i]);
      }
    } else {
      INDEPENDENT for (int64_t i = 0; i < width; i++) {
        dx[i] = scale[i] * (gradient[i] - center[i] - (x[i] - mean[i]) * slope[i]);
      }
    }
  }
}

#undef T
#undef NAMED
#undef SQRT
