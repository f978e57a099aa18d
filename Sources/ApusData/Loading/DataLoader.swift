import ApusGraph

/// Yields the batches of a dataset: shuffled, augmented, and prefetched on threads of its own.
///
/// They depend on the dataset, the seed and the epoch alone; not on the number of workers, on
/// timing, or on where in an epoch one starts.
public struct DataLoader: Sendable {
  /// Where the samples come from.
  public let dataset: any Dataset
  /// Number of samples in each batch but perhaps the last, which holds those that are left over. A single one that is
  /// left over joins the batch before it: alone it has no variance, which batch normalization needs.
  public let batchSize: Int
  /// Whether every epoch has an order of its own.
  public let isShuffled: Bool
  /// The seed of order and augmentation.
  public let seed: UInt64
  /// Whether samples that do not fill the last batch are left out.
  public let dropsRemainder: Bool
  /// Random changes of samples, applied one after the other.
  public let augmentations: [any Augmentation]
  /// Random changes of whole batches, applied after those of samples.
  public let batchAugmentations: [any BatchAugmentation]
  /// Which samples an epoch consists of.
  public let sampling: Sampling
  /// The sizes of images over the epochs; nil leaves them as they are.
  public let resizing: ProgressiveResizing?
  /// Number of threads that prepare batches; with 0 each is prepared when it is needed.
  public let workerCount: Int
  /// How many batches are prefetched at most.
  public let prefetchCount: Int
  private let sampler: Sampler

  /// A loader of the batches of `dataset`.
  ///
  /// - Parameters:
  ///   - dataset: Where the samples come from.
  ///   - batchSize: Number of samples in a batch.
  ///   - shuffled: Whether every epoch has an order of its own; for training.
  ///   - seed: The seed of order and augmentation.
  ///   - dropRemainder: Leaves out samples that do not fill the last batch. Only for training, where they
  ///     have their turn in another epoch.
  ///   - augmentations: Random changes of samples, applied one after the other; for training.
  ///   - batchAugmentations: Random changes of whole batches, such as `MixUp`; for training.
  ///   - sampling: Which samples an epoch consists of. All but `everySample` come in random order always.
  ///   - resizing: The sizes of images over the epochs, to train faster; nil leaves them as they are.
  ///   - workers: Number of threads that prepare batches. One keeps up with most models; 0 prepares each batch
  ///     when it is needed.
  ///   - prefetch: How many batches are prefetched at most.
  /// - Throws: `DataError` for settings that make no sense, and for a dataset without samples.
  public init(
    _ dataset: any Dataset, batchSize: Int, shuffled: Bool = false, seed: UInt64 = 0,
    dropRemainder: Bool = false, augmentations: [any Augmentation] = [],
    batchAugmentations: [any BatchAugmentation] = [], sampling: Sampling = .everySample,
    resizing: ProgressiveResizing? = nil, workers: Int = 1, prefetch: Int = 4
  ) throws {
    guard batchSize > 0, workers >= 0, prefetch > 0 else {
      throw DataError(
        .setting,
        "a batch size and prefetch of at least 1 and no negative number of workers were expected, "
          + "\(batchSize), \(prefetch) and \(workers) came")
    }
    guard dataset.count > 0 else { throw DataError(.empty, "the dataset has no samples") }
    guard !dropRemainder || dataset.count >= batchSize else {
      throw DataError(
        .setting,
        "\(dataset.count) samples make no batch of \(batchSize), and what does not fill a batch is dropped",
        advice: "Take smaller batches or keep the remainder.")
    }
    for augmentation in augmentations { try augmentation.check() }
    self.dataset = dataset
    self.batchSize = batchSize
    isShuffled = shuffled
    self.seed = seed
    dropsRemainder = dropRemainder
    self.augmentations = augmentations
    self.batchAugmentations = batchAugmentations
    self.sampling = sampling
    self.resizing = resizing
    sampler = try Sampler(sampling, dataset)
    workerCount = workers
    prefetchCount = prefetch
  }

  /// Number of batches in an epoch.
  public var batchCount: Int {
    dropsRemainder
      ? dataset.count / batchSize : Self.batchCount(samples: dataset.count, batchSize: batchSize)
  }

  /// Number of batches in an epoch of `samples` samples, of which none is dropped: what a schedule over the steps of
  /// a training multiplies with the number of epochs.
  /// - Parameters:
  ///   - samples: Number of samples.
  ///   - batchSize: Samples in a batch; less than 1 counts as 1.
  /// - Returns: The number of batches. A single sample that is left over makes none: it joins the last batch.
  public static func batchCount(samples: Int, batchSize: Int) -> Int {
    let size = max(1, batchSize)
    let left = samples % size
    return samples / size + (left > 1 || (left == 1 && samples == 1) ? 1 : 0)
  }

  /// The different sizes of batches in an epoch, that of the first batch first.
  package var batchSizes: [Int] {
    let last = indices(ofBatch: batchCount - 1).count
    let first = indices(ofBatch: 0).count
    return first == last ? [first] : [first, last]
  }

  /// The places in an epoch's order whose samples a batch holds.
  private func indices(ofBatch index: Int) -> Range<Int> {
    let start = index * batchSize
    let isLast = index == batchCount - 1
    return start..<(isLast ? sampleCount : start + batchSize)
  }

  /// Number of samples in an epoch.
  public var sampleCount: Int { dropsRemainder ? batchCount * batchSize : dataset.count }

  /// The order of the samples in an epoch.
  /// - Parameter epoch: The epoch, counted from 0.
  /// - Returns: Indices of the dataset.
  public func order(epoch: Int) -> [Int] {
    var generator = PhiloxGenerator(seed: seed, epoch: epoch, operation: RandomPurpose.order)
    return sampler.order(isShuffled: isShuffled, random: &generator)
  }

  /// The batches of an epoch, from a given one on: exactly those that an unbroken run would still see.
  /// - Parameters:
  ///   - epoch: The epoch, counted from 0.
  ///   - first: The first batch, counted from 0.
  /// - Returns: The batches, one after the other.
  /// - Throws: `DataError` for an epoch or batch out of range.
  public func batches(epoch: Int = 0, startingAt first: Int = 0) throws -> BatchIterator {
    guard epoch >= 0, first >= 0, first <= batchCount else {
      throw DataError(
        .index,
        "batch \(first) of epoch \(epoch) was requested, epochs have \(batchCount) batches, counted from 0")
    }
    let order = order(epoch: epoch)
    let turns = sampler.repeats ? Self.turns(order) : nil
    return BatchIterator(
      range: first..<batchCount, workerCount: workerCount, prefetchCount: prefetchCount
    ) { index in
      let places = indices(ofBatch: index)
      let indices = Array(order[places])
      do {
        return try batch(indices, turns: turns.map { Array($0[places]) }, epoch: epoch, number: index)
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

  /// A batch of the first sample alone, augmented as in an epoch: it has the types of the epoch's batches.
  /// - Throws: `DataError` for a sample that cannot be read or augmented.
  package func exampleBatch(epoch: Int) throws -> Batch {
    try batch([0], turns: nil, epoch: epoch, number: 0)
  }

  /// How often each sample of an order comes before in it.
  private static func turns(_ order: [Int]) -> [Int] {
    var counts: [Int: Int] = [:]
    return order.map { index in
      defer { counts[index, default: 0] += 1 }
      return counts[index, default: 0]
    }
  }

  /// The batch of the samples at the given indices.
  ///
  /// - Parameters:
  ///   - indices: The samples.
  ///   - turns: How often each sample came earlier in the epoch, so that it is augmented in another way each time.
  ///   - epoch: The epoch, counted from 0.
  ///   - number: The batch's place in the epoch.
  /// - Returns: The augmented batch.
  /// - Throws: `DataError` for samples that cannot be read or augmented.
  private func batch(_ indices: [Int], turns: [Int]?, epoch: Int, number: Int) throws -> Batch {
    let keys = indices.indices.map { SampleKey(index: indices[$0], turn: turns?[$0] ?? 0, epoch: epoch) }
    var batch = try augmentedSamples(keys, size: resizing?.size(epoch: epoch))
    guard !batchAugmentations.isEmpty else { return batch }
    try batch.spreadClasses(dataset.classNames?.count)
    for (operation, augmentation) in batchAugmentations.enumerated() {
      var random = PhiloxGenerator(
        seed: seed, epoch: epoch, index: number, operation: RandomPurpose.firstBatchOperation + operation)
      try augmentation.augment(&batch, random: &random)
    }
    return batch
  }

  /// A sample, and the time that it comes.
  private struct SampleKey {
    let index: Int
    let turn: Int
    let epoch: Int

    func random(seed: UInt64, operation: Int) -> PhiloxGenerator {
      // Indices stay below 2^32 in any dataset that fits a disk, so the turn has the bits above.
      PhiloxGenerator(seed: seed, epoch: epoch, index: index | turn << 32, operation: operation)
    }
  }

  private func augmentedSamples(_ keys: [SampleKey], size: ImageSize?) throws -> Batch {
    // The last augmentations, as far as they change numbers in place, are applied to the finished batch.
    let inPlaceCount = augmentations.reversed().prefix { $0 is any InPlaceAugmentation }.count
    let first = augmentations.count - inPlaceCount
    let batch =
      first == 0 && size == nil
      ? try dataset.batch(at: keys.map(\.index))
      : try Batch(collating: keys.map { try sample($0, size: size, augmentedBy: first) })
    guard inPlaceCount > 0 else { return batch }
    let feature = try batch.floatFeature(0)
    let shape = Shape(Array(feature.shape.dimensions.dropFirst()))
    let count = shape.elementCount
    let values = feature.buffer.pointer.assumingMemoryBound(to: Float.self)
    let labels = batch.labelMaps
    for (row, key) in keys.enumerated() {
      let sample = UnsafeMutableBufferPointer(start: values + row * count, count: count)
      for (operation, augmentation) in augmentations.enumerated().dropFirst(first) {
        guard let augmentation = augmentation as? any InPlaceAugmentation else { continue }
        var random = key.random(seed: seed, operation: operation)
        if let labels, let spatial = augmentation as? any SpatialAugmentation {
          // A copy of the generator, so that the labels move by the numbers that the image moves by.
          var same = random
          let count = shape[0] * shape[1]
          try spatial.move(
            UnsafeMutableBufferPointer(start: labels + row * count, count: count), height: shape[0],
            width: shape[1], random: &same)
        }
        try augmentation.augment(sample, shape: shape, random: &random)
      }
    }
    return batch
  }

  /// One sample in the given size, after the first `count` augmentations.
  private func sample(_ key: SampleKey, size: ImageSize?, augmentedBy count: Int) throws -> Sample {
    var operations = augmentations.prefix(count).enumerated().makeIterator()
    var sample: Sample
    if let framing = augmentations.first as? any FramingAugmentation {
      var random = key.random(seed: seed, operation: 0)
      sample = try dataset.sample(at: key.index) { whole in
        var frame = try framing.framing(of: whole, random: &random)
        if let size { frame.size = size }
        return frame
      }
      _ = operations.next()
    } else {
      sample = try dataset[key.index]
      if let size { sample = try sample.resized(to: size) }
    }
    while let (operation, augmentation) = operations.next() {
      var random = key.random(seed: seed, operation: operation)
      sample = try augmentation.augmented(sample, random: &random)
    }
    return sample
  }
}
