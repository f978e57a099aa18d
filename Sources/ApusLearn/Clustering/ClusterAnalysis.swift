import ApusData
import Foundation

/// Groups in rows without labels: how many there are, how far they can be trusted, and what tells each from the others.
public struct ClusterAnalysis: Sendable {
  /// How clusters are found.
  public enum Method: Sendable, Codable, Equatable {
    /// Around means; the best of some numbers of clusters.
    case kMeans(ClosedRange<Int>)
    /// Cluster by cluster; the best of some numbers of clusters.
    case hierarchical(HierarchicalClustering.Linkage, ClosedRange<Int>)
    /// By density.
    case dbscan(radius: Double, minimumCount: Int)
  }

  /// One number of clusters that was tried.
  public struct Candidate: Sendable, Equatable {
    /// The number of clusters.
    public let clusters: Int
    /// The mean silhouette, −1...1; nil where there is a single cluster.
    public let silhouette: Double?
    /// How alike the clusters of two draws of the rows are, by the adjusted Rand index of the rows in both: 1 for the same.
    public let stability: Double?
  }

  /// What tells a cluster from the whole.
  public struct Profile: Sendable, Equatable {
    /// A column whose mean in the cluster is far from that of all rows.
    public struct Trait: Sendable, Equatable {
      /// The column.
      public let column: String
      /// The mean in the cluster less that of all rows, in standard deviations of all rows.
      public let difference: Double
      /// The mean in the cluster.
      public let mean: Double
    }
    /// Rows of the cluster.
    public let count: Int
    /// The traits, the greatest difference first.
    public let traits: [Trait]
    /// The row nearest to the cluster's mean.
    public let typicalRow: Int
  }

  /// The clusters.
  public let clustering: Clustering
  /// The numbers of clusters that were tried.
  public let candidates: [Candidate]
  /// What tells each cluster from the whole.
  public let profiles: [Profile]
  /// What a person should know before believing in the clusters.
  public let notes: [String]

  /// Rows of which the silhouette is taken; of more a draw.
  private static let silhouetteLimit = 2000
  /// Pairs of draws by which stability is measured, and the share of the rows in each.
  private static let draws = 8
  private static let drawnShare = 0.8
  /// Traits that are named.
  private static let traitCount = 6

  /// Finds clusters.
  /// - Parameters:
  ///   - features: Rows of numbers on one scale.
  ///   - method: How clusters are found.
  ///   - seed: What all randomness depends on.
  /// - Throws: `DataError` for categories, missing values, and numbers of clusters that there cannot be;
  ///   `CancellationError` in a cancelled task.
  public init(_ features: FeatureMatrix, _ method: Method, seed: UInt64 = 0) throws {
    try features.requireNumbers(for: "a search for clusters")
    var notes: [String] = []
    var found: [(Candidate, Clustering)] = []
    switch method {
    case .dbscan(let radius, let minimumCount):
      let clustering = try DBSCAN(radius: radius, minimumCount: minimumCount).fit(features)
      let noise = clustering.labels.count { $0 < 0 }
      if noise > 0 { notes.append("\(noise) of \(features.rowCount) rows belong to no cluster") }
      guard clustering.count > 0 else {
        throw DataError(
          .empty, "no row has \(minimumCount) others within \(radius): there are no clusters",
          advice: "Try a larger radius or fewer neighbors.")
      }
      found = [(try Self.candidate(clustering, features, seed, stability: nil), clustering)]
    case .kMeans(let range):
      for count in try Self.counts(range, features) {
        let clustering = try KMeans(clusters: count).fit(features, seed: seed).clustering
        let stability = try Self.stability(features, seed) {
          try KMeans(clusters: count, starts: 3).fit($0, seed: seed).clustering
        }
        found.append((try Self.candidate(clustering, features, seed, stability: stability), clustering))
      }
    case .hierarchical(let linkage, let range):
      let method = HierarchicalClustering(linkage)
      let merges = try method.merges(features)
      for count in try Self.counts(range, features) {
        let clustering = HierarchicalClustering.cut(merges, rows: features.rowCount, clusters: count)
        found.append((try Self.candidate(clustering, features, seed, stability: nil), clustering))
      }
    }
    let best = found.indices.max { one, other in
      (found[one].0.silhouette ?? -1, -one) < (found[other].0.silhouette ?? -1, -other)
    }
    guard let best else { throw DataError(.setting, "no number of clusters was asked for") }
    candidates = found.map(\.0)
    clustering = found[best].1
    let chosen = found[best].0
    if let silhouette = chosen.silhouette, silhouette < 0.25 {
      notes.append(
        "the silhouette is \(Self.shown(silhouette)): the rows hardly form groups; below 0.25 clusters are mostly a way to "
          + "cut the data up")
    }
    if let stability = chosen.stability, stability < 0.6 {
      notes.append(
        "the clusters are not stable: those of two draws of the rows agree by \(Self.shown(stability)) only (1 is the same, 0 "
          + "chance)")
    }
    self.notes = notes
    profiles = Self.profiles(features, clustering)
  }

  private static func shown(_ value: Double) -> String { String(format: "%.2f", value) }

  private static func counts(_ range: ClosedRange<Int>, _ features: FeatureMatrix) throws -> ClosedRange<Int>
  {
    guard range.lowerBound >= 1, range.lowerBound <= features.rowCount else {
      throw DataError(
        .setting, "from 1 to \(features.rowCount) clusters were expected, \(range.lowerBound) came")
    }
    return range.lowerBound...min(range.upperBound, features.rowCount)
  }

  private static func candidate(
    _ clustering: Clustering, _ features: FeatureMatrix, _ seed: UInt64, stability: Double?
  ) throws -> Candidate {
    try Task.checkCancellation()
    let all = Array(0..<features.rowCount)
    var random = PhiloxGenerator(seed: seed, operation: 1)
    let rows =
      all.count <= silhouetteLimit
      ? all : random.permutation(all.count).prefix(silhouetteLimit).sorted()
    return Candidate(
      clusters: clustering.count,
      silhouette: try ClusterScores.silhouette(features.subset(rows), rows.map { clustering.labels[$0] }),
      stability: stability)
  }

  /// The mean agreement of the clusters of two draws, on the rows in both.
  private static func stability(
    _ features: FeatureMatrix, _ seed: UInt64, _ fit: (FeatureMatrix) throws -> Clustering
  ) throws -> Double? {
    let drawn = min(Int(Double(features.rowCount) * drawnShare), 4 * silhouetteLimit)
    guard drawn >= 10 else { return nil }
    var sum = 0.0
    for draw in 0..<draws {
      var random = PhiloxGenerator(seed: seed, index: draw, operation: 2)
      func clusters() throws -> [Int: Int] {
        let rows = random.permutation(features.rowCount).prefix(drawn).sorted()
        return Dictionary(uniqueKeysWithValues: zip(rows, try fit(features.subset(rows)).labels))
      }
      let (one, other) = (try clusters(), try clusters())
      let both = one.keys.filter { other[$0] != nil }.sorted()
      sum += ClusterScores.adjustedRand(both.map { one[$0] ?? 0 }, both.map { other[$0] ?? 0 })
    }
    return sum / Double(draws)
  }

  private static func profiles(_ features: FeatureMatrix, _ clustering: Clustering) -> [Profile] {
    let (rows, width) = (features.rowCount, features.columnCount)
    var means = [Double](repeating: 0, count: width), deviations = means
    for column in 0..<width {
      let values = features.column(column).map(Double.init)
      means[column] = values.reduce(0, +) / Double(rows)
      deviations[column] =
        (values.reduce(0) { $0 + ($1 - means[column]) * ($1 - means[column]) } / Double(rows)).squareRoot()
    }
    return (0..<clustering.count).map { cluster in
      let members = (0..<rows).filter { clustering.labels[$0] == cluster }
      let own = (0..<width).map { column in
        members.reduce(0.0) { $0 + Double(features[$1, column]) } / Double(max(1, members.count))
      }
      let traits = (0..<width).filter { deviations[$0] > 0 }.map { column in
        Profile.Trait(
          column: features.columns[column].name,
          difference: (own[column] - means[column]) / deviations[column], mean: own[column])
      }
      func distance(_ row: Int) -> Double {
        (0..<width).reduce(0) {
          $0 + (Double(features[row, $1]) - own[$1]) * (Double(features[row, $1]) - own[$1])
        }
      }
      return Profile(
        count: members.count,
        traits: Array(
          traits.sorted { (abs($1.difference), $0.column) < (abs($0.difference), $1.column) }.prefix(
            traitCount)),
        typicalRow: members.min { (distance($0), $0) < (distance($1), $1) } ?? 0)
    }
  }
}
