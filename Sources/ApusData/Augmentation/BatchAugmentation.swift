import ApusGraph

/// A random change of a whole batch, another one each time, after the changes of single samples.
///
/// Targets that are classes have become rows of probabilities by then, `[batch, classes]`, so that samples can be
/// of several classes in part: train with `Loss.mixedCrossEntropy`. The random numbers are keyed by the run's seed,
/// the epoch, the batch's place in it and the augmentation's place in the list.
public protocol BatchAugmentation: Sendable {
  /// Changes the batch, whose memory is its own.
  func augment(_ batch: inout Batch, random: inout PhiloxGenerator) throws
}

/// One of several augmentations of batches, each equally likely.
public struct RandomChoice: BatchAugmentation {
  /// What is chosen from.
  public let choices: [any BatchAugmentation]

  /// Applies one of `choices` to each batch, such as `RandomChoice([MixUp(), CutMix()])`.
  public init(_ choices: [any BatchAugmentation]) { self.choices = choices }

  /// Applies one of the augmentations.
  /// - Parameters:
  ///   - batch: The batch; its memory is changed in place.
  ///   - random: The source of all random numbers.
  /// - Throws: `DataError` for features or targets that cannot be mixed.
  public func augment(_ batch: inout Batch, random: inout PhiloxGenerator) throws {
    guard !choices.isEmpty else {
      throw DataError(.setting, "augmentations to choose from were expected, none came")
    }
    try choices[random.uniform(below: choices.count)].augment(&batch, random: &random)
  }
}

extension Batch {
  /// Brings targets that are classes to rows of probabilities, a 1 in each.
  mutating func spreadClasses(_ classCount: Int?) throws {
    guard let targets, targets.dtype.isInteger else { return }
    guard targets.shape.rank == 1, let classCount else {
      throw DataError(
        .classes,
        "augmentations that mix samples need numbers, probabilities, or classes with names as targets, "
          + "\(targets.dtype) \(targets.shape) without names came",
        advice: "Give the dataset `classNames`.")
    }
    let labels = targets.doubles.map { Int(saturating: $0) }
    for (label, id) in zip(labels, ids) where !(0..<classCount ~= label) {
      throw DataError(
        .classes, "sample \(id) has the class \(label), there are \(classCount) class names", samples: [id])
    }
    let shape = try checkedShape([labels.count, classCount], .float32, for: "targets")
    self.targets = try Literal(dtype: .float32, shape: shape) { bytes in
      let values = bytes.bindMemory(to: Float.self)
      values.update(repeating: 0)
      for (row, label) in labels.enumerated() { values[row * classCount + label] = 1 }
    }
  }

  /// Mixes every sample's numbers with those of the sample before it (the first one's with the last's):
  /// own · `share` + other · (1 − `share`).
  static func mix(_ literal: Literal, share: Float) throws {
    guard literal.dtype == .float32 else {
      throw DataError(.type, "numbers of float32 were expected to be mixed, \(literal.dtype) came")
    }
    let rows = literal.shape.dimensions.first ?? 0
    guard rows > 1 else { return }
    let size = literal.shape.elementCount / rows
    let values = literal.buffer.pointer.assumingMemoryBound(to: Float.self)
    // From the last to the first, so that each neighbor is read before it changes.
    let last = Array(UnsafeBufferPointer(start: values + (rows - 1) * size, count: size))
    for row in stride(from: rows - 1, to: 0, by: -1) {
      blend(values + row * size, with: values + (row - 1) * size, share: share, count: size)
    }
    last.withUnsafeBufferPointer { other in
      if let other = other.baseAddress { blend(values, with: other, share: share, count: size) }
    }
  }

  /// Mixes targets and weights by `share`.
  mutating func mixTargets(share: Float) throws {
    if let targets { try Self.mix(targets, share: share) }
    if let weights { try Self.mix(weights, share: share) }
  }
}

/// A plain loop over pointers: the compiler makes vector code of it.
private func blend(
  _ values: UnsafeMutablePointer<Float>, with other: UnsafePointer<Float>, share: Float, count: Int
) {
  var index = 0
  while index < count {
    values[index] = values[index] * share + other[index] * (1 - share)
    index &+= 1
  }
}
