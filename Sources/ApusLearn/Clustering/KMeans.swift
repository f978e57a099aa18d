import ApusData
import ApusKernels
import Foundation

/// Clusters around means: every row belongs to the nearest mean, every mean is that of its rows. Lloyd's algorithm from
/// starts by k-means++ (Arthur and Vassilvitskii, 2007); the best of several starts counts. scikit-learn's `KMeans`.
public struct KMeans: Sendable, Codable, Equatable {
  /// Number of clusters, from 1 to the number of rows.
  public var clusters: Int
  /// Starts, of which the best counts; above 0.
  public var starts: Int
  /// Rounds of a start at most.
  public var iterations: Int
  /// Ends where the means move by less than this share of the columns' mean variance.
  public var tolerance: Double

  /// A method.
  public init(clusters: Int = 8, starts: Int = 10, iterations: Int = 300, tolerance: Double = 1e-4) {
    (self.clusters, self.starts) = (clusters, starts)
    (self.iterations, self.tolerance) = (iterations, tolerance)
  }

  /// What came of it.
  public struct Fitted: Sendable, Equatable {
    /// The clusters and their means.
    public let clustering: Clustering
    /// The sum of the rows' squared distances from their means.
    public let inertia: Double
    /// Rounds of the best start.
    public let rounds: Int
  }

  /// Clusters rows of numbers.
  /// - Parameters:
  ///   - features: The rows; columns on one scale.
  ///   - seed: What the starts depend on.
  /// - Throws: `DataError` for categories, missing values, and a number of clusters that there cannot be.
  /// - Returns: The best of the starts.
  public func fit(_ features: FeatureMatrix, seed: UInt64 = 0) throws -> Fitted {
    try features.requireNumbers(for: "k-means")
    guard (1...max(1, features.rowCount)).contains(clusters), features.rowCount > 0, starts > 0,
      iterations > 0
    else {
      throw DataError(
        .setting,
        "from 1 to \(features.rowCount) clusters, and at least 1 start and round were expected; \(clusters) clusters, "
          + "\(starts) starts and \(iterations) rounds came")
    }
    let limit = tolerance * Self.meanVariance(features)
    var best: Fitted?
    for start in 0..<starts {
      var random = PhiloxGenerator(seed: seed, index: start)
      let found = try fit(features, from: try Self.plusPlus(features, clusters, &random), limit: limit)
      if best.map({ found.inertia < $0.inertia }) ?? true { best = found }
    }
    guard let best else { throw DataError(.setting, "at least 1 start was expected") }
    return best
  }

  private func fit(_ features: FeatureMatrix, from first: [Float], limit: Double) throws -> Fitted {
    let (rows, width) = (features.rowCount, features.columnCount)
    var centers = first
    var labels = [Int32](repeating: -1, count: rows), squares = [Double](repeating: 0, count: rows)
    var rounds = 0
    while rounds < iterations {
      try Task.checkCancellation()
      rounds += 1
      let before = labels
      try Self.assign(features, centers, clusters, &labels, &squares)
      var sums = [Double](repeating: 0, count: clusters * width),
        counts = [Int](repeating: 0, count: clusters)
      features.values.withUnsafeBufferPointer { values in
        sums.withUnsafeMutableBufferPointer { sums in
          for row in 0..<rows {
            let cluster = Int(labels[row])
            counts[cluster] += 1
            for column in 0..<width { sums[cluster * width + column] += Double(values[row * width + column]) }
          }
        }
      }
      Self.refill(&sums, &counts, &labels, &squares, features)
      var moved = 0.0
      for cluster in 0..<clusters {
        for column in 0..<width {
          let place = cluster * width + column
          let value = Float(sums[place] / Double(counts[cluster]))
          moved += Double(value - centers[place]) * Double(value - centers[place])
          centers[place] = value
        }
      }
      if labels == before || moved <= limit { break }
    }
    // The rows of the means as they are in the end.
    try Self.assign(features, centers, clusters, &labels, &squares)
    return Fitted(
      clustering: Clustering(
        labels: labels.map { Int($0) },
        centers: (0..<clusters).map { cluster in (0..<width).map { Double(centers[cluster * width + $0]) } }),
      inertia: squares.reduce(0, +), rounds: rounds)
  }

  /// The nearest mean of each row, and its squared distance.
  private static func assign(
    _ features: FeatureMatrix, _ centers: [Float], _ clusters: Int, _ labels: inout [Int32],
    _ squares: inout [Double]
  ) throws {
    let width = features.columnCount
    var columns = [Float](repeating: 0, count: centers.count)
    for cluster in 0..<clusters {
      for column in 0..<width { columns[column * clusters + cluster] = centers[cluster * width + column] }
    }
    let status = apus_nearest(
      columns, Int64(clusters), features.values, Int64(features.rowCount), Int64(width), 1, &labels, &squares,
      0)
    guard status == 0 else { throw DataError(.memory, "there is no memory for k-means") }
  }

  /// A mean that lost all of its rows takes the row that is farthest from its own.
  private static func refill(
    _ sums: inout [Double], _ counts: inout [Int], _ labels: inout [Int32], _ squares: inout [Double],
    _ features: FeatureMatrix
  ) {
    let width = features.columnCount
    for cluster in counts.indices where counts[cluster] == 0 {
      let farthest = squares.indices.filter { counts[Int(labels[$0])] > 1 }
        .max { (squares[$0], $1) < (squares[$1], $0) }
      guard let row = farthest else { return counts[cluster] = 1 }
      let other = Int(labels[row])
      for column in 0..<width {
        let value = Double(features[row, column])
        sums[other * width + column] -= value
        sums[cluster * width + column] = value
      }
      counts[other] -= 1
      counts[cluster] = 1
      labels[row] = Int32(cluster)
      squares[row] = 0
    }
  }

  /// First means: rows, each of which is the likelier the farther it is from those before.
  private static func plusPlus(
    _ features: FeatureMatrix, _ clusters: Int, _ random: inout PhiloxGenerator
  ) throws -> [Float] {
    let (rows, width) = (features.rowCount, features.columnCount)
    var chosen = [random.uniform(below: rows)]
    var squares = [Double](repeating: .infinity, count: rows)
    while chosen.count < clusters {
      let last = Array(features[chosen[chosen.count - 1]])
      var total = 0.0
      features.values.withUnsafeBufferPointer { values in
        for row in 0..<rows {
          var sum: Float = 0
          for column in 0..<width {
            let difference = values[row * width + column] - last[column]
            sum += difference * difference
          }
          squares[row] = min(squares[row], Double(sum))
          total += squares[row]
        }
      }
      // Where all rows are chosen or equal to chosen ones, any will do.
      guard total > 0 else {
        chosen.append(random.uniform(below: rows))
        continue
      }
      var left = Double(random.next() >> 11) * 0x1p-53 * total
      var row = 0
      while row < rows - 1, left >= squares[row] || squares[row] == 0 {
        left -= squares[row]
        row += 1
      }
      chosen.append(row)
    }
    return chosen.flatMap { Array(features[$0]) }
  }

  private static func meanVariance(_ features: FeatureMatrix) -> Double {
    let count = Double(features.rowCount)
    let sum = (0..<features.columnCount).reduce(0.0) { sum, place in
      let values = features.column(place).map(Double.init)
      let mean = values.reduce(0, +) / count
      return sum + values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    }
    return sum / Double(max(1, features.columnCount))
  }
}
