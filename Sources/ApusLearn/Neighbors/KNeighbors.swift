import ApusData
import ApusGraph
import Foundation

/// Predicts what the nearest training rows are: the mean of their numbers, or the shares of their classes. scikit-learn's
/// `KNeighborsClassifier` and `KNeighborsRegressor` by brute force.
///
/// Columns should be on one scale: put a `Standardize` step before it.
public struct KNeighbors: SynchronousEstimator, Equatable {
  /// The name in files.
  public static let kind = "k-neighbors"

  /// How much each neighbor counts.
  public enum Weighting: String, Sendable, Codable {
    /// All alike.
    case uniform
    /// By the inverse of the distance; rows at no distance alone, where there are any.
    case distance
  }

  /// Neighbors that are asked; above 0. Of fewer training rows all are.
  public var neighbors: Int
  /// How much each counts.
  public var weighting: Weighting

  /// A method; the defaults are scikit-learn's.
  public init(neighbors: Int = 5, weighting: Weighting = .uniform) {
    (self.neighbors, self.weighting) = (neighbors, weighting)
  }

  /// What it is.
  public var summary: String { "\(neighbors) nearest neighbors" }

  /// Keeps the rows.
  /// - Throws: `DataError` for categories, missing values, row weights, and no neighbors.
  public func fit(_ rows: TrainingRows, _ context: FitContext) throws -> any FittedEstimator {
    guard neighbors > 0 else {
      throw DataError(.setting, "at least 1 neighbor was expected, \(neighbors) came")
    }
    guard rows.weights == nil else {
      throw DataError(
        .setting, "nearest neighbors take no row weights",
        advice: "Leave them out, or choose another estimator.")
    }
    return FittedKNeighbors(
      search: try NeighborSearch(rows.features), labels: rows.labels, settings: self)
  }
}

/// Rows that were kept by `KNeighbors`.
public struct FittedKNeighbors: FittedEstimator {
  /// The name in files.
  public static let kind = KNeighbors.kind
  /// The search among the training rows.
  public let search: NeighborSearch
  let labels: Labels
  let settings: KNeighbors

  private struct Settings: Codable {
    var columns: [FeatureMatrix.Column]
    var method: KNeighbors
    var classes: Int?
  }

  init(search: NeighborSearch, labels: Labels, settings: KNeighbors) {
    (self.search, self.labels, self.settings) = (search, labels, settings)
  }

  /// Reads a model.
  public init(_ archive: EstimatorArchive) throws {
    let settings = try archive.settings(as: Settings.self)
    let points = try archive.array("points", as: Float.self)
    guard !settings.columns.isEmpty, !points.isEmpty, points.count.isMultiple(of: settings.columns.count),
      settings.method.neighbors > 0
    else { throw archive.corrupt("its rows are not whole") }
    let count = points.count / settings.columns.count
    if let classes = settings.classes {
      let values = try archive.array("labels", as: Int32.self, count: count)
      guard classes >= 2, values.allSatisfy((0..<Int32(classes)).contains) else {
        throw archive.corrupt("a label is none of its classes")
      }
      labels = .classes(values, count: classes)
    } else {
      labels = .numbers(try archive.array("labels", as: Double.self, count: count))
    }
    search = NeighborSearch(columns: settings.columns, points: points)
    self.settings = settings.method
  }

  /// Everything that it takes to read it again.
  public func archive() throws -> EstimatorArchive {
    var classes: Int?
    let values: Literal
    switch labels {
    case .numbers(let all): values = Literal(all, shape: [all.count])
    case .classes(let all, let count):
      classes = count
      values = Literal(all, shape: [all.count])
    }
    return try EstimatorArchive(
      Self.kind, settings: Settings(columns: search.columns, method: settings, classes: classes),
      tensors: [
        "points": Literal(search.points, shape: [search.columns.count, search.count]), "labels": values,
      ])
  }

  /// The columns that it was fitted to.
  public var columns: [FeatureMatrix.Column] { search.columns }
  /// 1, or the number of classes.
  public var outputCount: Int { labels.outputCount }
  /// The values of all training rows.
  public var parameterCount: Int { search.points.count }

  /// The mean of the neighbors' numbers, or the logarithms of the shares of their classes.
  public func outputs(_ features: FeatureMatrix) throws -> [Double] {
    let k = min(settings.neighbors, search.count)
    let found = try search.nearest(features, count: k)
    let width = outputCount
    var outputs = [Double](repeating: 0, count: features.rowCount * width)
    for row in 0..<features.rowCount {
      let weights = weights(found.distances[row * k..<(row + 1) * k])
      let total = weights.reduce(0, +)
      for (place, weight) in weights.enumerated() {
        let neighbor = Int(found.rows[row * k + place])
        switch labels {
        case .numbers(let all): outputs[row] += weight / total * all[neighbor]
        case .classes(let all, _): outputs[row * width + Int(all[neighbor])] += weight / total
        }
      }
      if width > 1 {
        for place in row * width..<(row + 1) * width {
          outputs[place] = log(max(outputs[place], leastProbability))
        }
      }
    }
    return outputs
  }

  private func weights(_ distances: ArraySlice<Double>) -> [Double] {
    switch settings.weighting {
    case .uniform: distances.map { _ in 1 }
    case .distance:
      distances.contains(0) ? distances.map { $0 == 0 ? 1 : 0 } : distances.map { 1 / $0 }
    }
  }
}
