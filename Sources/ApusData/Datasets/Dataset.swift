import ApusGraph

/// Examples that can be had in any order, by index.
///
/// A dataset of your own needs `count` and the subscript. Samples must be the same however often and on
/// whichever thread they are asked for; what is random belongs into an `Augmentation`.
public protocol Dataset: Sendable {
  /// Number of samples.
  var count: Int { get }

  /// One sample; throws for an index outside `0 ..< count`.
  subscript(index: Int) -> Sample { get throws }

  /// The samples at the given indices, stacked, in memory that the caller may change.
  ///
  /// By default they are fetched one by one; datasets that can do better do.
  func batch(at indices: [Int]) throws -> Batch

  /// One sample whose first feature is an image, cropped and resized as `framing` chooses by the image's size.
  ///
  /// By default the sample is fetched and a part of it taken; datasets of files decode no more than that part.
  func sample(at index: Int, framing: (ImageSize) throws -> ImageFraming) throws -> Sample

  /// The names of the classes, in the order of their labels, if the targets are classes.
  var classNames: [String]? { get }

  /// Every sample's class, or nil if the targets are not classes.
  ///
  /// By default every sample is fetched for it; datasets that can do better do.
  func classLabels() throws -> [Int]?

  /// Hashes of the samples at the given indices, which tell whether a dataset is still the same.
  ///
  /// By default 64 of the samples are fetched for it; datasets that can do better do.
  /// - Parameter indices: The samples, in an order that counts.
  /// - Returns: Hashes of their contents.
  /// - Throws: `DataError`, `FileError` for samples that cannot be read.
  func digest(at indices: [Int]) throws -> DatasetDigest
}

extension Dataset {
  /// Fetches the samples one by one and stacks them.
  /// - Parameter indices: The places of the samples in the dataset, counted from 0.
  /// - Returns: The batch, in the order of `indices`.
  /// - Throws: `DataError` for a place outside of the dataset, and whatever reading a sample throws.
  public func batch(at indices: [Int]) throws -> Batch {
    try Batch(collating: indices.map { try self[$0] })
  }

  /// Fetches the sample and takes the part.
  /// - Parameters:
  ///   - index: The place of the sample in the dataset, counted from 0.
  ///   - framing: Chooses the region and the size that it is brought to, given the image's size.
  /// - Returns: The sample, with the region in the size that `framing` chooses.
  /// - Throws: `DataError` for a place outside of the dataset, and whatever reading a sample throws.
  public func sample(at index: Int, framing: (ImageSize) throws -> ImageFraming) throws -> Sample {
    let sample = try self[index]
    let shape = try sample.floatImage().shape
    return try sample.framed(framing(ImageSize(width: shape.width, height: shape.height)))
  }

  /// No names.
  public var classNames: [String]? { nil }

  /// Takes scalars of an integer type for classes.
  /// - Returns: The class of each sample; nil where samples have none.
  /// - Throws: Whatever fetching the samples throws.
  public func classLabels() throws -> [Int]? {
    var labels: [Int] = []
    for index in 0..<count {
      guard let target = try self[index].target, target.dtype.isInteger, target.shape.rank == 0 else {
        return nil
      }
      labels.append(Int(saturating: target.doubles[0]))
    }
    return labels
  }

  /// How many samples each class has, in the order of the labels; nil if the targets are not classes.
  /// - Returns: The number of samples by class; nil where samples have none.
  /// - Throws: `DataError` for a class below 0, and whatever fetching the samples throws.
  public func classCounts() throws -> [Int]? {
    guard let labels = try classLabels() else { return nil }
    var counts = [Int](repeating: 0, count: max(classNames?.count ?? 0, (labels.max() ?? -1) + 1))
    for (index, label) in labels.enumerated() {
      guard label >= 0 else {
        throw DataError(
          .classes, "sample \(index) has the class \(label), classes count from 0", samples: [index])
      }
      counts[label] += 1
    }
    return counts
  }

  /// All samples in memory, for data that fits and is slow to fetch.
  /// - Returns: A dataset with the same samples.
  /// - Throws: `DataError` for a dataset without samples or of samples that differ in shape or type, and
  ///   whatever fetching throws.
  public func inMemory() throws -> ArrayDataset {
    guard count > 0 else { throw DataError(.empty, "the dataset has no samples") }
    let all = try batch(at: Array(0..<count))
    return try ArrayDataset(
      features: all.features, targets: all.targets, weights: all.weights, classNames: classNames, ids: all.ids
    )
  }

  func checkIndex(_ index: Int) throws {
    guard index >= 0 && index < count else {
      throw DataError(.index, "sample \(index) was asked for, the dataset has \(count), counted from 0")
    }
  }
}

/// Samples held in an array.
public struct SampleDataset: Dataset {
  /// The samples.
  public let samples: [Sample]
  /// The names of the classes.
  public let classNames: [String]?

  /// A dataset of the given samples.
  public init(_ samples: [Sample], classNames: [String]? = nil) {
    self.samples = samples
    self.classNames = classNames
  }

  /// Number of samples.
  public var count: Int { samples.count }

  /// One sample.
  public subscript(index: Int) -> Sample {
    get throws {
      try checkIndex(index)
      return samples[index]
    }
  }
}
