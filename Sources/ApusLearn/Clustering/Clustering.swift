import ApusData

/// A grouping of rows without labels.
public struct Clustering: Sendable, Equatable {
  /// The cluster of each row, from 0 on; −1 for rows that belong to none.
  public let labels: [Int]
  /// The mean row of each cluster, `[clusters, columns]`; empty where a method has none.
  public let centers: [[Double]]

  /// Number of clusters.
  public var count: Int { (labels.max() ?? -1) + 1 }
  /// Rows of each cluster.
  public var sizes: [Int] {
    labels.reduce(into: [Int](repeating: 0, count: count)) { if $1 >= 0 { $0[$1] += 1 } }
  }
}
