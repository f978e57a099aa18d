import ApusGraph

/// Deals a data set out in batches: shuffled, augmented, and made ready ahead of time on threads of its own.
///
/// What comes out depends on the data set, the seed and the epoch alone; not on the number of workers, on
/// timing, or on where in an epoch one starts.
public struct DataLoader: Sendable {
  /// Where the samples come from.
  public let dataset: any Dataset
  /// Number of samples in each batch but perhaps the last.
  public let batchSize: Int
  /// Whether every epoch has an order of its own.
  public let isShuffled: Bool
  /// What order and augmentation depend on.
  public let seed: UInt64
  /// Whether samples that do not fill the last batch are left out.
  public let dropsRemainder: Bool
  /// Random changes, applied one after the other.
  public let augmentations: [any Augmentation]
  /// Number of threads that make batches; with 0 they are made when they are asked for.
  public let workerCount: Int
  /// How many batches are made ahead at most.
  public let prefetchCount: Int

  /// Deals `dataset` out.
  ///
  /// - Parameters:
  ///   - batchSize: Number of samples in a batch.
  ///   - shuffled: Whether every epoch has an order of its own; for training.
  ///   - seed: What order and augmentation depend on.
  ///   - dropRemainder: Leaves out samples that do not fill the last batch. Only for training, where they
  ///     have their turn in another epoch.
  ///   - augmentations: Random changes, applied one after the other; for training.
  ///   - workers: Number of threads that make batches. One keeps up with most models; 0 makes each batch
  ///     when it is asked for.
  ///   - prefetch: How many batches are made ahead at most.
  public init(
    _ dataset: any Dataset, batchSize: Int, shuffled: Bool = false, seed: UInt64 = 0,
    dropRemainder: Bool = false, augmentations: [any Augmentation] = [], workers: Int = 1, prefetch: Int = 4
  ) throws {
    guard batchSize > 0, workers >= 0, prefetch > 0 else {
      throw DataError(
        .setting,
        "a batch size and prefetch of at least 1 and no negative number of workers were expected, "
          + "\(batchSize), \(prefetch) and \(workers) came")
    }
    guard dataset.count > 0 else { throw DataError(.empty, "the data set has no samples") }
    guard !dropRemainder || dataset.count >= batchSize else {
      throw DataError(
        .setting,
        "\(dataset.count) samples make no batch of \(batchSize), and what does not fill a batch is dropped",
        advice: "Take smaller batches or keep the remainder.")
    }
    self.dataset = dataset
    self.batchSize = batchSize
    isShuffled = shuffled
    self.seed = seed
    dropsRemainder = dropRemainder
    self.augmentations = augmentations
    workerCount = workers
    prefetchCount = prefetch
  }

  /// Number of batches in an epoch.
  public var batchCount: Int {
    dropsRemainder ? dataset.count / batchSize : (dataset.count + batchSize - 1) / batchSize
  }

  /// Number of samples in an epoch.
  public var sampleCount: Int { dropsRemainder ? batchCount * batchSize : dataset.count }

  /// The order in which an epoch visits the samples.
  public func order(epoch: Int) -> [Int] {
    guard isShuffled else { return Array(0..<dataset.count) }
    var generator = PhiloxGenerator(seed: seed, epoch: epoch, operation: RandomPurpose.order)
    return generator.permutation(dataset.count)
  }

  /// The batches of an epoch, from a given one on: exactly those that an unbroken run would still see.
  public func batches(epoch: Int = 0, startingAt first: Int = 0) throws -> BatchIterator {
    guard epoch >= 0, first >= 0, first <= batchCount else {
      throw DataError(
        .index,
        "batch \(first) of epoch \(epoch) was asked for, epochs have \(batchCount) batches, counted from 0")
    }
    let order = order(epoch: epoch)
    return BatchIterator(
      range: first..<batchCount, workerCount: workerCount, prefetchCount: prefetchCount
    ) { index in
      let start = index * batchSize
      let indices = Array(order[start..<min(start + batchSize, order.count)])
      do {
        return try batch(indices, epoch: epoch)
      } catch let error as DataError {
        throw DataError(
          error.reason, "batch \(index) of epoch \(epoch): \(error.problem)", advice: error.advice,
          samples: error.samples.isEmpty ? indices : error.samples)
      } catch {
        let listed = indices.prefix(8).map(String.init).joined(separator: ", ")
        throw DataError(
          .sample,
          "batch \(index) of epoch \(epoch), of samples \(listed)\(indices.count > 8 ? ", ..." : ""): \(error)",
          samples: indices)
      }
    }
  }

  private func random(epoch: Int, index: Int, operation: Int) -> PhiloxGenerator {
    PhiloxGenerator(seed: seed, epoch: epoch, index: index, operation: operation)
  }

  private func batch(_ indices: [Int], epoch: Int) throws -> Batch {
    // The last augmentations, as far as they change numbers in place, are applied to the finished batch.
    let inPlaceCount = augmentations.reversed().prefix { $0 is any InPlaceAugmentation }.count
    let first = augmentations.count - inPlaceCount
    let batch =
      first == 0
      ? try dataset.batch(at: indices)
      : try Batch(collating: indices.map { try sample(at: $0, epoch: epoch, augmentedBy: first) })
    guard inPlaceCount > 0 else { return batch }
    let feature = try batch.floatFeature(0)
    let shape = Shape(Array(feature.shape.dimensions.dropFirst()))
    let size = shape.elementCount
    let values = feature.buffer.pointer.assumingMemoryBound(to: Float.self)
    for (row, index) in indices.enumerated() {
      let sample = UnsafeMutableBufferPointer(start: values + row * size, count: size)
      for (operation, augmentation) in augmentations.enumerated().dropFirst(first) {
        guard let augmentation = augmentation as? any InPlaceAugmentation else { continue }
        var random = random(epoch: epoch, index: index, operation: operation)
        try augmentation.augment(sample, shape: shape, random: &random)
      }
    }
    return batch
  }

  /// One sample, changed by the first `count` augmentations.
  private func sample(at index: Int, epoch: Int, augmentedBy count: Int) throws -> Sample {
    var operations = augmentations.prefix(count).enumerated().makeIterator()
    var sample: Sample
    if let framing = augmentations.first as? any FramingAugmentation {
      var random = random(epoch: epoch, index: index, operation: 0)
      sample = try dataset.sample(at: index) { try framing.framing(of: $0, random: &random) }
      _ = operations.next()
    } else {
      sample = try dataset[index]
    }
    while let (operation, augmentation) = operations.next() {
      var random = random(epoch: epoch, index: index, operation: operation)
      sample = try augmentation.augmented(sample, random: &random)
    }
    return sample
  }
}
