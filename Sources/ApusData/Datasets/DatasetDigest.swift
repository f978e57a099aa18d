import ApusGraph
import Foundation

/// What tells whether a dataset is still the same: hashes of its contents that are equal in every process and on every
/// machine. A checkpoint holds those of its data, and training does not resume on other data.
///
/// Datasets in memory and tables are hashed as a whole. Of a file with an image the name, the size and 4 KiB from
/// its middle are, neither its folder nor its date: a copied dataset stays the same, and no image is decoded. Of a
/// dataset of your own that does not implement `digest(at:)`, 64 samples are.
public struct DatasetDigest: Sendable, Hashable, Codable {
  /// Number of samples.
  public let count: Int
  /// The hash of the names of the classes.
  public let classNames: UInt64
  /// The hash of the samples' features.
  public let features: UInt64
  /// The hash of the samples' targets and weights.
  public let targets: UInt64

  /// A digest with its parts.
  /// - Parameters:
  ///   - count: Number of samples.
  ///   - classNames: The hash of the names of the classes.
  ///   - features: The hash of the samples' features.
  ///   - targets: The hash of the samples' targets and weights.
  public init(count: Int, classNames: UInt64, features: UInt64, targets: UInt64) {
    self.count = count
    self.classNames = classNames
    self.features = features
    self.targets = targets
  }

  init(count: Int, classNames: [String]?, features: ContentHash, targets: ContentHash) {
    var names = ContentHash()
    names.update(classNames?.count ?? -1)
    classNames?.forEach { names.update($0) }
    self.init(count: count, classNames: names.value, features: features.value, targets: targets.value)
  }

  /// What differs from an earlier digest, in words; nil where nothing does.
  public func difference(from earlier: DatasetDigest) -> String? {
    if count != earlier.count { return "it has \(count) samples instead of \(earlier.count)" }
    let parts = [
      (classNames == earlier.classNames, "the names of the classes"),
      (features == earlier.features, "the features"), (targets == earlier.targets, "the targets"),
    ].filter { !$0.0 }.map(\.1)
    guard !parts.isEmpty else { return nil }
    return parts.joined(separator: " and ") + " differ, in \(count) samples as before"
  }
}

extension Dataset {
  /// The digest of all samples.
  /// - Returns: Hashes of the contents.
  /// - Throws: `DataError`, `FileError` for samples that cannot be read.
  public func digest() throws -> DatasetDigest { try digest(at: Array(0..<count)) }

  /// Hashes 64 of the samples, evenly spread, or all of fewer.
  /// - Parameter indices: The samples, in an order that counts.
  /// - Returns: Hashes of their contents.
  /// - Throws: `DataError` for an index out of range; `DataError`, `FileError` for samples that cannot be read.
  public func digest(at indices: [Int]) throws -> DatasetDigest {
    try digest(at: indices, samples: 64)
  }

  /// Hashes as many of the samples, evenly spread, or all of fewer.
  package func digest(at indices: [Int], samples limit: Int) throws -> DatasetDigest {
    var features = ContentHash(), targets = ContentHash()
    let number = Swift.min(limit, indices.count)
    for place in 0..<number {
      let sample = try self[indices[place * indices.count / number]]
      sample.features.forEach { features.update($0) }
      targets.update(sample.target)
      targets.update(sample.weight.map { Literal(scalar: Double($0), dtype: .float32) })
    }
    return DatasetDigest(count: indices.count, classNames: classNames, features: features, targets: targets)
  }
}

extension ContentHash {
  /// Adds type, shape and contents.
  package mutating func update(_ literal: Literal) {
    update("\(literal.dtype)\(literal.shape)")
    literal.withUnsafeBytes { update($0) }
  }

  fileprivate mutating func update(_ literal: Literal?) {
    update(literal == nil ? 0 : 1)
    if let literal { update(literal) }
  }

  /// Adds the rows of an array at the given indices.
  fileprivate mutating func update(_ literal: Literal?, rows indices: [Int]) {
    guard let literal else { return update(0) }
    update("\(literal.dtype)\(literal.shape.dimensions.dropFirst())")
    let size = literal.byteCount / Swift.max(1, literal.shape.dimensions.first ?? 1)
    literal.withUnsafeBytes { bytes in
      // All rows in their order, as most often, are one piece.
      if indices.count == literal.shape.dimensions.first, indices.elementsEqual(indices.indices) {
        return update(bytes)
      }
      for index in indices {
        update(UnsafeRawBufferPointer(rebasing: bytes[index * size..<(index + 1) * size]))
      }
    }
  }

  /// Adds a file's name, size and 4 KiB from its middle; of one that cannot be read its name alone.
  fileprivate mutating func update(fileAt path: String) {
    update(URL(filePath: path).lastPathComponent)
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return }
    let size = Int(status.st_size)
    update(size)
    var bytes = [UInt8](repeating: 0, count: 4096)
    let read = pread(descriptor, &bytes, bytes.count, off_t(Swift.max(0, (size - bytes.count) / 2)))
    bytes.withUnsafeBytes { update(UnsafeRawBufferPointer(rebasing: $0[..<Swift.max(0, read)])) }
  }

  /// Adds files, which are read on several threads.
  fileprivate mutating func update(filesAt paths: [String]) {
    let hashes = parallelMap(paths.count) { index in
      var hash = ContentHash()
      hash.update(fileAt: paths[index])
      return hash.value
    }
    hashes.withUnsafeBytes { update($0) }
  }
}

// MARK: - In memory

extension ArrayDataset {
  /// Hashes the rows of all arrays.
  /// - Parameter indices: The samples, in an order that counts.
  /// - Returns: Hashes of their contents.
  /// - Throws: `DataError` for an index out of range; `DataError`, `FileError` for samples that cannot be read.
  public func digest(at indices: [Int]) throws -> DatasetDigest {
    for index in indices { try checkIndex(index) }
    var hashes = (features: ContentHash(), targets: ContentHash())
    for feature in features { hashes.features.update(feature, rows: indices) }
    hashes.targets.update(targets, rows: indices)
    hashes.targets.update(weights, rows: indices)
    return DatasetDigest(
      count: indices.count, classNames: classNames, features: hashes.features, targets: hashes.targets)
  }
}

extension SampleDataset {
  /// Hashes all samples.
  /// - Parameter indices: The samples, in an order that counts.
  /// - Returns: Hashes of their contents.
  /// - Throws: `DataError` for an index out of range; `DataError`, `FileError` for samples that cannot be read.
  public func digest(at indices: [Int]) throws -> DatasetDigest {
    try digest(at: indices, samples: indices.count)
  }
}

extension CSVDataset {
  /// Hashes the rows as they are encoded, in one pass over them.
  /// - Parameter indices: The samples, in an order that counts.
  /// - Returns: Hashes of their contents.
  /// - Throws: `DataError` for an index out of range; `DataError`, `FileError` for samples that cannot be read.
  public func digest(at indices: [Int]) throws -> DatasetDigest {
    var features = ContentHash(), targets = ContentHash()
    for start in stride(from: 0, to: indices.count, by: 1024) {
      let batch = try batch(at: Array(indices[start..<Swift.min(start + 1024, indices.count)]))
      batch.features.forEach { features.update($0) }
      targets.update(batch.targets)
    }
    return DatasetDigest(count: indices.count, classNames: classNames, features: features, targets: targets)
  }
}

// MARK: - Files

extension ImageDataset {
  /// Hashes each file's name, size and 4 KiB from its middle, how images are read, and the targets.
  /// - Parameter indices: The samples, in an order that counts.
  /// - Returns: Hashes of their contents.
  /// - Throws: `DataError` for an index out of range; `DataError`, `FileError` for samples that cannot be read.
  public func digest(at indices: [Int]) throws -> DatasetDigest {
    for index in indices { try checkIndex(index) }
    var hashes = (features: ContentHash(), targets: ContentHash())
    hashes.features.update("\(loading)")
    hashes.features.update(filesAt: indices.map { paths[$0] })
    for index in indices {
      switch targets {
      case .classes(let labels, _): hashes.targets.update(labels[index])
      case .labels(let rows, _): hashes.targets.update("\(rows[index])")
      case .numbers(let rows): hashes.targets.update("\(rows[index])")
      case .unknown: break
      }
    }
    return DatasetDigest(
      count: indices.count, classNames: classNames, features: hashes.features, targets: hashes.targets)
  }
}

extension SegmentationDataset {
  /// Hashes each image's and mask's name, size and 4 KiB from its middle, and how they are read.
  /// - Parameter indices: The samples, in an order that counts.
  /// - Returns: Hashes of their contents.
  /// - Throws: `DataError` for an index out of range; `DataError`, `FileError` for samples that cannot be read.
  public func digest(at indices: [Int]) throws -> DatasetDigest {
    for index in indices { try checkIndex(index) }
    var features = ContentHash(), targets = ContentHash()
    features.update("\(loading)")
    features.update(filesAt: indices.map { paths[$0] })
    targets.update("\(reading) \(ignoredLabel ?? -1)")
    targets.update(filesAt: indices.map { maskPaths[$0] })
    return DatasetDigest(count: indices.count, classNames: classNames, features: features, targets: targets)
  }
}

// MARK: - Datasets of datasets

extension DatasetDigest {
  /// The digest of a dataset that is made of another.
  fileprivate func combined(with other: DatasetDigest, classNames: [String]?) -> DatasetDigest {
    var features = ContentHash(seed: features), targets = ContentHash(seed: targets)
    features.update(Int(truncatingIfNeeded: other.features))
    targets.update(Int(truncatingIfNeeded: other.targets))
    return DatasetDigest(count: count, classNames: classNames, features: features, targets: targets)
  }
}

extension Subset {
  /// The digest of the samples in the dataset that they come from.
  /// - Parameter indices: The samples, in an order that counts.
  /// - Returns: Hashes of their contents.
  /// - Throws: `DataError` for an index out of range; `DataError`, `FileError` for samples that cannot be read.
  public func digest(at indices: [Int]) throws -> DatasetDigest {
    for index in indices { try checkIndex(index) }
    return try base.digest(at: indices.map { self.indices[$0] })
  }
}

extension ConcatenatedDataset {
  /// The digests of the parts, one after the other, and the order of the samples.
  /// - Parameter indices: The samples, in an order that counts.
  /// - Returns: Hashes of their contents.
  /// - Throws: `DataError` for an index out of range; `DataError`, `FileError` for samples that cannot be read.
  public func digest(at indices: [Int]) throws -> DatasetDigest {
    for index in indices { try checkIndex(index) }
    var features = ContentHash(), targets = ContentHash()
    var start = 0
    for part in parts {
      let range = start..<start + part.count
      let digest = try part.digest(at: indices.filter { range.contains($0) }.map { $0 - range.lowerBound })
      features.update(Int(truncatingIfNeeded: digest.features))
      targets.update(Int(truncatingIfNeeded: digest.targets))
      start = range.upperBound
    }
    indices.withUnsafeBytes { features.update($0) }
    return DatasetDigest(count: indices.count, classNames: classNames, features: features, targets: targets)
  }
}

extension MappedDataset {
  /// The digest of the samples before they are mapped, and 16 of them as they are then: functions cannot be hashed.
  /// - Parameter indices: The samples, in an order that counts.
  /// - Returns: Hashes of their contents.
  /// - Throws: `DataError` for an index out of range; `DataError`, `FileError` for samples that cannot be read.
  public func digest(at indices: [Int]) throws -> DatasetDigest {
    try base.digest(at: indices).combined(with: digest(at: indices, samples: 16), classNames: classNames)
  }
}

extension NormalizedDataset {
  /// The digest of the samples before they are normalized, and of one after that.
  /// - Parameter indices: The samples, in an order that counts.
  /// - Returns: Hashes of their contents.
  /// - Throws: `DataError` for an index out of range; `DataError`, `FileError` for samples that cannot be read.
  public func digest(at indices: [Int]) throws -> DatasetDigest {
    try base.digest(at: indices).combined(with: digest(at: indices, samples: 1), classNames: classNames)
  }
}
