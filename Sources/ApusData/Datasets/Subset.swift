/// Some samples of a dataset, in an order of their own. Ids stay those of the dataset.
public struct Subset: Dataset {
  /// The dataset that the samples come from.
  public let base: any Dataset
  /// Where they are in it.
  public let indices: [Int]

  init(_ base: any Dataset, indices: [Int]) {
    self.base = base
    self.indices = indices
  }

  /// Number of samples.
  public var count: Int { indices.count }

  /// The names of the classes.
  public var classNames: [String]? { base.classNames }

  /// One sample.
  public subscript(index: Int) -> Sample {
    get throws {
      try checkIndex(index)
      return try base[indices[index]]
    }
  }

  /// The samples at the given indices.
  /// - Parameter indices: The places of the samples in the dataset, counted from 0.
  /// - Returns: The batch, in the order of `indices`.
  /// - Throws: `DataError` for a place outside of the dataset, and whatever reading a sample throws.
  public func batch(at indices: [Int]) throws -> Batch {
    for index in indices { try checkIndex(index) }
    return try base.batch(at: indices.map { self.indices[$0] })
  }

  /// One sample, of which a region is used.
  /// - Parameters:
  ///   - index: The place of the sample in the dataset, counted from 0.
  ///   - framing: Chooses the region and the size that it is brought to, given the image's size.
  /// - Returns: The sample, with the region in the size that `framing` chooses.
  /// - Throws: `DataError` for a place outside of the dataset, and whatever reading a sample throws.
  public func sample(at index: Int, framing: (ImageSize) throws -> ImageFraming) throws -> Sample {
    try checkIndex(index)
    return try base.sample(at: indices[index], framing: framing)
  }

  /// The classes of these samples.
  /// - Returns: The class of each sample; nil where samples have none.
  /// - Throws: Whatever fetching the samples throws.
  public func classLabels() throws -> [Int]? {
    guard let labels = try base.classLabels() else { return nil }
    return indices.map { labels[$0] }
  }
}

extension Dataset {
  /// The samples at the given indices, in that order.
  /// - Parameter indices: The places of the samples in the dataset, counted from 0.
  /// - Returns: The samples, in the order of `indices`.
  /// - Throws: `DataError` for a place outside of the dataset.
  public func subset(_ indices: some Sequence<Int>) throws -> Subset {
    let indices = Array(indices)
    for index in indices { try checkIndex(index) }
    return Subset(self, indices: indices)
  }

  /// All samples in an order that depends on the seed alone.
  public func shuffled(seed: UInt64) -> Subset {
    var generator = PhiloxGenerator(seed: seed, operation: RandomPurpose.shuffle)
    return Subset(self, indices: generator.permutation(count))
  }
}

/// Several datasets one after the other. Ids count through.
public struct ConcatenatedDataset: Dataset {
  /// The datasets.
  public let parts: [any Dataset]
  private let starts: [Int]

  /// Number of samples.
  public let count: Int

  /// The names of the classes.
  public var classNames: [String]? { parts.first?.classNames }

  /// Joins datasets, whose classes must have the same names.
  /// - Parameter parts: The datasets, at least one.
  /// - Throws: `DataError` for no datasets, and for datasets whose classes differ.
  public init(_ parts: [any Dataset]) throws {
    guard let first = parts.first else {
      throw DataError(.empty, "at least one dataset was expected, none came")
    }
    for part in parts where part.classNames != first.classNames {
      throw DataError(
        .classes,
        "datasets of different classes cannot be joined: \(part.classNames ?? []) and \(first.classNames ?? [])",
        advice: "A label would mean one thing in one of them and another in the next.")
    }
    self.parts = parts
    var starts: [Int] = []
    var end = 0
    for part in parts {
      starts.append(end)
      let sum = end.addingReportingOverflow(part.count)
      guard !sum.overflow else {
        throw DataError(.memory, "datasets of more samples than can be counted cannot be joined")
      }
      end = sum.partialValue
    }
    self.starts = starts
    count = end
  }

  /// One sample.
  public subscript(index: Int) -> Sample {
    get throws {
      try checkIndex(index)
      let part = part(holding: index)
      var sample = try parts[part][index - starts[part]]
      sample.id = index
      return sample
    }
  }

  /// One sample, of which a region is used.
  /// - Parameters:
  ///   - index: The place of the sample in the dataset, counted from 0.
  ///   - framing: Chooses the region and the size that it is brought to, given the image's size.
  /// - Returns: The sample, with the region in the size that `framing` chooses.
  /// - Throws: `DataError` for a place outside of the dataset, and whatever reading a sample throws.
  public func sample(at index: Int, framing: (ImageSize) throws -> ImageFraming) throws -> Sample {
    try checkIndex(index)
    let part = part(holding: index)
    var sample = try parts[part].sample(at: index - starts[part], framing: framing)
    sample.id = index
    return sample
  }

  /// The samples at the given indices.
  /// - Parameter indices: The places of the samples in the dataset, counted from 0.
  /// - Returns: The batch, in the order of `indices`.
  /// - Throws: `DataError` for a place outside of the dataset, and whatever reading a sample throws.
  public func batch(at indices: [Int]) throws -> Batch {
    for index in indices { try checkIndex(index) }
    guard let first = indices.first.map(part(holding:)),
      indices.allSatisfy({ part(holding: $0) == first })
    else { return try Batch(collating: indices.map { try self[$0] }) }
    var batch = try parts[first].batch(at: indices.map { $0 - starts[first] })
    batch.ids = indices
    return batch
  }

  /// The classes of all samples, if all parts have some.
  /// - Returns: The class of each sample; nil where samples have none.
  /// - Throws: Whatever fetching the samples throws.
  public func classLabels() throws -> [Int]? {
    var labels: [Int] = []
    for part in parts {
      guard let more = try part.classLabels() else { return nil }
      labels += more
    }
    return labels
  }

  /// The last part that starts at or before the index, found by halving.
  private func part(holding index: Int) -> Int {
    var (low, high) = (0, parts.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= index { low = middle } else { high = middle }
    }
    return low
  }
}

extension Dataset {
  /// These samples and then the other's.
  /// - Parameter other: The dataset that follows.
  /// - Returns: Both, one after the other.
  /// - Throws: `DataError` where the classes of the two differ.
  public func concatenated(with other: any Dataset) throws -> ConcatenatedDataset {
    try ConcatenatedDataset([self, other])
  }
}
