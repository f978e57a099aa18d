import ApusData
import Testing

@testable import ApusLearn

@Suite struct ClusterAnalysisTests {
  @Test func theNumberOfGroupsIsFoundAndTrusted() throws {
    var random = PhiloxGenerator(seed: 1)
    // Four groups at the corners of a square.
    let features = try FeatureMatrix(
      rows: (0..<160).map { row in
        [Float(row % 2) * 5 + random.uniform(), Float(row % 4 / 2) * 5 + random.uniform()]
      })
    let found = try ClusterAnalysis(features, .kMeans(2...6))
    #expect(found.clustering.count == 4 && found.candidates.map(\.clusters) == [2, 3, 4, 5, 6])
    #expect((found.candidates[2].stability ?? 0) > 0.9 && found.notes.isEmpty)
    let first = try #require(found.profiles.first)
    #expect(first.count == found.clustering.sizes[0] && abs(first.traits[0].difference) > 0.5)
    #expect(found.clustering.labels[first.typicalRow] == 0)
    let merged = try ClusterAnalysis(features, .hierarchical(.ward, 2...6))
    #expect(ClusterScores.adjustedRand(merged.clustering.labels, found.clustering.labels) > 0.9)
  }

  @Test func noiseIsNotTrusted() throws {
    var random = PhiloxGenerator(seed: 2)
    let noise = try FeatureMatrix(rows: (0..<200).map { _ in (0..<8).map { _ in random.uniform() } })
    let found = try ClusterAnalysis(noise, .kMeans(2...4))
    #expect(found.notes.contains { $0.contains("hardly form groups") })
    #expect(throws: DataError.self) { try ClusterAnalysis(noise, .dbscan(radius: 1e-6, minimumCount: 5)) }
    #expect(throws: DataError.self) { try ClusterAnalysis(noise, .kMeans(201...300)) }
  }
}
