import ApusData

/// Features of rows, `float32[rows, columns]`, row after row: numbers, and categories as the numbers of their levels. NaN is
/// a missing value, or a level that is not known.
public struct FeatureMatrix: Sendable, Equatable {
  /// What the values of a column are.
  public enum Kind: Sendable, Codable, Equatable {
    /// Numbers, whose order counts.
    case number
    /// The numbers of levels, from 0 to below a count; their order means nothing.
    case category(levels: Int)
  }

  /// What a column is called, and what its values are.
  public struct Column: Sendable, Codable, Equatable {
    /// Its name.
    public var name: String
    /// What its values are.
    public var kind: Kind

    /// A column of a name.
    public init(_ name: String, _ kind: Kind = .number) {
      self.name = name
      self.kind = kind
    }
  }

  /// The columns.
  public let columns: [Column]
  /// The values, row after row.
  public let values: [Float]
  /// Number of rows.
  public let rowCount: Int

  /// A matrix of values.
  ///
  /// - Parameters:
  ///   - values: The values, row after row.
  ///   - columns: What each value of a row is.
  /// - Throws: `DataError` where the values fill no whole rows, for infinite values, and for levels that a category
  ///   does not have; the first one is named.
  public init(_ values: [Float], columns: [Column]) throws {
    guard !columns.isEmpty, values.count.isMultiple(of: columns.count) else {
      throw DataError(
        .shape, "whole rows of \(columns.count) values were expected, \(values.count) values came")
    }
    self.init(unchecked: values, columns: columns)
    for (place, column) in columns.enumerated() {
      for row in 0..<rowCount {
        let value = values[row * columns.count + place]
        if value.isNaN { continue }
        var isValid = value.isFinite
        if case .category(let levels) = column.kind {
          isValid = isValid && value >= 0 && value < Float(levels) && value == value.rounded()
        }
        guard isValid else {
          throw DataError(
            .sample, "column \"\(column.name)\" cannot hold \(value), which is in row \(row), counted from 0",
            samples: [row])
        }
      }
    }
  }

  /// A matrix of numbers.
  /// - Parameters:
  ///   - rows: The numbers of each row.
  ///   - names: What the columns are called; `x0`, `x1`, … when nil.
  /// - Throws: `DataError` where rows differ in length, and for infinite values.
  public init(rows: [[Float]], names: [String]? = nil) throws {
    let width = rows.first?.count ?? names?.count ?? 0
    if let odd = rows.firstIndex(where: { $0.count != width }) {
      throw DataError(
        .shape, "rows of \(width) values were expected, row \(odd), counted from 0, has \(rows[odd].count)",
        samples: [odd])
    }
    let names = names ?? (0..<width).map { "x\($0)" }
    guard names.count == width else {
      throw DataError(.shape, "\(width) names of columns were expected, \(names.count) came")
    }
    try self.init(rows.flatMap { $0 }, columns: names.map { Column($0) })
  }

  /// A matrix whose values are known to fit.
  package init(unchecked values: [Float], columns: [Column]) {
    self.init(unchecked: values, columns: columns, rowCount: values.count / max(1, columns.count))
  }

  private init(unchecked values: [Float], columns: [Column], rowCount: Int) {
    (self.values, self.columns, self.rowCount) = (values, columns, rowCount)
  }

  /// Number of columns.
  public var columnCount: Int { columns.count }

  /// The values of a row.
  public subscript(row: Int) -> ArraySlice<Float> { values[row * columnCount..<(row + 1) * columnCount] }

  /// One value.
  public subscript(row: Int, column: Int) -> Float { values[row * columnCount + column] }

  /// The values of a column, from the first row on.
  public func column(_ place: Int) -> [Float] {
    (0..<rowCount).map { values[$0 * columnCount + place] }
  }

  /// Some rows, in the given order.
  public func subset(_ rows: [Int]) -> FeatureMatrix {
    let width = columnCount
    return FeatureMatrix(
      unchecked: [Float](unsafeUninitializedCapacity: rows.count * width) { target, count in
        values.withUnsafeBufferPointer { values in
          for (place, row) in rows.enumerated() {
            for column in 0..<width { target[place * width + column] = values[row * width + column] }
          }
        }
        count = rows.count * width
      }, columns: columns)
  }

  /// Some columns, in the given order.
  func selecting(_ places: [Int]) -> FeatureMatrix {
    guard places.count != columnCount || places != Array(columns.indices) else { return self }
    let width = columnCount
    return FeatureMatrix(
      unchecked: [Float](unsafeUninitializedCapacity: rowCount * places.count) { target, count in
        values.withUnsafeBufferPointer { values in
          var written = 0
          for row in 0..<rowCount {
            for place in places {
              target[written] = values[row * width + place]
              written += 1
            }
          }
        }
        count = rowCount * places.count
      }, columns: places.map { columns[$0] }, rowCount: rowCount)
  }

  /// The columns of several matrices of the same rows, one after the other.
  static func joined(_ parts: [FeatureMatrix]) -> FeatureMatrix {
    guard parts.count != 1 else { return parts[0] }
    let rowCount = parts.first?.rowCount ?? 0
    let width = parts.reduce(0) { $0 + $1.columnCount }
    let values = [Float](unsafeUninitializedCapacity: rowCount * width) { target, count in
      var start = 0
      for part in parts {
        let own = part.columnCount
        part.values.withUnsafeBufferPointer { source in
          for row in 0..<rowCount {
            for column in 0..<own { target[row * width + start + column] = source[row * own + column] }
          }
        }
        start += own
      }
      count = rowCount * width
    }
    return FeatureMatrix(unchecked: values, columns: parts.flatMap(\.columns), rowCount: rowCount)
  }

  /// Whether no value is missing.
  public var isComplete: Bool { !values.contains { $0.isNaN } }

  /// The matrix, where an estimator takes numbers alone and no missing values.
  /// - Parameter what: What needs such values, for the error.
  /// - Throws: `DataError` that names the first column that is something else.
  public func requireNumbers(for what: String) throws {
    for (place, column) in columns.enumerated() {
      guard column.kind == .number else {
        throw DataError(
          .type, "\(what) takes numbers alone, column \"\(column.name)\" is a category",
          advice: "Put a OneHot or TargetEncoder step before it.")
      }
      if let row = (0..<rowCount).first(where: { self[$0, place].isNaN }) {
        throw DataError(
          .sample,
          "\(what) takes no missing values, column \"\(column.name)\" has one in row \(row), counted from 0",
          advice: "Put an Impute step before it.", samples: [row])
      }
    }
  }

  /// Checks that the columns are those that a model was fitted to.
  /// - Throws: `DataError` that names the first column that differs.
  public func requireColumns(_ expected: [Column]) throws {
    guard columns != expected else { return }
    guard columns.count == expected.count else {
      throw DataError(
        .shape, "the model was fitted to \(expected.count) columns, \(columns.count) came")
    }
    guard let place = columns.indices.first(where: { columns[$0] != expected[$0] }) else { return }
    throw DataError(
      .shape,
      "the model was fitted to \"\(expected[place].name)\" as column \(place), counted from 0, "
        + "\"\(columns[place].name)\" came",
      advice: "Give the columns in the order and with the levels of the training rows.")
  }
}
