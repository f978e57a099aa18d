/// The families that operations belong to. What is decided for a whole family (its shape rule, its
/// gradient) switches on this, so that a new operation is named once.
enum OpFamily {
  /// Constants, placeholders, counts and random words.
  case leaf
  /// Element by element, operands of one shape.
  case elementwise
  /// Elements in another order or place.
  case shape
  /// Elements picked or placed by number.
  case indexing
  /// Elements combined or ordered along axes.
  case reduction
  /// Products summed, and windows.
  case contraction
  /// Loops and pieces of graph.
  case control
  /// What passes values on.
  case passing
  /// Composites: made of operations of the other families. Activations have operands of one shape.
  case activation
  /// Softmax, normalizations and dropout: composites with an axis of features.
  case normalization
  /// Composites of queries, keys and values.
  case attention
  /// Composites that loop over time.
  case recurrence
}

extension Op {
  /// The family that the operation belongs to.
  var family: OpFamily {
    switch self {
    case .constant, .input, .failed, .iota, .randomBits: .leaf
    case .unary, .binary, .compare, .select, .clamp, .cast, .bitcast: .elementwise
    case .reshape, .transpose, .broadcast, .slice, .pad, .concatenate, .reverse, .dynamicSlice,
      .dynamicUpdateSlice:
      .shape
    case .gather, .gatherAlong, .scatter, .scatterAlong: .indexing
    case .reduce, .argReduce, .cumulate, .sort: .reduction
    case .dot, .convolution, .convolutionInputGradient, .convolutionFilterGradient, .pool, .maxPoolGradient,
      .averagePoolGradient:
      .contraction
    case .scan, .whileLoop, .recomputation: .control
    case .stopGradient, .barrier, .customGradient, .shardConstraint, .customCall: .passing
    case .activation, .activationGradient: .activation
    case .softmax, .softmaxGradient, .logSoftmax, .logSoftmaxGradient, .softmaxCrossEntropy,
      .softmaxCrossEntropyGradient, .batchNorm, .batchNormalize, .batchNormGradient, .layerNorm,
      .layerNormGradient, .dropout:
      .normalization
    case .attention, .attentionGradient: .attention
    case .recurrence, .recurrenceGradient: .recurrence
    }
  }
}
