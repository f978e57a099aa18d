// Template of the softmax loops. Before each inclusion define T, NAMED(x), EXP, LOG and LARGEST.

// Contiguous lines: three walks over a line that is in cache.
VECTOR static void NAMED(softmax_lines)(const apus_softmax_context *c, range part, int logarithm) {
  int64_t n = c->axis;
  for (int64_t line = part.begin; line < part.end; line++) {
    const T *x = (const T *)c->source + line * n;
    T *y = (T *)c->result + line * n;
    T most = LARGEST(x, n), sum = 0;
    if (logarithm) {
      for (int64_t k = 0; k < n; k++) {
        REASSOCIATE
        sum += EXP(x[k] - most);
      }
      T shift = LOG(sum);
      INDEPENDENT for (int64_t k = 0; k < n; k++)
        y[k] = (x[k] - most) - shift;
    } else {
      INDEPENDENT for (int64_t k = 0; k < n; k++) {
        REASSOCIATE
        T e = EXP(x[k] - most);
        y[k] = e;
        sum += e;
      }
      T scale = 1 / sum;
      INDEPENDENT for (int64_t k = 0; k < n; k++)
        y[k] *= scale;
    }
  }
}

// A tile of lines side by side, whose elements are `inner` apart.
VECTOR static void NAMED(softmax_tile)(const apus_softmax_context *c, int64_t start, int64_t width,
                                       int logarithm) {
  const T *source = (const T *)c->source + start;
  T *result = (T *)c->result + start;
  T most[TILE], sum[TILE];
  for (int64_t i = 0; i < width; i++) {
    most[i] = -(T)INFINITY;
    sum[i] = 0;
  }
  for (int64_t k = 0; k < c->axis; k++) {
    const T *x = source + k * c->inner;
    for (int64_t i = 0; i < width; i++) most[i] = x[i] > most[i] ? x[i] : most[i];
  }
  for (int64_t k = 0; k < c->axis; k++) {
    const T *x = source + k * c->inner;
    T *y = result + k * c->inner;
    if (logarithm) {
      for (int64_t i = 0; i < width; i++) sum[i] += EXP(x[i] - most[i]);
    } else {
      INDEPENDENT for (int64_t i = 0; i < width; i++) {
        T e = EXP(x[i] - most[i]);
        y[i] = e;
        sum[i] += e;
      }
    }
  }
  for (int64_t i = 0; i < width; i++) sum[i] = logarithm ? LOG(sum[i]) : 1 / sum[i];
  for (int64_t k = 0; k < c->axis; k++) {
    const T *x = source + k * c->inner;
    T *y = result + k * c->inner;
    if (logarithm) {
      INDEPENDENT for (int64_t i = 0; i < width; i++)
        y[i] = (x[i] - most[i]) - sum[i];
    } else {
      INDEPENDENT for (int64_t i = 0; i < width; i++)
        y[i] *= sum[i];
    }
  }
}

VECTOR static void NAMED(gradient_lines)(const apus_softmax_gradient_context *c, range part, int logarithm) {
  int64_t n = c->axis;
  for (int64_t line = part.begin; line < part.end; line++) {
    const T *y = (const T *)c->output + line * n, *g = (const T *)c->gradient + line * n;
    T *result = (T *)c->result + line * n;
    T sum = 0;
    if (logarithm) {
      for (int64_t k = 0; k < n; k++) {
        REASSOCIATE
        sum += g[k];
      }
      INDEPENDENT for (int64_t k = 0; k < n; k++)
        result[k] = g[k] - EXP(y[k]) * sum;
    } else {
      for (int64_t k = 0; k < n; k++) {
        REASSOCIATE
        sum += g[k] * y[k];
      }
      INDEPENDENT for (int64_t k = 0; k < n; k++)
        result[k] = y[k] * (g[k] - sum);
    }
  }
}

VECTOR static void NAMED(gradient_tile)(const apus_softmax_gradient_context *c, int64_t start, int64_t width,
                                        int logarithm) {
  const T *output = (const T *)c->output + start, *gradient = (const T *)c->gradient + start;
  T *result = (T *)c->result + start;
  T sum[TILE];
  for (int64_t i = 0; i < width; i++) sum[i] = 0;
  for (int64_t k = 0; k < c->axis; k++) {
    const T *y = output + k * c->inner, *g = gradient + k * c->inner;
    for (int64_t i = 0; i < width; i++) sum[i] += logarithm ? g[i] : g[i] * y[i];
  }
  for (int64_t k = 0; k < c->axis; k++) {
    const T *y = output + k * c->inner, *g = gradient + k * c->inner;
    T *to = result + k * c->inner;
    if (logarithm) {
      INDEPENDENT for (int64_t i = 0; i < width; i++)
        to[i] = g[i] - EXP(y[i]) * sum[i];
    } else {
      INDEPENDENT for (int64_t i = 0; i < width; i++)
        to[i] = y[i] * (g[i] - sum[i]);
    }
  }
}

#undef T
#undef NAMED
#undef EXP
#undef LOG
#undef LARGEST
