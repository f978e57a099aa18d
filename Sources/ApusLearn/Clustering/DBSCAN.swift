import ApusData

/// Clusters of any form: rows with many others nearby, and the rows near those; all else is noise. Ester et al., "A
/// density-based algorithm for discovering clusters" (1996); scikit-learn's `DBSCAN`, with the same labels.
public struct DBSCAN: Sendable, Codable, Equatable {
  /// Rows no farther apart are neighbors; above 0.
  public var radius: Double
  /// Neighbors, itself included, that make a row the core of a cluster.
  public var minimumCount: Int

  /// A method.
  public init(radius: Double = 0.5, minimumCount: Int = 5) {
    (self.radius, self.minimumCount) = (radius, minimumCount)
  }

  /// Clusters rows of numbers.
  /// - Throws: `DataError` for categories, missing values, and settings that make no sense.
  public func fit(_ features: FeatureMatrix) throws -> Clustering {
    try features.requireNumbers(for: "DBSCAN")
    guard radius > 0, radius.isFinite, minimumCount > 0 else {
      throw DataError(
        .setting, "a radius and a count above 0 were expected, \(radius) and \(minimumCount) came")
    }
    let rows = features.rowCount
    var isCore = [Bool](repeating: false, count: rows)
    for row in 0..<rows {
      if row.isMultiple(of: 256) { try Task.checkCancellation() }
      isCore[row] = neighbors(of: row, features).count >= minimumCount
    }
    var labels = [Int](repeating: -1, count: rows)
    var cluster = 0
    for row in 0..<rows where labels[row] < 0 && isCore[row] {
      try Task.checkCancellation()
      var open = [row]
      while let next = open.popLast() {
        guard labels[next] < 0 else { continue }
        labels[next] = cluster
        if isCore[next] { open += neighbors(of: next, features).filter { labels[$0] < 0 } }
      }
      cluster += 1
    }
    return Clustering(labels: labels, centers: [])
  }

  private func neighbors(of row: Int, _ features: FeatureMatrix) -> [Int] {
    let (rows, width, limit) = (features.rowCount, features.columnCount, radius * radius)
    return features.values.withUnsafeBufferPointer { values in
      var found: [Int] = []
      for other in 0..<rows {
        var sum = 0.0
        for column in 0..<width {
          let difference = Double(values[row * width + column]) - Double(values[other * width + column])
          sum += difference * difference
        }
        if sum <= limit { found.append(other) }
      }
      return found
    }
  }
}
