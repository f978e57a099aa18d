import ApusData
import ApusGraph

/// Examples as samples, encoded when they are fetched.
public struct EncodedDataset: Dataset {
  let input: any InputEncoder
  let target: (any Target)?
  let examples: Examples
  let rows: [Int]

  /// Number of samples.
  public var count: Int { rows.count }

  /// The names of the classes, where targets are classes.
  public var classNames: [String]? { target?.classNames }

  /// One sample; its id is its place among the examples.
  public subscript(index: Int) -> Sample {
    get throws {
      guard rows.indices.contains(index) else {
        throw DataError(.index, "sample \(index) was asked for, there are \(rows.count), counted from 0")
      }
      let row = rows[index]
      return Sample(
        features: try input.features(examples, row: row)[0], target: try target?.encode(examples, row: row),
        id: row)
    }
  }

  /// Hashes 4,096 of the samples as they are encoded, evenly spread, or all of fewer.
  /// - Parameter indices: The samples, in an order that counts.
  /// - Returns: Hashes of their contents.
  /// - Throws: `DataError`, `FileError` for samples that cannot be encoded.
  public func digest(at indices: [Int]) throws -> DatasetDigest { try digest(at: indices, samples: 4096) }

  /// The classes of all samples, without encoding any input; nil where targets are none.
  public func classLabels() throws -> [Int]? {
    guard let target, target.classNames != nil else { return nil }
    return try rows.map { row in
      guard let label = try target.encode(examples, row: row), label.dtype.isInteger else {
        throw DataError(.classes, "example \(examples.names[row]) has no class", samples: [row])
      }
      return Int(label.doubles[0])
    }
  }
}
