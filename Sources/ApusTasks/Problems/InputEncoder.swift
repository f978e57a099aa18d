import ApusData
import ApusGraph
import ApusReport

/// How examples become a model's input: images of one size, tokens of a text, scaled columns of a table.
///
/// What it needs to know of the data (a vocabulary, means) was taken from training examples alone before.
public protocol InputEncoder: Codable, Sendable {
  /// The name in files, such as `image`.
  static var kind: String { get }
  /// The modality of examples that it takes.
  static var modality: String { get }
  /// The type of each feature of one example, without the batch axis.
  var types: [TensorType] { get }

  /// The features of one example: one list for each test-time augmentation, the plain one first.
  /// - Throws: `FileError` or `DataError` for an example that cannot be read.
  func features(_ examples: Examples, row: Int) throws -> [[Literal]]

  /// Some examples with encoded targets as training takes them; by default encoded one by one when they are fetched.
  func dataset(_ examples: Examples, rows: [Int], target: (any Target)?) throws -> any Dataset

  /// Examples without targets from what a person names to be predicted: files, and folders of them.
  /// - Throws: `FileError` for paths that do not exist.
  func examples(at paths: [String]) throws -> Examples

  /// What a report shows of an example.
  func exhibit(_ examples: Examples, row: Int) -> Exhibit

  /// An example that lies in no file as one that predictions can be made for; nil where there is no such format.
  func file(_ examples: Examples, row: Int) throws -> (bytes: [UInt8], fileExtension: String)?

  /// Names and values about it, for summaries and reports.
  var facts: [Report.Fact] { get }

  /// A sentence on what examples outside of the training data may do to predictions, for reports; nil for none.
  var limitation: String? { get }
}

extension InputEncoder {
  /// Encodes examples when they are fetched.
  public func dataset(_ examples: Examples, rows: [Int], target: (any Target)?) throws -> any Dataset {
    EncodedDataset(input: self, target: target, examples: examples, rows: rows)
  }

  /// There is no such format.
  public func file(_ examples: Examples, row: Int) throws -> (bytes: [UInt8], fileExtension: String)? { nil }

  /// None.
  public var limitation: String? { nil }
}

/// What a report shows of an example.
public enum Exhibit: Sendable {
  /// An image.
  case image(Report.Image)
  /// The beginning of a text.
  case text(String)
  /// Nothing but the example's name.
  case name
}

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
