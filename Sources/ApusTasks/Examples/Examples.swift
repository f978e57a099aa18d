import ApusData
import ApusIO

/// Data as every recipe takes it: columns of inputs and targets, whatever files, folders or tables they came from.
public struct Examples: Sendable {
  /// What the inputs are: `image`, `text`, `table`. Recipes say which they take.
  public var modality: String
  /// What people call each example: a path, or a file and line.
  public var names: [String]
  /// What models see.
  public var inputs: [Column]
  /// What is predicted; none for problems without targets and where nothing is known.
  public var targets: [Column]
  /// The parts that the source deals examples to, such as those of a folder `test`; nil leaves it to the split.
  public var parts: [Part?]
  /// Examples of one group are never dealt to different parts; nil where each is its own.
  public var groups: [Int]?
  /// What a person should know: what was left out and why, what is odd. Counted, with the first cases.
  public var notes: [String] = []
  /// Everything that was found and cannot be used, and why.
  public var skipped: [Skipped] = []
  /// Where the data came from, in a few words: a folder, or a file and column.
  public var title: String
  /// What the target must know beside the columns, as its source coded it, such as how masks are read.
  public var attributes: [String: String] = [:]

  /// Examples with inputs and targets, one of each column for every name.
  /// - Throws: `DataError` where columns differ in their number of values.
  public init(
    modality: String, title: String, names: [String], inputs: [Column], targets: [Column] = [],
    parts: [Part?]? = nil, groups: [Int]? = nil, notes: [String] = [], skipped: [Skipped] = []
  ) throws {
    for column in inputs + targets where column.count != names.count {
      throw DataError(
        .shape,
        "column \"\(column.name)\" has \(column.count) values for \(names.count) examples")
    }
    guard (parts?.count ?? names.count) == names.count, (groups?.count ?? names.count) == names.count else {
      throw DataError(.shape, "a part and a group for each of \(names.count) examples were expected")
    }
    self.modality = modality
    self.title = title
    self.names = names
    self.inputs = inputs
    self.targets = targets
    self.parts = parts ?? Array(repeating: nil, count: names.count)
    self.groups = groups
    self.notes = notes
    self.skipped = skipped
  }

  /// Number of examples.
  public var count: Int { names.count }

  /// Some of the examples, in the given order.
  /// - Throws: `DataError` for rows that there are not.
  public func subset(_ rows: [Int]) throws -> Examples {
    if let bad = rows.first(where: { !names.indices.contains($0) }) {
      throw DataError(.index, "example \(bad) was asked for, there are \(count), counted from 0")
    }
    var result = self
    result.names = rows.map { names[$0] }
    result.inputs = try inputs.map { try $0.subset(rows) }
    result.targets = try targets.map { try $0.subset(rows) }
    result.parts = rows.map { parts[$0] }
    result.groups = groups.map { groups in rows.map { groups[$0] } }
    return result
  }

  /// The only input, which most problems have.
  /// - Throws: `DataError` where there are none or several.
  public func input() throws -> Column {
    guard inputs.count == 1 else {
      throw DataError(.shape, "examples with one input were expected, \(inputs.count) came")
    }
    return inputs[0]
  }
}

/// What examples are used for.
public enum Part: String, Sendable, Codable, CaseIterable, Hashable {
  /// Models are fitted to these.
  case training
  /// These decide when training stops, which model is kept, and thresholds and temperatures.
  case validation
  /// Looked at once, at the end; nothing depends on these.
  case test
}

/// Something that was found and cannot be used.
public struct Skipped: Sendable, Codable, Equatable {
  /// What it is called: a path, or a file and line.
  public let name: String
  /// Why it cannot be used.
  public let problem: String

  /// Something that cannot be used.
  public init(_ name: String, _ problem: String) {
    self.name = name
    self.problem = problem
  }
}
