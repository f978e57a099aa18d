import ApusGraph

/// Samples held as arrays, one row each.
public struct ArrayDataset: Dataset {
  /// The inputs, each `[count, ...]`.
  public let features: [Literal]
  /// The targets, `[count, ...]`: classes are `[count]` of an integer type.
  public let targets: Literal?
  /// The weight of each sample in the loss, `[count]` of `float32`.
  public let weights: Literal?
  /// The names of the classes.
  public let classNames: [String]?
  /// Number of samples.
  public let count: Int
  private let divisor: Float?
  private let ids: [Int]?

  /// Samples from rows of arrays.
  /// - Parameters:
  ///   - features: The inputs, each `[count, ...]`.
  ///   - targets: The targets, `[count, ...]`.
  ///   - weights: The weight of each sample in the loss, `[count]` of `float32`.
  ///   - classNames: The names of the classes, when `targets` are classes.
  ///   - divisor: Turns `uint8` features into `float32` as they are fetched, divided by this: images stay a
  ///     quarter of the size in memory.
  /// - Throws: `DataError` for parts with different numbers of rows, weights that are not `float32`
  ///   `[count]`, a divisor that is not above 0 and labels outside of `classNames`.
  public init(
    features: [Literal], targets: Literal? = nil, weights: Literal? = nil, classNames: [String]? = nil,
    dividingBytesBy divisor: Float? = nil
  ) throws {
    try self.init(
      features: features, targets: targets, weights: weights, classNames: classNames, divisor: divisor,
      ids: nil)
  }

  init(
    features: [Literal], targets: Literal?, weights: Literal?, classNames: [String]?, divisor: Float? = nil,
    ids: [Int]?
  ) throws {
    guard let first = features.first, first.shape.rank > 0 else {
      throw DataError(.shape, "at least one feature of shape [count, ...] was expected")
    }
    count = first.shape[0]
    let parts =
      features.enumerated().map { ("feature \($0)", $1) } + (targets.map { [("the targets", $0)] } ?? [])
      + (weights.map { [("the weights", $0)] } ?? [])
    for (name, part) in parts where part.shape.rank == 0 || part.shape[0] != count {
      throw DataError(
        .shape, "\(name) of shape \(part.shape) should have \(count) rows, as many as feature 0")
    }
    if let weights, weights.dtype != .float32 || weights.shape.rank != 1 {
      throw DataError(
        .type, "weights of float32 [\(count)] were expected, \(weights.dtype) \(weights.shape) came")
    }
    if let divisor, !(divisor > 0 && divisor.isFinite) {
      throw DataError(.setting, "a positive divisor was expected, \(divisor) came")
    }
    self.features = features
    self.targets = targets
    self.weights = weights
    self.classNames = classNames
    self.divisor = divisor
    self.ids = ids
    if let classNames { try checkLabels(below: classNames.count) }
  }

  /// Samples with one feature each.
  /// - Parameters:
  ///   - features: The inputs, each `[count, …]`.
  ///   - targets: The targets, `[count, …]`: classes are `[count]` of an integer type.
  ///   - weights: The weight of each sample in the loss, `[count]` of `float32`.
  ///   - classNames: The names of the classes, where `targets` are classes.
  ///   - divisor: Turns `uint8` features into `float32` as they are fetched, divided by this: images stay a
  ///     quarter of the size in memory.
  /// - Throws: `DataError` for parts with different numbers of rows, weights that are not `float32`
  ///   `[count]`, a divisor that is not above 0 and labels outside of `classNames`.
  public init(
    _ features: Literal, targets: Literal? = nil, weights: Literal? = nil, classNames: [String]? = nil,
    dividingBytesBy divisor: Float? = nil
  ) throws {
    try self.init(
      features: [features], targets: targets, weights: weights, classNames: classNames,
      dividingBytesBy: divisor)
  }

  private func checkLabels(below classCount: Int) throws {
    // Maps of labels may have one that is ignored; where they come from has checked them.
    if let targets, targets.dtype.isInteger, targets.shape.rank == 3 { return }
    guard let labels = try classLabels() else {
      let came = targets.map { "\($0.dtype) \($0.shape)" } ?? "none"
      throw DataError(
        .type, "class names need targets of an integer type and shape [\(count)], \(came) came")
    }
    if let index = labels.firstIndex(where: { $0 < 0 || $0 >= classCount }) {
      throw DataError(
        .classes,
        "sample \(index) has the class \(labels[index]), there are \(classCount) class names, counted from 0",
        samples: [index])
    }
  }

  /// One sample.
  public subscript(index: Int) -> Sample {
    get throws {
      try batch(at: [index]).samples()[0]
    }
  }

  /// Copies the rows at the given indices.
  /// - Parameter indices: The places of the samples in the dataset, counted from 0.
  /// - Returns: The batch, in the order of `indices`.
  /// - Throws: `DataError` for a place outside of the dataset, and whatever reading a sample throws.
  public func batch(at indices: [Int]) throws -> Batch {
    for index in indices { try checkIndex(index) }
    for feature in features {
      let type = divisor != nil && feature.dtype == .uint8 ? .float32 : feature.dtype
      _ = try checkedShape([indices.count] + feature.shape.dimensions.dropFirst(), type, for: "a batch")
    }
    return Batch(
      features: try features.map { try $0.rows(indices, dividingBytesBy: divisor) },
      targets: try targets?.rows(indices), weights: try weights?.rows(indices),
      ids: ids.map { ids in indices.map { ids[$0] } } ?? indices)
  }

  /// The targets, if they are of an integer type and shape `[count]`.
  /// - Returns: The class of each sample; nil where samples have none.
  /// - Throws: Whatever fetching the samples throws.
  public func classLabels() throws -> [Int]? {
    guard let targets, targets.dtype.isInteger, targets.shape.rank == 1 else { return nil }
    return targets.doubles.map { Int(saturating: $0) }
  }
}

extension Literal {
  /// The rows at the given indices, all of which must exist, in memory of their own; `uint8` becomes
  /// `float32` where there is a divisor.
  func rows(_ indices: [Int], dividingBytesBy divisor: Float? = nil) throws -> Literal {
    let rowShape = shape.dimensions.dropFirst()
    let rowCount = rowShape.reduce(1, *)
    let target = Shape([indices.count] + rowShape)
    return try withUnsafeBytes { source in
      if let divisor, dtype == .uint8 {
        return try Literal(dtype: .float32, shape: target) { bytes in
          guard let from = source.baseAddress?.assumingMemoryBound(to: UInt8.self),
            let to = bytes.baseAddress?.bindMemory(to: Float.self, capacity: target.elementCount)
          else { return }
          for (row, index) in indices.enumerated() {
            divide(from + index * rowCount, by: divisor, into: to + row * rowCount, count: rowCount)
          }
        }
      }
      let size = rowCount * dtype.byteSize
      return try Literal(dtype: dtype, shape: target) { bytes in
        guard let from = source.baseAddress, let to = bytes.baseAddress, size > 0 else { return }
        for (row, index) in indices.enumerated() {
          (to + row * size).copyMemory(from: from + index * size, byteCount: size)
        }
      }
    }
  }
}

/// A plain loop over pointers: the compiler makes vector code of it, and unoptimized builds stay usable.
private func divide(
  _ source: UnsafePointer<UInt8>, by divisor: Float, into target: UnsafeMutablePointer<Float>, count: Int
) {
  var index = 0
  while index < count {
    target[index] = Float(source[index]) / divisor
    index &+= 1
  }
}
