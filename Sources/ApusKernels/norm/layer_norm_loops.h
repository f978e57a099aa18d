// Template of the layer norm loops. Before each inclusion define T, NAMED(x) and SQRT.

VECTOR static void NAMED(forward)(const apus_layer_norm_context *c, range part, int centered) {
  int64_t n = c->columns;
  const T *gamma = c->gamma, *beta = centered ? c->beta : NULL;
  for (int64_t r = part.begin; r < part.end; r++) {
    const T *x = (const T *)c->source + r * n;
    T *y = (T *)c->result + r * n;
    T mean = 0, squares = 0;
    if (centered) {
      for (int64_t k = 0; k < n; k++) {
        REASSOCIATE
        mean += x[k];
      }
      mean /= (T)n;
    }
    for (int64_t k = 0; k < n; k++) {
      REASSOCIATE
      T d = x[k] - mean;
      squares += d * d;
    }
    T rstd = 1 / SQRT(squares / (T)n + (T)c->epsilon);
    if (gamma != NULL && beta != NULL) {
      INDEPENDENT for (int64_t k = 0; k < n; k++)
        y[k] = (x[k] - mean) * rstd * gamma[k] + beta[k];
    } else if (gamma != NULL) {
      INDEPENDENT for (int64_t k = 0; k < n; k++)
        y[k] = (x[k] - mean) * rstd * gamma[k];
    } else if (beta != NULL) {
      INDEPENDENT for (int64_t k = 0; k < n; k++)
        y[k] = (x[k] - mean) * rstd + beta[k];
    } else {
      INDEPENDENT for (int64_t k = 0; k < n; k++)
        y[k] = (x[k] - mean) * rstd;
    }
    if (centered && c->mean != NULL) ((T *)c->mean)[r] = mean;
    if (c->rstd != NULL) ((T *)c->rstd)[r] = rstd;
  }
}

// One row; with g' = g * gamma and h = (x - mean) * rstd:
//   dx = rstd * (g' - mean(g') - h * mean(g' * h)),
// where the mean of g' only comes in when the row was centered. The row adds its part to dgamma and dbeta.
INLINE void NAMED(backward_row)(const T *x, const T *g, const T *gamma, T mean, T rstd, T *dx, T *dgamma,
                                T *dbeta, int64_t n, int centered) {
  if (dgamma != NULL) {
    INDEPENDENT for (int64_t k = 0; k < n; k++)
      dgamma[k] += g[k] * ((x[k] - mean) * rstd);
  }
  if (dbeta != NULL) {
    INDEPENDENT for (int64_t k = 0; k < n; k++)
      dbeta[k] += g[k];
  }
  if (dx == NULL) return;
  T sum = 0, products = 0;
  if (gamma != NULL) {
    for (int64_t k = 0; k < n; k++) {
      REASSOCIATE
      T scaled = g[k] * gamma[k];
      sum += scaled;
      products += scaled * ((x[k] - mean) * rstd);
    }
  } else {
    for (int64_t k = 0; k < n; k++) {
      REASSOCIATE
      sum += g[k];
      products += g[k] * ((x[k] - mean) * rstd);
    }
  }
  sum = centered ? sum / (T)n : 0;
  products /= (T)n;
  if (gamma != NULL) {
    INDEPENDENT for (int64_t k = 0; k < n; k++) {
      dx[k] = rstd * (g[k] * gamma[k] - sum - (x[k] - mean) * rstd * products);
    }
  } else {
    INDEPENDENT for (int64_t k = 0; k < n; k++)
      dx[k] = rstd * (g[k] - sum - (x[k] - mean) * rstd * products);
  }
}

VECTOR static void NAMED(backward_chunk)(const apus_layer_norm_gradient_context *c, range rows, T *dgamma,
                                         T *dbeta, int centered) {
  int64_t n = c->columns;
  if (dgamma != NULL) memset(dgamma, 0, sizeof(T) * (size_t)n);
  if (dbeta != NULL) memset(dbeta, 0, sizeof(T) * (size_t)n);
  for (int64_t r = rows.begin; r < rows.end; r++) {
    NAMED(backward_row)((const T *)c->source + r * n, (const T *)c->gradient + r * n, c->gamma,
                        centered ? ((const T *)c->mean)[r] : 0, ((const T *)c->rstd)[r],
                        c->source_gradient != NULL ? (T *)c->source_gradient + r * n : NULL, dgamma, dbeta, n,
                        centered);
  }
}

// Adds the chunks' parts of some columns, in the order of the chunks.
VECTOR static void NAMED(add_chunks)(const T *partial, int64_t chunks, int64_t stride, range columns,
                                     T *result) {
  for (int64_t k = columns.begin; k < columns.end; k++) result[k] = partial[k];
  for (int64_t chunk = 1; chunk < chunks; chunk++) {
    const T *from = partial + chunk * stride;
    INDEPENDENT for (int64_t k = columns.begin; k < columns.end; k++)
      result[k] += from[k];
  }
}

#undef T
#undef NAMED
#undef SQRT
