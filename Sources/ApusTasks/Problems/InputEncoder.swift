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

  /// Sections of a run's report on how the data were prepared; none by default.
  var sections: [Report.Section] { get }

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
  public var sections: [Report.Section] { [] }

  /// None.
  public var limitation: String? { nil }
}
