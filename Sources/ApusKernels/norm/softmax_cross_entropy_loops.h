// Template of the cross entropy loops. Before each inclusion define T, NAMED(x), EXP, LOG and LARGEST.

VECTOR static void NAMED(forward)(const apus_softmax_cross_entropy_context *c, range part) {
  int64_t n = c->classes;
  T smoothing = (T)c->label_smoothing;
  for (int64_t r = part.begin; r < part.end; r++) {
    const T *x = (const T *)c->logits + r * n;
    T most = LARGEST(x, n), sum = 0;
    for (int64_t k = 0; k < n; k++) {
      REASSOCIATE
      sum += EXP(x[k] - most);
    }
    T log_sum_exp = most + LOG(sum);
    ((T *)c->log_sum_exp)[r] = log_sum_exp;
    int64_t label = load_index(c->labels, c->label_dtype, r);
    if (is_ignored(c, label)) {
      ((T *)c->loss)[r] = 0;
      continue;
    }
    // Differences from the logarithm: exact when the label's logit is far above the others.
    T loss = log_sum_exp - x[label];
    if (smoothing != 0) {
      T rest = 0;
      for (int64_t k = 0; k < n; k++) {
        REASSOCIATE
        rest += log_sum_exp - x[k];
      }
      loss = (1 - smoothing) * loss + smoothing / (T)n * rest;
    }
    ((T *)c->loss)[r] = loss;
  }
}

VECTOR static void NAMED(backward)(const apus_softmax_cross_entropy_context *c, range part) {
  int64_t n = c->classes;
  T smoothing = (T)c->label_smoothing, even = smoothing / (T)n;
  for (int64_t r = part.begin; r < part.end; r++) {
    const T *x = (const T *)c->logits + r * n;
    T *result = (T *)c->result + r * n;
    int64_t label = load_index(c->labels, c->label_dtype, r);
    if (is_ignored(c, label)) {
      memset(result, 0, sizeof(T) * (size_t)n);
      continue;
    }
    T log_sum_exp = ((const T *)c->log_sum_exp)[r];
    T gradient = ((const T *)c->gradient)[r * c->gradient_stride];
    // Before the others: in place, they overwrite its logit.
    T own = (EXP(x[label] - log_sum_exp) - even - (1 - smoothing)) * gradient;
    INDEPENDENT for (int64_t k = 0; k < n; k++)
      result[k] = (EXP(x[k] - log_sum_exp) - even) * gradient;
    result[label] = own;
  }
}

#undef T
#undef NAMED
#undef EXP
#undef LOG
#undef LARGEST
