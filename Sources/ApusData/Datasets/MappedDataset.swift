import ApusGraph

/// A dataset whose samples are changed as they are fetched.
public struct MappedDataset: Dataset {
  /// The dataset that the samples come from.
  public let base: any Dataset
  /// The names of the classes.
  public let classNames: [String]?
  private let transform: @Sendable (Sample) throws -> Sample

  init(
    _ base: any Dataset, classNames: [String]?, transform: @escaping @Sendable (Sample) throws -> Sample
  ) {
    self.base = base
    self.classNames = classNames
    self.transform = transform
  }

  /// Number of samples.
  public var count: Int { base.count }

  /// One sample.
  public subscript(index: Int) -> Sample {
    get throws {
      let sample = try base[index]
      do {
        return try transform(sample)
      } catch let error as DataError {
        throw error
      } catch {
        throw DataError(.sample, "mapping sample \(sample.id) failed: \(error)", samples: [sample.id])
      }
    }
  }
}

extension Dataset {
  /// Changes every sample as it is fetched. `transform` must always give the same for the same sample.
  /// - Parameter transform: Makes the new sample; always the same from the same one.
  /// - Returns: The dataset of changed samples.
  public func mapped(_ transform: @escaping @Sendable (Sample) throws -> Sample) -> MappedDataset {
    MappedDataset(self, classNames: classNames, transform: transform)
  }

  /// Changes every sample as it is fetched, its target into one of other classes.
  /// - Parameters:
  ///   - classNames: The names of the classes, in the order of their labels.
  ///   - transform: Makes the new sample; always the same from the same one.
  /// - Returns: The dataset of changed samples.
  public func mapped(
    classNames: [String]?, _ transform: @escaping @Sendable (Sample) throws -> Sample
  ) -> MappedDataset {
    MappedDataset(self, classNames: classNames, transform: transform)
  }
}

/// The mean and standard deviation of each channel: of each place along a feature's last axis.
public struct ChannelStatistics: Sendable, Codable, Equatable {
  /// The mean of each channel.
  public let means: [Double]
  /// The standard deviation of each channel (that of the whole, not of a sample drawn from it).
  public let stds: [Double]

  /// Files hold the names that properties had when the format was fixed.
  enum CodingKeys: String, CodingKey {
    case means
    case stds = "deviations"
  }

  /// Statistics that are known already. One number stands for every channel.
  /// - Parameters:
  ///   - means: The mean of each channel.
  ///   - stds: The std of each channel, above 0.
  /// - Throws: `DataError` for columns of different lengths, means that are not finite and stds that are not
  ///   above 0.
  public init(means: [Double], stds: [Double]) throws {
    guard means.count == stds.count, !means.isEmpty else {
      throw DataError(
        .setting, "as many means as stds were expected, \(means.count) and \(stds.count) came")
    }
    guard means.allSatisfy(\.isFinite), stds.allSatisfy({ $0 > 0 && $0.isFinite }) else {
      throw DataError(.setting, "finite means and positive stds were expected")
    }
    self.means = means
    self.stds = stds
  }

  /// The statistics of a feature of type `float32` over all samples. A channel that never changes gets
  /// a std of 1.
  /// - Parameters:
  ///   - dataset: The dataset, all of whose samples are fetched.
  ///   - feature: Which of the features, counted from 0.
  /// - Throws: `DataError` for a feature that is not there or not `float32`, and for a dataset without
  ///   samples.
  public init(of dataset: some Dataset, feature: Int = 0) throws {
    var count = 0.0
    var sums: [Double] = []
    var squares: [Double] = []
    // Sums about the first value of each channel keep their digits where the mean is large.
    var origins: [Double] = []
    for start in stride(from: 0, to: dataset.count, by: 256) {
      let batch = try dataset.batch(at: Array(start..<min(start + 256, dataset.count)))
      let literal = try batch.floatFeature(feature)
      let channels = literal.shape.rank > 1 ? literal.shape[literal.shape.rank - 1] : 1
      literal.withUnsafeBytes { bytes in
        let values = bytes.bindMemory(to: Float.self)
        if sums.isEmpty {
          sums = [Double](repeating: 0, count: channels)
          squares = sums
          origins = values.count >= channels ? values[..<channels].map(Double.init) : sums
        }
        var index = 0
        var channel = 0
        while index < values.count {
          let value = Double(values[index]) - origins[channel]
          sums[channel] += value
          squares[channel] += value * value
          index += 1
          channel = channel + 1 == channels ? 0 : channel + 1
        }
        count += Double(values.count / max(1, channels))
      }
    }
    guard count > 0 else { throw DataError(.empty, "the dataset has no values to take a mean of") }
    let total = count
    try self.init(
      means: sums.indices.map { origins[$0] + sums[$0] / total },
      stds: sums.indices.map { channel in
        let mean = sums[channel] / total
        let variance = squares[channel] / total - mean * mean
        return variance > 0 ? variance.squareRoot() : 1
      })
  }
}

extension ChannelStatistics {
  /// Means and stds as often as fills some vectors, so that a plain loop over them is vector code whatever the
  /// number of channels.
  fileprivate struct Pattern {
    let means: [Float]
    let stds: [Float]

    /// (value − mean) / std; `source` and `target` may be the same.
    func normalize(_ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, count: Int) {
      means.withUnsafeBufferPointer { means in
        stds.withUnsafeBufferPointer { stds in
          var start = 0
          while start < count {
            let length = min(means.count, count &- start)
            var place = 0
            while place < length {
              target[start &+ place] = (source[start &+ place] - means[place]) / stds[place]
              place &+= 1
            }
            start &+= length
          }
        }
      }
    }
  }

  /// The pattern for a feature, of which the last axis holds the channels.
  fileprivate func pattern(for shape: Shape) throws -> Pattern {
    let channels = shape.rank > 1 ? shape[shape.rank - 1] : 1
    guard means.count == 1 || means.count == channels else {
      throw DataError(
        .shape, "statistics of \(means.count) channels cannot normalize a feature of shape \(shape)")
    }
    let count = means.count * 64
    return Pattern(
      means: (0..<count).map { Float(means[$0 % means.count]) },
      stds: (0..<count).map { Float(stds[$0 % stds.count]) })
  }
}

extension Batch {
  func floatFeature(_ index: Int) throws -> Literal {
    guard features.indices.contains(index) else {
      throw DataError(.index, "feature \(index) was asked for, the samples have \(features.count)")
    }
    guard features[index].dtype == .float32 else {
      throw DataError(.type, "feature \(index) should be float32, it is \(features[index].dtype)")
    }
    return features[index]
  }
}

/// A dataset whose first feature is brought to mean 0 and std 1 as it is fetched.
public struct NormalizedDataset: Dataset {
  /// The dataset that the samples come from.
  public let base: any Dataset
  /// The mean that is subtracted, and the std that is divided by.
  public let statistics: ChannelStatistics

  /// Number of samples.
  public var count: Int { base.count }

  /// The names of the classes.
  public var classNames: [String]? { base.classNames }

  /// One sample.
  public subscript(index: Int) -> Sample {
    get throws { try normalized(base[index]) }
  }

  /// One sample, of which a region is used.
  /// - Parameters:
  ///   - index: The place of the sample in the dataset, counted from 0.
  ///   - framing: Chooses the region and the size that it is brought to, given the image's size.
  /// - Returns: The sample, with the region in the size that `framing` chooses.
  /// - Throws: `DataError` for a place outside of the dataset, and whatever reading a sample throws.
  public func sample(at index: Int, framing: (ImageSize) throws -> ImageFraming) throws -> Sample {
    try normalized(base.sample(at: index, framing: framing))
  }

  /// The samples at the given indices.
  /// - Parameter indices: The places of the samples in the dataset, counted from 0.
  /// - Returns: The batch, in the order of `indices`.
  /// - Throws: `DataError` for a place outside of the dataset, and whatever reading a sample throws.
  public func batch(at indices: [Int]) throws -> Batch {
    let batch = try base.batch(at: indices)
    let literal = try batch.floatFeature(0)
    let pattern = try statistics.pattern(for: literal.shape)
    let values = literal.buffer.pointer.assumingMemoryBound(to: Float.self)
    pattern.normalize(values, into: values, count: literal.shape.elementCount)
    return batch
  }

  private func normalized(_ sample: Sample) throws -> Sample {
    guard let feature = sample.features.first, feature.dtype == .float32 else {
      throw DataError(
        .type,
        "a first feature of float32 was expected to be normalized, sample \(sample.id) has "
          + (sample.features.first.map { "\($0.dtype)" } ?? "none"), samples: [sample.id])
    }
    let pattern = try statistics.pattern(for: feature.shape)
    var result = sample
    result.features[0] = try feature.withUnsafeBytes { source in
      try Literal(dtype: .float32, shape: feature.shape) { bytes in
        guard let from = source.bindMemory(to: Float.self).baseAddress,
          let to = bytes.bindMemory(to: Float.self).baseAddress
        else { return }
        pattern.normalize(from, into: to, count: feature.shape.elementCount)
      }
    }
    return result
  }

  /// The classes of all samples.
  /// - Returns: The class of each sample; nil where samples have none.
  /// - Throws: Whatever fetching the samples throws.
  public func classLabels() throws -> [Int]? { try base.classLabels() }
}

extension Dataset {
  /// Normalizes the first feature to mean 0 and std 1. Take the statistics from the training set, and
  /// use the same for the test set.
  public func normalized(by statistics: ChannelStatistics) -> NormalizedDataset {
    NormalizedDataset(base: self, statistics: statistics)
  }

  /// Subtracts one mean from the first feature and divides by one std.
  /// - Parameters:
  ///   - mean: What is subtracted.
  ///   - std: What is divided by, above 0.
  /// - Returns: The dataset with its first feature normalized.
  /// - Throws: `DataError` for a mean that is not finite and a std that is not above 0.
  public func normalized(mean: Double, std: Double) throws -> NormalizedDataset {
    NormalizedDataset(base: self, statistics: try ChannelStatistics(means: [mean], stds: [std]))
  }
}
