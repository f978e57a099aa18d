import ApusData

/// Features of rows and what is known of them.
public struct LabeledRows: Sendable {
  /// The features.
  public let features: FeatureMatrix
  /// What is known.
  public let labels: Labels
  /// How much each row counts, above 0; nil for all alike.
  public let weights: [Double]?

  /// Rows with their labels.
  ///
  /// - Parameters:
  ///   - features: The features.
  ///   - labels: What is known of each row.
  ///   - weights: How much each row counts; nil for all alike.
  /// - Throws: `DataError` for no rows, counts that differ, labels that are no finite numbers or none of the classes, and
  ///   weights that are negative or no numbers; the first row is named.
  public init(_ features: FeatureMatrix, _ labels: Labels, weights: [Double]? = nil) throws {
    guard features.rowCount > 0 else { throw DataError(.empty, "there are no rows") }
    guard labels.count == features.rowCount, (weights?.count ?? labels.count) == labels.count else {
      throw DataError(
        .shape,
        "a label and a weight for each of \(features.rowCount) rows were expected, \(labels.count) labels and "
          + "\(weights?.count ?? labels.count) weights came")
    }
    switch labels {
    case .numbers(let all):
      if let row = all.firstIndex(where: { !$0.isFinite }) {
        throw DataError(
          .sample, "the label \(all[row]) of row \(row), counted from 0, is no finite number", samples: [row])
      }
    case .classes(let all, let count):
      guard count >= 2 else {
        throw DataError(.classes, "at least 2 classes were expected, \(count) came")
      }
      if let row = all.firstIndex(where: { !(0..<Int32(count)).contains($0) }) {
        throw DataError(
          .classes, "the label \(all[row]) of row \(row), counted from 0, is none of \(count) classes",
          samples: [row])
      }
    }
    if let weights, let row = weights.firstIndex(where: { !($0 >= 0 && $0.isFinite) }) {
      throw DataError(
        .setting, "the weight \(weights[row]) of row \(row), counted from 0, is not at least 0",
        samples: [row])
    }
    if let weights, !weights.contains(where: { $0 > 0 }) {
      throw DataError(.setting, "all weights are 0: no row counts")
    }
    self.init(unchecked: features, labels, weights: weights)
  }

  init(unchecked features: FeatureMatrix, _ labels: Labels, weights: [Double]?) {
    (self.features, self.labels, self.weights) = (features, labels, weights)
  }

  /// Number of rows.
  public var count: Int { features.rowCount }

  /// Some rows, in the given order.
  public func subset(_ rows: [Int]) -> LabeledRows {
    LabeledRows(
      unchecked: features.subset(rows), labels.subset(rows),
      weights: weights.map { weights in rows.map { weights[$0] } })
  }
}
