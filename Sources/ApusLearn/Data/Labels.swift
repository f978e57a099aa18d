import ApusData

/// What is known of rows, and predicted for others.
public enum Labels: Sendable, Equatable {
  /// A number for each row.
  case numbers([Double])
  /// A class for each row, from 0 to below a count.
  case classes([Int32], count: Int)

  /// Number of rows.
  public var count: Int {
    switch self {
    case .numbers(let all): all.count
    case .classes(let all, _): all.count
    }
  }

  /// Numbers that a model puts out for a row: 1, or one for each class.
  public var outputCount: Int {
    switch self {
    case .numbers: 1
    case .classes(_, let count): count
    }
  }

  /// The labels of some rows, in the given order.
  public func subset(_ rows: [Int]) -> Labels {
    switch self {
    case .numbers(let all): .numbers(rows.map { all[$0] })
    case .classes(let all, let count): .classes(rows.map { all[$0] }, count: count)
    }
  }

  /// The numbers.
  /// - Parameter what: What needs numbers, for the error.
  /// - Throws: `DataError` for classes.
  /// - Returns: The number of each row.
  public func requireNumbers(for what: String) throws -> [Double] {
    guard case .numbers(let all) = self else {
      throw DataError(.type, "\(what) predicts numbers, the labels are classes")
    }
    return all
  }

  /// The classes and how many there are.
  /// - Parameter what: What needs classes, for the error.
  /// - Throws: `DataError` for numbers.
  /// - Returns: The class of each row, and how many classes there are.
  public func requireClasses(for what: String) throws -> (labels: [Int32], count: Int) {
    guard case .classes(let all, let count) = self else {
      throw DataError(.type, "\(what) predicts classes, the labels are numbers")
    }
    return (all, count)
  }
}
