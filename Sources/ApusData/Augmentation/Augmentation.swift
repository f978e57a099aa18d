import ApusGraph

/// A random change of a sample, another one each epoch.
///
/// The random numbers are keyed by the run's seed, the epoch, the sample's index and the augmentation's
/// place in the list: results do not depend on how many threads work, or on where a run was resumed.
public protocol Augmentation: Sendable {
  /// Refuses settings that make no sense; checked before the first sample is changed.
  /// - Throws: `DataError` that says which setting is wrong.
  func check() throws

  /// The changed sample.
  /// - Parameters:
  ///   - sample: The sample.
  ///   - random: What all random numbers come from.
  /// - Returns: The sample with some of its parts changed.
  /// - Throws: `DataError` for samples that it cannot change.
  func augmented(_ sample: Sample, random: inout PhiloxGenerator) throws -> Sample
}

extension Augmentation {
  /// Everything is accepted.
  /// - Throws: Nothing; an augmentation's own may.
  public func check() throws {}
}

/// An augmentation that keeps the shape of a sample's first feature, and changes its numbers in place.
public protocol InPlaceAugmentation: Augmentation {
  /// Changes `values`, the `float32` elements of one sample of the given shape.
  func augment(
    _ values: UnsafeMutableBufferPointer<Float>, shape: Shape, random: inout PhiloxGenerator) throws
}

extension InPlaceAugmentation {
  /// Changes a copy of the sample.
  /// - Parameters:
  ///   - sample: The sample.
  ///   - random: The source of all random numbers.
  /// - Returns: The changed sample.
  /// - Throws: `DataError` for settings that make no sense, and for a first feature that is no `float32`
  ///   image `[height, width, channels]`.
  public func augmented(_ sample: Sample, random: inout PhiloxGenerator) throws -> Sample {
    guard let feature = sample.features.first, feature.dtype == .float32 else {
      throw DataError(
        .type,
        "an augmentation needs a first feature of type float32, sample \(sample.id) has "
          + (sample.features.first.map { "\($0.dtype)" } ?? "none"), samples: [sample.id])
    }
    var result = sample
    if let map = sample.labelMap, let spatial = self as? any SpatialAugmentation {
      result.target = try spatial.moved(map, random: random)
    }
    result.features[0] = try Literal(dtype: .float32, shape: feature.shape) { bytes in
      feature.withUnsafeBytes { if $0.count > 0 { bytes.copyMemory(from: $0) } }
      try augment(bytes.bindMemory(to: Float.self), shape: feature.shape, random: &random)
    }
    return result
  }
}

/// An augmentation of your own.
public struct CustomAugmentation: Augmentation {
  private let body: @Sendable (Sample, inout PhiloxGenerator) throws -> Sample

  /// Changes samples by `body`, which must take all its random numbers from the generator.
  /// - Parameter body: Makes the changed sample, and takes all its random numbers from the generator.
  public init(_ body: @escaping @Sendable (Sample, inout PhiloxGenerator) throws -> Sample) {
    self.body = body
  }

  /// The changed sample.
  /// - Parameters:
  ///   - sample: The sample.
  ///   - random: The source of all random numbers.
  /// - Returns: The changed sample.
  /// - Throws: `DataError` for settings that make no sense, and for a first feature that is no `float32`
  ///   image `[height, width, channels]`.
  public func augmented(_ sample: Sample, random: inout PhiloxGenerator) throws -> Sample {
    try body(sample, &random)
  }
}

/// - Throws: `DataError` unless a setting is in its range.
func checkSetting(_ name: String, _ value: Float, in range: ClosedRange<Float>) throws {
  guard value.isFinite, range.contains(value) else {
    let limits =
      range.upperBound == .infinity
      ? "from \(range.lowerBound) on" : "from \(range.lowerBound) to \(range.upperBound)"
    throw DataError(.setting, "\(name) \(limits) was expected, \(value) came")
  }
}

/// - Throws: `DataError` for a filling that is no finite number: it would make the loss none.
func checkFill(_ fill: Float) throws {
  guard fill.isFinite else { throw DataError(.setting, "a finite fill was expected, \(fill) came") }
}
