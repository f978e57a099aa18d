import ApusData

/// Values of all examples under one name: an input, or something to predict.
public struct Column: Sendable {
  /// What a column holds. Images, masks and sounds are paths; rows of tables and samples of datasets are fetched when
  /// they are needed, so that data may be larger than memory.
  public enum Values: Sendable {
    /// A file for each example.
    case files([String])
    /// A text for each example.
    case texts([String])
    /// A number for each example; NaN where it is missing.
    case numbers([Double])
    /// A category for each example; nil where it is missing.
    case categories([String?])
    /// Any number of tags for each example; nil where they are missing.
    case tags([[String]?])
    /// A row of fields for each example, fetched one by one.
    case records(any RecordSource)
    /// Tensors for each example, fetched one by one; targets among them are ignored.
    case samples(any Dataset)
  }

  /// The column's name, such as `image`, or the name of a table's column.
  public var name: String
  /// The values, one for each example.
  public var values: Values

  /// A column of a name.
  public init(_ name: String, _ values: Values) {
    self.name = name
    self.values = values
  }

  /// Number of values.
  public var count: Int {
    switch values {
    case .files(let all), .texts(let all): all.count
    case .numbers(let all): all.count
    case .categories(let all): all.count
    case .tags(let all): all.count
    case .records(let source): source.count
    case .samples(let dataset): dataset.count
    }
  }

  /// The values at some places, in that order.
  public func subset(_ rows: [Int]) throws -> Column {
    let chosen: Values =
      switch values {
      case .files(let all): .files(rows.map { all[$0] })
      case .texts(let all): .texts(rows.map { all[$0] })
      case .numbers(let all): .numbers(rows.map { all[$0] })
      case .categories(let all): .categories(rows.map { all[$0] })
      case .tags(let all): .tags(rows.map { all[$0] })
      case .records(let source): .records(RecordSubset(source: source, rows: rows))
      case .samples(let dataset): .samples(try dataset.subset(rows))
      }
    return Column(name, chosen)
  }
}

/// Rows of text fields, fetched by index: a table that may be larger than memory.
public protocol RecordSource: Sendable {
  /// The names of the fields.
  var columnNames: [String] { get }
  /// Number of rows.
  var count: Int { get }
  /// The fields of one row, in the order of the names.
  /// - Throws: `FileError` where the row cannot be read.
  func fields(_ row: Int) throws -> [String]
}

/// Some rows of a source, in an order of their own.
struct RecordSubset: RecordSource {
  let source: any RecordSource
  let rows: [Int]
  var columnNames: [String] { source.columnNames }
  var count: Int { rows.count }
  func fields(_ row: Int) throws -> [String] { try source.fields(rows[row]) }
}
