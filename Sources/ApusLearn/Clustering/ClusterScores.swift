import ApusData
import Foundation

/// How good a clustering is, by the rows alone or beside another grouping. The formulas are scikit-learn's.
public enum ClusterScores {
  /// The mean silhouette: how much nearer rows are to their own cluster than to the next one, −1...1. Rousseeuw, 1987.
  ///
  /// - Parameters:
  ///   - features: The rows.
  ///   - labels: The cluster of each, from 0 on; rows of −1 do not count.
  /// - Throws: `DataError` for categories and missing values.
  /// - Returns: The score; nil for fewer than two clusters, or as many as rows.
  public static func silhouette(_ features: FeatureMatrix, _ labels: [Int]) throws -> Double? {
    try features.requireNumbers(for: "the silhouette")
    let rows = labels.indices.filter { labels[$0] >= 0 }
    let count = (labels.max() ?? -1) + 1
    let sizes = rows.reduce(into: [Int](repeating: 0, count: count)) { $0[labels[$1]] += 1 }
    guard sizes.count(where: { $0 > 0 }) >= 2, sizes.count(where: { $0 > 0 }) < rows.count else { return nil }
    let width = features.columnCount
    var total = 0.0
    for row in rows {
      var sums = [Double](repeating: 0, count: count)
      features.values.withUnsafeBufferPointer { values in
        for other in rows {
          var sum = 0.0
          for column in 0..<width {
            let difference = Double(values[row * width + column]) - Double(values[other * width + column])
            sum += difference * difference
          }
          sums[labels[other]] += sum.squareRoot()
        }
      }
      let own = labels[row]
      guard sizes[own] > 1 else { continue }
      let inside = sums[own] / Double(sizes[own] - 1)
      let outside =
        sums.indices.filter { $0 != own && sizes[$0] > 0 }.map { sums[$0] / Double(sizes[$0]) }.min() ?? 0
      total += inside == outside ? 0 : (outside - inside) / max(inside, outside)
    }
    return total / Double(rows.count)
  }

  /// Variance between clusters against that within them; the higher the better. Caliński and Harabasz, 1974.
  /// - Returns: The score; nil for fewer than two clusters, or as many as rows.
  public static func calinskiHarabasz(_ features: FeatureMatrix, _ labels: [Int]) throws -> Double? {
    try features.requireNumbers(for: "the score of Caliński and Harabasz")
    let parts = Parts(features, labels)
    let (rows, clusters) = (Double(parts.rowCount), Double(parts.means.count))
    guard clusters >= 2, clusters < rows else { return nil }
    let between = zip(parts.means, parts.sizes).reduce(0.0) { sum, part in
      sum + Double(part.1) * zip(part.0, parts.mean).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }
    let within = parts.squares.reduce(0, +)
    return within == 0 ? 1 : between * (rows - clusters) / (within * (clusters - 1))
  }

  /// The mean likeness of each cluster to its most alike; the lower the better. Davies and Bouldin, 1979.
  /// - Returns: The score; nil for fewer than two clusters.
  public static func daviesBouldin(_ features: FeatureMatrix, _ labels: [Int]) throws -> Double? {
    try features.requireNumbers(for: "the score of Davies and Bouldin")
    let parts = Parts(features, labels)
    let count = parts.means.count
    guard count >= 2 else { return nil }
    let spreads = zip(parts.distances, parts.sizes).map { $0 / Double($1) }
    let likeness = (0..<count).map { one in
      (0..<count).filter { $0 != one }.map { other -> Double in
        let apart = zip(parts.means[one], parts.means[other]).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
          .squareRoot()
        return apart == 0 ? 0 : (spreads[one] + spreads[other]) / apart
      }.max() ?? 0
    }
    return likeness.reduce(0, +) / Double(count)
  }

  /// How alike two groupings are: 1 for the same, near 0 for unrelated ones. Hubert and Arabie, 1985.
  public static func adjustedRand(_ first: [Int], _ second: [Int]) -> Double {
    let table = Contingency(first, second)
    func pairs(_ counts: [Int]) -> Double { counts.reduce(0.0) { $0 + Double($1) * Double($1 - 1) / 2 } }
    let both = pairs(table.counts), one = pairs(table.first), other = pairs(table.second)
    let all = Double(first.count) * Double(first.count - 1) / 2
    let expected = all > 0 ? one * other / all : 0
    let largest = (one + other) / 2
    return largest == expected ? 1 : (both - expected) / (largest - expected)
  }

  /// The information that two groupings share, by the mean of what each holds: 0...1.
  public static func normalizedMutualInformation(_ first: [Int], _ second: [Int]) -> Double {
    let table = Contingency(first, second)
    let n = Double(first.count)
    func entropy(_ counts: [Int]) -> Double {
      counts.reduce(0.0) { $0 - ($1 == 0 ? 0 : Double($1) / n * log(Double($1) / n)) }
    }
    let (one, other) = (entropy(table.first), entropy(table.second))
    let shared = one + other - entropy(table.counts)
    // Two groupings of a single group each are the same.
    return one + other == 0 ? 1 : max(0, shared) / ((one + other) / 2)
  }

  /// How often each pair of groups comes together.
  private struct Contingency {
    let counts: [Int]
    let first: [Int]
    let second: [Int]

    init(_ one: [Int], _ other: [Int]) {
      var both: [[Int]: Int] = [:], first: [Int: Int] = [:], second: [Int: Int] = [:]
      for (a, b) in zip(one, other) {
        both[[a, b], default: 0] += 1
        first[a, default: 0] += 1
        second[b, default: 0] += 1
      }
      counts = both.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.value)
      self.first = first.sorted { $0.key < $1.key }.map(\.value)
      self.second = second.sorted { $0.key < $1.key }.map(\.value)
    }
  }

  /// Means and spreads of clusters.
  private struct Parts {
    var rowCount = 0
    var mean: [Double]
    var means: [[Double]] = []
    var sizes: [Int] = []
    /// Of each cluster the sum of squared distances from its mean, and that of the distances.
    var squares: [Double] = []
    var distances: [Double] = []

    init(_ features: FeatureMatrix, _ labels: [Int]) {
      let width = features.columnCount
      mean = [Double](repeating: 0, count: width)
      let groups = Dictionary(grouping: labels.indices.filter { labels[$0] >= 0 }, by: { labels[$0] })
      for (_, rows) in groups.sorted(by: { $0.key < $1.key }) {
        var own = [Double](repeating: 0, count: width)
        for row in rows {
          for column in 0..<width {
            own[column] += Double(features[row, column])
            mean[column] += Double(features[row, column])
          }
        }
        own = own.map { $0 / Double(rows.count) }
        var (square, distance) = (0.0, 0.0)
        for row in rows {
          let sum = (0..<width).reduce(0.0) { sum, column in
            let difference = Double(features[row, column]) - own[column]
            return sum + difference * difference
          }
          square += sum
          distance += sum.squareRoot()
        }
        rowCount += rows.count
        means.append(own)
        sizes.append(rows.count)
        squares.append(square)
        distances.append(distance)
      }
      mean = mean.map { $0 / Double(max(1, rowCount)) }
    }
  }
}
