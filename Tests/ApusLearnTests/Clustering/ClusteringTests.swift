import ApusData
import Foundation
import Testing

@testable import ApusLearn

@Suite struct ClusteringTests {
  @Test func kMeansFindsWhatScikitLearnDoes() throws {
    let fixture = try NearFixture.read()
    let found = try KMeans(clusters: 4).fit(fixture.features)
    #expect(abs(found.inertia - fixture.kmeans.inertia) < 1e-3 * fixture.kmeans.inertia)
    #expect(ClusterScores.adjustedRand(found.clustering.labels, fixture.kmeans.labels) > 0.98)
    #expect(try KMeans(clusters: 4).fit(fixture.features) == found)
    #expect(found.clustering.sizes.reduce(0, +) == 160)
  }

  @Test func asManyClustersAsRowsAreTheRows() throws {
    let rows = try FeatureMatrix(rows: [[0], [1], [5], [5]])
    let found = try KMeans(clusters: 3, starts: 5).fit(rows)
    #expect(found.inertia == 0 && Set(found.clustering.labels).count == 3)
    #expect(try KMeans(clusters: 4).fit(rows).clustering.labels.count == 4)
    #expect(throws: DataError.self) { try KMeans(clusters: 5).fit(rows) }
    #expect(throws: DataError.self) { try KMeans(clusters: 2).fit(FeatureMatrix(rows: [[.nan], [1]])) }
  }

  @Test func densityFindsTheSameLabels() throws {
    let fixture = try NearFixture.read()
    for (radius, expected) in fixture.dbscan {
      let found = try DBSCAN(radius: try #require(Double(radius))).fit(fixture.features).labels
      #expect(found.map { $0 < 0 } == expected.map { $0 < 0 })
      #expect(ClusterScores.adjustedRand(found, expected) > 0.99)
    }
    #expect(throws: DataError.self) { try DBSCAN(radius: 0).fit(fixture.features) }
  }

  @Test(arguments: HierarchicalClustering.Linkage.allCases)
  func mergesAreThoseOfScipy(linkage: HierarchicalClustering.Linkage) throws {
    let fixture = try NearFixture.read()
    let expected = try #require(fixture.linkage[linkage.rawValue])
    let merges = try HierarchicalClustering(linkage).merges(fixture.features.subset(Array(0..<60)))
    try #require(merges.count == 59)
    for (step, merge) in merges.enumerated() {
      #expect(abs(merge.distance - expected[2 * step]) < 1e-6)
      #expect(merge.count == Int(expected[2 * step + 1]))
    }
    let clusters = try HierarchicalClustering(linkage).fit(fixture.features, clusters: 4)
    #expect(clusters.count == 4 && clusters.labels[0] == 0)
  }

  @Test func scoresAreThoseOfScikitLearn() throws {
    let fixture = try NearFixture.read()
    let (features, labels) = (try fixture.features, fixture.kmeans.labels)
    let classes = fixture.labels.map { Int($0) }
    let own = [
      "silhouette": try ClusterScores.silhouette(features, labels),
      "calinskiHarabasz": try ClusterScores.calinskiHarabasz(features, labels),
      "daviesBouldin": try ClusterScores.daviesBouldin(features, labels),
      "adjustedRand": ClusterScores.adjustedRand(classes, labels),
      "normalizedMutualInformation": ClusterScores.normalizedMutualInformation(classes, labels),
    ]
    for (name, expected) in fixture.scores {
      let value = try #require(own[name] ?? nil)
      #expect(abs(value - expected) < 1e-10 * max(1, abs(expected)), "\(name): \(value)")
    }
    #expect(try ClusterScores.silhouette(features, labels.map { _ in 0 }) == nil)
    #expect(ClusterScores.adjustedRand([0, 0, 1, 1], [1, 1, 0, 0]) == 1)
  }
}
