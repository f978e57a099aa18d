import ApusData

/// Each level of a category becomes the mean label of the rows that have it, drawn towards the mean of all rows where these
/// are few; numbers pass as they are. The training rows are encoded out of fold, so that no row sees its own label.
/// scikit-learn's `TargetEncoder` with `smooth="auto"` (Micci-Barreca, "A preprocessing scheme for high-cardinality
/// categorical attributes", 2001).
public struct TargetEncoder: Transformer, Equatable {
  /// The name in files.
  public static let kind = "target-encoder"
  /// Folds by which training rows are encoded, at least 2.
  public var folds: Int

  /// An encoding.
  /// - Parameter folds: Folds by which training rows are encoded, at least 2; fewer are refused when it is fitted.
  public init(folds: Int = 5) { self.folds = folds }

  /// Encodes the levels; missing is a level of its own.
  public func fitTransform(
    _ rows: TrainingRows, seed: UInt64
  ) throws -> (fitted: any FittedTransformer, features: FeatureMatrix) {
    guard folds >= 2 else {
      throw DataError(
        .setting,
        "at least 2 folds were expected, \(folds) came: with fewer every row would see its own label")
    }
    let features = rows.features
    let all = Array(0..<rows.count)
    let fitted = encoding(rows, all)
    var values = [Float](repeating: 0, count: rows.count * fitted.outputColumns.count)
    let width = fitted.outputColumns.count
    let count = min(folds, rows.count)
    guard count >= 2 else { return (fitted, try fitted.transformed(features)) }
    var strata: [Int]?
    if case .classes(let labels, _) = rows.labels { strata = labels.map { Int($0) } }
    for part in try Split.folds(count, count: rows.count, strata: strata, seed: seed).parts {
      let members = Set(part)
      let others = encoding(rows, all.filter { !members.contains($0) })
      let encoded = try others.transformed(features.subset(part))
      for (place, row) in part.enumerated() {
        for column in 0..<width { values[row * width + column] = encoded.values[place * width + column] }
      }
    }
    return (fitted, FeatureMatrix(unchecked: values, columns: fitted.outputColumns))
  }

  /// The means of levels over some rows.
  private func encoding(_ rows: TrainingRows, _ chosen: [Int]) -> FittedTargetEncoder {
    let targets = rows.labels.indicators
    let columns = rows.features.columns
    let encodings = columns.enumerated().map { place, column -> [[Float]]? in
      guard case .category(let levels) = column.kind else { return nil }
      let places = chosen.map { row -> Int in
        let value = rows.features[row, place]
        return value.isNaN ? levels : Int(value)
      }
      return targets.map { target in
        Self.means(
          places, chosen.map { target[$0] }, chosen.map { rows.weights?[$0] ?? 1 }, levels: levels + 1)
      }
    }
    return FittedTargetEncoder(columns: columns, encodings: encodings, targets: targets.count)
  }

  private static func means(
    _ places: [Int], _ labels: [Double], _ weights: [Double], levels: Int
  ) -> [Float] {
    let total = weights.reduce(0, +)
    guard total > 0 else { return [Float](repeating: 0, count: levels) }
    let mean = zip(labels, weights).reduce(0) { $0 + $1.0 * $1.1 } / total
    let variance = zip(labels, weights).reduce(0) { $0 + ($1.0 - mean) * ($1.0 - mean) * $1.1 } / total
    var counts = [Double](repeating: 0, count: levels), sums = counts, squares = counts
    for (index, place) in places.enumerated() {
      counts[place] += weights[index]
      sums[place] += weights[index] * labels[index]
    }
    for (index, place) in places.enumerated() where counts[place] > 0 {
      let difference = labels[index] - sums[place] / counts[place]
      squares[place] += weights[index] * difference * difference
    }
    return (0..<levels).map { level in
      guard counts[level] > 0 else { return Float(mean) }
      let own = variance * counts[level]
      let spread = squares[level] / counts[level]
      let share = own + spread > 0 ? own / (own + spread) : 1
      return Float(share * sums[level] / counts[level] + (1 - share) * mean)
    }
  }
}

/// A fitted `TargetEncoder`.
public struct FittedTargetEncoder: ColumnwiseTransformer, Equatable {
  /// The name in files.
  public static let kind = TargetEncoder.kind
  let columns: [FeatureMatrix.Column]
  /// For each category and target the mean of each level, the last one for missing; nil for numbers.
  let encodings: [[[Float]]?]
  /// Numbers that a level becomes: 1, or one for each of three classes or more.
  let targets: Int

  var widths: [Int] { encodings.map { $0 == nil ? 1 : targets } }

  var isSound: Bool {
    encodings.count == columns.count && targets >= 1
      && zip(columns, encodings).allSatisfy { column, encoding in
        guard let encoding, let levels = column.levelCount else {
          return encoding == nil && column.levelCount == nil
        }
        return encoding.count == targets && encoding.allSatisfy { $0.count == levels + 1 }
      }
  }

  /// A number for each category and target.
  public var outputColumns: [FeatureMatrix.Column] {
    zip(columns, encodings).flatMap { column, encoding -> [FeatureMatrix.Column] in
      guard encoding != nil else { return [column] }
      return targets == 1
        ? [.init(column.name)] : (0..<targets).map { FeatureMatrix.Column("\(column.name), class \($0)") }
    }
  }

  func write(_ value: Float, column: Int, to target: UnsafeMutablePointer<Float>) {
    guard let encoding = encodings[column] else {
      target[0] = value
      return
    }
    for (place, means) in encoding.enumerated() {
      target[place] = means[value.isNaN ? means.count - 1 : Int(value)]
    }
  }
}

extension Labels {
  /// The numbers; of two classes a 1 for the second; of more a list of ones and zeros for each.
  fileprivate var indicators: [[Double]] {
    switch self {
    case .numbers(let numbers): return [numbers]
    case .classes(let labels, let count):
      let classes = count == 2 ? [Int32(1)] : Array(0..<Int32(count))
      return classes.map { one in labels.map { $0 == one ? 1 : 0 } }
    }
  }
}
