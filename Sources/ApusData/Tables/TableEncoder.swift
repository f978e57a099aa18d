import ApusGraph
import ApusIO

/// Turns records of a table into samples, in the way that the training rows taught.
///
/// Fitted once, on training rows, and then applied to whatever else has columns of the same names; saved
/// beside the model, because a model without it means nothing.
public struct TableEncoder: Sendable, Codable, Equatable {
  /// What a model of the table is to say.
  public enum Task: String, Sendable, Codable {
    /// A number.
    case regression
    /// One of several classes.
    case classification
  }

  /// How columns of numbers are encoded.
  public enum NumberEncoding: String, Sendable, Codable {
    /// With mean 0 and std 1 over the training rows.
    case standardized
    /// As they are.
    case raw
  }

  /// How columns of categories are encoded.
  public enum CategoryEncoding: String, Sendable, Codable {
    /// A number for each category, 1 for the one it is and 0 for the others; all 0 for one that training
    /// never saw.
    case oneHot
    /// The place in the vocabulary, as `int32` in a second feature, for an `Embedding`; the vocabulary's
    /// count for one that training never saw.
    case index
  }

  /// How one column becomes numbers.
  package struct Input: Sendable, Codable, Equatable {
    package var name: String
    /// Taken off and divided by, for numbers.
    package var mean = 0.0
    package var std = 1.0
    /// What stands in for a missing number.
    package var replacement = 0.0
    /// The categories, or nil for numbers.
    package var vocabulary: [String]?
    /// What stands in for a missing category.
    package var replacementIndex = 0
    /// Whether a 1 beside the value says that it was missing.
    package var flagsMissing: Bool

    /// Files hold the names that properties had when the format was fixed.
    enum CodingKeys: String, CodingKey {
      case name, mean, replacement, vocabulary, replacementIndex, flagsMissing
      case std = "deviation"
    }
  }

  package let inputs: [Input]
  let targetName: String?
  let categoryEncoding: CategoryEncoding
  /// The names of the classes in the order of their labels, for classification.
  public let classNames: [String]?
  /// What the places of the first feature mean.
  public let featureNames: [String]
  /// The columns behind the second feature, each with the number of different indices it can have: where
  /// categories are encoded by index.
  public let indexedColumns: [(name: String, count: Int)]
  /// What was left out, and why.
  public let warnings: [String]

  private enum CodingKeys: String, CodingKey {
    case inputs, targetName, categoryEncoding, classNames, warnings
  }

  /// Learns from a table.
  ///
  /// Missing numbers become the mean, missing categories the most frequent one; where training rows had
  /// some, a feature of 0 or 1 says which. Columns of texts and empty ones are left out with a warning.
  /// - Parameters:
  ///   - schema: The statistics of the training rows.
  ///   - target: The column to predict, or nil for none.
  ///   - task: What to predict; nil takes classes for a column of categories, a number for one of numbers.
  ///   - numbers: How columns of numbers are encoded.
  ///   - categories: How columns of categories are encoded.
  ///   - ignored: Columns to leave out, such as row numbers.
  /// - Throws: `DataError` for a column that the table lacks, and for a target that cannot be predicted.
  public init(
    schema: TableSchema, target: String?, task: Task? = nil, numbers: NumberEncoding = .standardized,
    categories: CategoryEncoding = .oneHot, ignoring ignored: Set<String> = []
  ) throws {
    for name in ignored.union(target.map { [$0] } ?? []).sorted() where schema.column(named: name) == nil {
      throw DataError(
        .setting, "there is no column \"\(name)\"",
        advice: "The columns are \(schema.columns.map { "\"\($0.name)\"" }.joined(separator: ", ")).")
    }
    guard schema.rowCount > 0 else { throw DataError(.empty, "the table has no rows") }
    var inputs: [Input] = []
    var warnings: [String] = []
    for column in schema.columns where column.name != target && !ignored.contains(column.name) {
      switch column.kind {
      case .number:
        let scales = numbers == .standardized
        inputs.append(
          Input(
            name: column.name, mean: scales ? column.mean : 0,
            std: scales && column.std > 0 ? column.std : 1, replacement: column.mean,
            flagsMissing: column.missingCount > 0))
      case .category:
        inputs.append(
          Input(
            name: column.name, vocabulary: column.categories, replacementIndex: column.mostFrequent ?? 0,
            flagsMissing: column.missingCount > 0))
      case .text:
        warnings.append("column \"\(column.name)\" is left out: its texts are too many to be categories")
      case .empty: warnings.append("column \"\(column.name)\" is left out: it has no values")
      }
    }
    guard !inputs.isEmpty else {
      throw DataError(.empty, "no column is left to predict from", advice: warnings.joined(separator: "; "))
    }
    let classNames = try target.flatMap { try Self.classNames(of: $0, schema, task: task) }
    self.init(
      inputs: inputs, targetName: target, categoryEncoding: categories, classNames: classNames,
      warnings: warnings)
  }

  private static func classNames(of target: String, _ schema: TableSchema, task: Task?) throws -> [String]? {
    guard let column = schema.column(named: target) else { return nil }
    switch (task ?? (column.kind == .number ? .regression : .classification), column.kind) {
    case (.regression, .number): return nil
    case (.classification, .category), (.classification, .number):
      guard column.categories.count >= 2 else {
        throw DataError(
          .classes,
          column.categories.isEmpty
            ? "the target \"\(target)\" has too many different values to be classes"
            : "the target \"\(target)\" has only one class, \"\(column.categories[0])\"")
      }
      return column.categories
    case (let task, let kind):
      throw DataError(
        .type,
        "the target \"\(target)\" is a column of kind \(kind.rawValue), which \(task.rawValue) cannot have")
    }
  }

  private init(
    inputs: [Input], targetName: String?, categoryEncoding: CategoryEncoding, classNames: [String]?,
    warnings: [String]
  ) {
    self.inputs = inputs
    self.targetName = targetName
    self.categoryEncoding = categoryEncoding
    self.classNames = classNames
    self.warnings = warnings
    var names: [String] = []
    var indexed: [(name: String, count: Int)] = []
    for input in inputs {
      if let vocabulary = input.vocabulary {
        switch categoryEncoding {
        case .oneHot: names += vocabulary.map { "\(input.name)=\($0)" }
        case .index: indexed.append((input.name, vocabulary.count + 1))
        }
      } else {
        names.append(input.name)
      }
      if input.flagsMissing { names.append("\(input.name) is missing") }
    }
    featureNames = names
    indexedColumns = indexed
  }

  /// Reads an encoder that was saved.
  /// - Parameter decoder: Where it was saved.
  /// - Throws: `DecodingError` for something else than an encoder.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      inputs: try container.decode([Input].self, forKey: .inputs),
      targetName: try container.decodeIfPresent(String.self, forKey: .targetName),
      categoryEncoding: try container.decode(CategoryEncoding.self, forKey: .categoryEncoding),
      classNames: try container.decodeIfPresent([String].self, forKey: .classNames),
      warnings: try container.decode([String].self, forKey: .warnings))
  }

  /// Whether two encoders do the same.
  public static func == (left: TableEncoder, right: TableEncoder) -> Bool {
    left.inputs == right.inputs && left.targetName == right.targetName
      && left.categoryEncoding == right.categoryEncoding && left.classNames == right.classNames
  }
}
