import ApusTestSupport
import Foundation

@testable import ApusLearn

/// Values of scikit-learn and scipy, made by scripts/fixtures/learn_near.py.
struct NearFixture: Decodable {
  struct Means: Decodable {
    var inertia: Double
    var labels: [Int]
  }
  var rows: [Float]
  var queries: [Float]
  var labels: [Int32]
  var numbers: [Double]
  var truth: [Int]
  var neighbors: [Int32]
  var distances: [Double]
  var shares: [Double]
  var weighted: [Double]
  var kmeans: Means
  var dbscan: [String: [Int]]
  var linkage: [String: [Double]]
  var scores: [String: Double]

  static func read() throws -> NearFixture {
    try JSONDecoder().decode(
      NearFixture.self, from: Data(contentsOf: URL(filePath: fixturePath("learn/near.json"))))
  }

  private static let columns = ["a", "b", "c"].map { FeatureMatrix.Column($0) }
  var features: FeatureMatrix { get throws { try FeatureMatrix(rows, columns: Self.columns) } }
  var others: FeatureMatrix { get throws { try FeatureMatrix(queries, columns: Self.columns) } }
}
