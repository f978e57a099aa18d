import ApusData
import Foundation

/// Clusters of clusters: the two that are nearest become one, again and again, as scipy's `linkage` does it.
///
/// By chains of nearest neighbors (Müllner, arXiv:1109.2378), in time and memory of the square of the number of rows.
public struct HierarchicalClustering: Sendable, Codable, Equatable {
  /// How far two clusters are from each other.
  public enum Linkage: String, Sendable, Codable, CaseIterable {
    /// By how much joining them raises the sum of squared distances from the means.
    case ward
    /// The mean distance of their rows.
    case average
    /// The largest distance of their rows.
    case complete
    /// The least distance of their rows.
    case single
  }

  /// How far two clusters are from each other.
  public var linkage: Linkage

  /// A method.
  public init(_ linkage: Linkage = .ward) { self.linkage = linkage }

  /// Two clusters that became one.
  public struct Merge: Sendable, Equatable {
    /// The first: a row, or from the number of rows on an earlier merge.
    public let first: Int
    /// The second, whose number is higher.
    public let second: Int
    /// How far they were from each other.
    public let distance: Double
    /// Rows of both.
    public let count: Int
  }

  /// More rows would take too much memory: 20,000 take 1.6 GB.
  public static let rowLimit = 20_000

  /// All merges, the nearest first.
  /// - Parameter features: The rows; columns on one scale.
  /// - Throws: `DataError` for categories, missing values, and more rows than `rowLimit`.
  /// - Returns: One merge fewer than rows.
  public func merges(_ features: FeatureMatrix) throws -> [Merge] {
    try features.requireNumbers(for: "hierarchical clustering")
    let rows = features.rowCount
    guard rows > 0, rows <= Self.rowLimit else {
      throw DataError(
        .memory, "from 1 to \(Self.rowLimit) rows can be clustered hierarchically, \(rows) came",
        advice: "Cluster a sample, or use k-means.")
    }
    var distances = Self.distances(features)
    var sizes = [Int](repeating: 1, count: rows), isActive = [Bool](repeating: true, count: rows)
    var chain: [Int] = [], found: [(first: Int, second: Int, distance: Double)] = []
    func place(_ one: Int, _ other: Int) -> Int {
      let (low, high) = (min(one, other), max(one, other))
      return low * (2 * rows - low - 1) / 2 + high - low - 1
    }
    for _ in 1..<max(1, rows) {
      try Task.checkCancellation()
      if chain.isEmpty, let start = isActive.firstIndex(of: true) { chain.append(start) }
      while true {
        let last = chain[chain.count - 1]
        // The one before wins among equals, so that chains end.
        var nearest = chain.count > 1 ? chain[chain.count - 2] : -1
        var least = nearest >= 0 ? distances[place(last, nearest)] : .infinity
        for other in 0..<rows where isActive[other] && other != last {
          let distance = distances[place(last, other)]
          if distance < least { (nearest, least) = (other, distance) }
        }
        if chain.count > 1, nearest == chain[chain.count - 2] {
          chain.removeLast(2)
          found.append((min(last, nearest), max(last, nearest), least))
          let (low, high) = (min(last, nearest), max(last, nearest))
          for other in 0..<rows where isActive[other] && other != low && other != high {
            distances[place(high, other)] = joined(
              distances[place(low, other)], distances[place(high, other)], least, sizes[low], sizes[high],
              sizes[other])
          }
          isActive[low] = false
          sizes[high] += sizes[low]
          break
        }
        chain.append(nearest)
      }
    }
    return Self.ordered(found, rows)
  }

  /// The distance of two joined clusters from another one (Lance and Williams, 1967).
  private func joined(
    _ first: Double, _ second: Double, _ own: Double, _ firstSize: Int, _ secondSize: Int, _ otherSize: Int
  ) -> Double {
    switch linkage {
    case .single: return min(first, second)
    case .complete: return max(first, second)
    case .average:
      return (Double(firstSize) * first + Double(secondSize) * second) / Double(firstSize + secondSize)
    case .ward:
      let (i, j, k) = (Double(firstSize), Double(secondSize), Double(otherSize))
      let square = ((i + k) * first * first + (j + k) * second * second - k * own * own) / (i + j + k)
      return max(0, square).squareRoot()
    }
  }

  private static func distances(_ features: FeatureMatrix) -> [Double] {
    let (rows, width) = (features.rowCount, features.columnCount)
    var result = [Double](repeating: 0, count: rows * (rows - 1) / 2)
    features.values.withUnsafeBufferPointer { values in
      var place = 0
      for one in 0..<rows {
        for other in one + 1..<max(one + 1, rows) {
          var sum = 0.0
          for column in 0..<width {
            let difference = Double(values[one * width + column]) - Double(values[other * width + column])
            sum += difference * difference
          }
          result[place] = sum.squareRoot()
          place += 1
        }
      }
    }
    return result
  }

  /// The merges by distance, with the numbers of what they join.
  private static func ordered(
    _ found: [(first: Int, second: Int, distance: Double)], _ rows: Int
  ) -> [Merge] {
    let order = found.indices.sorted { (found[$0].distance, $0) < (found[$1].distance, $1) }
    var parents = Array(0..<rows), numbers = Array(0..<rows), sizes = [Int](repeating: 1, count: rows)
    func root(_ row: Int) -> Int {
      var row = row
      while parents[row] != row {
        parents[row] = parents[parents[row]]
        row = parents[row]
      }
      return row
    }
    return order.enumerated().map { step, place in
      let (one, other) = (root(found[place].first), root(found[place].second))
      let (low, high) = (min(numbers[one], numbers[other]), max(numbers[one], numbers[other]))
      parents[one] = other
      sizes[other] += sizes[one]
      numbers[other] = rows + step
      return Merge(first: low, second: high, distance: found[place].distance, count: sizes[other])
    }
  }

  /// Clusters rows of numbers: all merges but the last ones.
  /// - Parameters:
  ///   - features: The rows; columns on one scale.
  ///   - clusters: How many clusters are left, from 1 to the number of rows.
  /// - Throws: `DataError` as `merges(_:)`, and for a number of clusters that there cannot be.
  /// - Returns: The clusters, numbered by their first rows.
  public func fit(_ features: FeatureMatrix, clusters: Int) throws -> Clustering {
    let rows = features.rowCount
    guard (1...max(1, rows)).contains(clusters) else {
      throw DataError(.setting, "from 1 to \(rows) clusters were expected, \(clusters) came")
    }
    return Self.cut(try merges(features), rows: rows, clusters: clusters)
  }

  static func cut(_ merges: [Merge], rows: Int, clusters: Int) -> Clustering {
    var members = (0..<rows).map { [$0] }
    members.reserveCapacity(2 * rows)
    for merge in merges.prefix(rows - clusters) {
      members.append(members[merge.first] + members[merge.second])
      members[merge.first] = []
      members[merge.second] = []
    }
    var labels = [Int](repeating: -1, count: rows)
    let left = members.filter { !$0.isEmpty }.sorted { ($0.min() ?? 0) < ($1.min() ?? 0) }
    for (number, rows) in left.enumerated() {
      for row in rows { labels[row] = number }
    }
    return Clustering(labels: labels, centers: [])
  }
}
