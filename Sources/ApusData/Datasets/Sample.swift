import ApusGraph

/// One example: the inputs of a model and the target.
public struct Sample: Sendable {
  /// The model's inputs, most often one.
  public var features: [Literal]
  /// The target, if there is one: a class is a scalar of an integer type.
  public var target: Literal?
  /// The weight of the sample in the loss; nil means 1.
  public var weight: Float?
  /// What errors call the sample: its index where the data come from.
  public var id: Int

  /// An example with its parts.
  public init(features: [Literal], target: Literal? = nil, weight: Float? = nil, id: Int) {
    self.features = features
    self.target = target
    self.weight = weight
    self.id = id
  }
}

/// Several samples stacked along a new first axis.
public struct Batch: Sendable {
  /// The model's inputs, each `[batch, ...]`.
  public var features: [Literal]
  /// The targets, `[batch, ...]`: classes are `[batch]` of an integer type.
  public var targets: Literal?
  /// The weight of each sample in the loss, `[batch]` of `float32`.
  public var weights: Literal?
  /// What errors call the samples.
  public var ids: [Int]

  /// A batch with its parts.
  public init(features: [Literal], targets: Literal? = nil, weights: Literal? = nil, ids: [Int]) {
    self.features = features
    self.targets = targets
    self.weights = weights
    self.ids = ids
  }

  /// Number of samples.
  public var count: Int { ids.count }

  /// Stacks samples, which must agree in the number, types and shapes of their parts.
  /// - Parameter samples: The samples.
  /// - Throws: `DataError` for no samples, and for samples that differ in the number, shapes or types of
  ///   their parts.
  public init(collating samples: [Sample]) throws {
    guard let first = samples.first else {
      throw DataError(.empty, "a batch of at least one sample was expected, none came")
    }
    for sample in samples where sample.features.count != first.features.count {
      throw DataError(
        .shape,
        "sample \(sample.id) has \(sample.features.count) features, sample \(first.id) of the same batch "
          + "\(first.features.count)",
        samples: [first.id, sample.id])
    }
    let ids = samples.map(\.id)
    self.ids = ids
    features = try first.features.indices.map { part in
      try Self.stack(samples.map { $0.features[part] }, ids: ids, part: "feature \(part)")
    }
    targets = try Self.stackAllOrNone(samples.map(\.target), ids: ids)
    weights =
      samples.contains { $0.weight != nil }
      ? Literal(samples.map { $0.weight ?? 1 }, shape: [samples.count]) : nil
  }

  private static func stackAllOrNone(_ parts: [Literal?], ids: [Int]) throws -> Literal? {
    let present = parts.compactMap { $0 }
    guard !present.isEmpty else { return nil }
    guard present.count == parts.count else {
      let id = zip(ids, parts).first { $0.1 == nil }?.0 ?? 0
      throw DataError(
        .sample, "sample \(id) has no target, others of the same batch have one", samples: [id])
    }
    return try stack(present, ids: ids, part: "the target")
  }

  private static func stack(_ literals: [Literal], ids: [Int], part: String) throws -> Literal {
    let first = literals[0]
    for (literal, id) in zip(literals, ids) where literal.shape != first.shape || literal.dtype != first.dtype
    {
      throw DataError(
        literal.shape != first.shape ? .shape : .type,
        "\(part) of sample \(id) is \(literal.dtype) \(literal.shape), that of sample \(ids[0]) of the same "
          + "batch \(first.dtype) \(first.shape)",
        advice: "Resize, crop or pad them to one shape, with `mapped` for example.", samples: [ids[0], id])
    }
    let size = first.byteCount
    let shape = try checkedShape([literals.count] + first.shape.dimensions, first.dtype, for: "a batch")
    return try Literal(dtype: first.dtype, shape: shape) { bytes in
      guard let start = bytes.baseAddress, size > 0 else { return }
      for (index, literal) in literals.enumerated() {
        literal.withUnsafeBytes { source in
          if let from = source.baseAddress { (start + index * size).copyMemory(from: from, byteCount: size) }
        }
      }
    }
  }

  /// The samples one by one, in memory of their own.
  func samples() throws -> [Sample] {
    let weightValues = weights?.doubles
    return try ids.indices.map { index in
      try Sample(
        features: features.map { try $0.row(index) }, target: targets.map { try $0.row(index) },
        weight: weightValues.map { Float($0[index]) }, id: ids[index])
    }
  }

  /// The first feature value that is NaN or infinite: which feature, and the sample's id; nil if all are
  /// finite.
  public func firstNonFinite() -> (feature: Int, id: Int)? {
    for (part, literal) in features.enumerated() where literal.dtype.isFloating {
      let stride = max(1, literal.shape.elementCount / max(1, count))
      if let index = literal.doubles.firstIndex(where: { !$0.isFinite }) {
        return (part, ids[index / stride])
      }
    }
    return nil
  }
}

extension Literal {
  /// One step along the first axis, in memory of its own.
  package func row(_ index: Int) throws -> Literal {
    let shape = Shape(Array(shape.dimensions.dropFirst()))
    let size = shape.elementCount * dtype.byteSize
    return try withUnsafeBytes { source in
      try Literal(dtype: dtype, shape: shape) { bytes in
        bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[index * size..<(index + 1) * size]))
      }
    }
  }
}
