import ApusData

/// Which rows a model is fitted to, and which it is measured on. Only a fold makes `TrainingRows`, so that nothing is ever
/// fitted to rows that measure it.
public struct Fold: Sendable, Equatable {
  /// The rows to fit to.
  public let training: [Int]
  /// The rows to measure on; none for a fit to all rows.
  public let test: [Int]

  /// A fold of rows.
  /// - Throws: `DataError` for no training rows, and for rows that are in both.
  public init(training: [Int], test: [Int]) throws {
    guard !training.isEmpty else { throw DataError(.empty, "a fold has no training rows") }
    if let shared = Set(training).intersection(test).min() {
      throw DataError(.index, "row \(shared) is among the training and the test rows", samples: [shared])
    }
    self.training = training
    self.test = test
  }

  /// A fold that fits to all of some rows.
  public init(allOf count: Int) throws { try self.init(training: Array(0..<count), test: []) }

  /// The rows that models may be fitted to.
  /// - Throws: `DataError` for rows that there are not.
  public func trainingRows(of data: LabeledRows) throws -> TrainingRows {
    try Self.check(training, data)
    return TrainingRows(
      training.count == data.count && training == Array(0..<data.count) ? data : data.subset(training))
  }

  /// The rows that models are measured on.
  /// - Throws: `DataError` for rows that there are not.
  public func testRows(of data: LabeledRows) throws -> LabeledRows {
    try Self.check(test, data)
    return data.subset(test)
  }

  private static func check(_ rows: [Int], _ data: LabeledRows) throws {
    if let bad = rows.first(where: { !(0..<data.count).contains($0) }) {
      throw DataError(.index, "row \(bad) was asked for, there are \(data.count), counted from 0")
    }
  }
}

/// Rows that models and transformers may be fitted to. They come from a `Fold` and from nowhere else.
public struct TrainingRows: Sendable {
  /// The rows.
  public let rows: LabeledRows

  init(_ rows: LabeledRows) { self.rows = rows }

  /// The features.
  public var features: FeatureMatrix { rows.features }
  /// What is known of the rows.
  public var labels: Labels { rows.labels }
  /// How much each row counts; nil for all alike.
  public var weights: [Double]? { rows.weights }
  /// Number of rows.
  public var count: Int { rows.count }

  /// The same rows with other features, as transformers make them.
  /// - Parameter features: Features of the same rows.
  /// - Returns: The rows.
  public func replacing(_ features: FeatureMatrix) -> TrainingRows {
    TrainingRows(LabeledRows(unchecked: features, labels, weights: weights))
  }

  /// Some of the rows, in the given order, as bagging draws them.
  public func subset(_ rows: [Int]) -> TrainingRows { TrainingRows(self.rows.subset(rows)) }
}
