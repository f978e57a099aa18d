import ApusTestSupport
import Foundation

@testable import ApusLearn

/// What scikit-learn and XGBoost make of some rows: Tests/Fixtures/learn/trees.json by scripts/fixtures/learn_trees.py.
struct TreeFixture: Decodable {
  struct Case: Decodable, CustomStringConvertible {
    struct Settings: Decodable {
      var minSamplesLeaf: Int?
      var minSamplesSplit: Int?
      var maxDepth: Int?
      var minImpurityDecrease: Double?
      var ccpAlpha: Double?
      var criterion: String?
    }
    var name: String
    var settings: Settings
    var features: [[Float?]]
    var labels: [Double]
    var test: [[Float?]]
    var nodes: Int
    var outputs: [[Double]]
    var importances: [Double]

    var description: String { name }

    var tree: DecisionTree {
      DecisionTree(
        impurity: settings.criterion == "entropy" ? .entropy : .gini, maxDepth: settings.maxDepth,
        minSamplesSplit: settings.minSamplesSplit ?? 2, minSamplesLeaf: settings.minSamplesLeaf ?? 1,
        minImpurityDecrease: settings.minImpurityDecrease ?? 0, ccpAlpha: settings.ccpAlpha ?? 0)
    }

    func trainingRows() throws -> TrainingRows {
      let count = outputs[0].count
      let labels: Labels =
        count == 1 ? .numbers(labels) : .classes(labels.map { Int32($0) }, count: count)
      return try Fold(allOf: features.count).trainingRows(
        of: LabeledRows(TreeFixture.matrix(features), labels))
    }
  }

  struct Forests: Decodable {
    struct Score: Decodable {
      var mean: Double
      var std: Double
    }
    var features: [[Float?]]
    var classes: [Int32]
    var numbers: [Double]
    var training: Int
    var scores: [String: Score]
  }

  struct Isolation: Decodable {
    var features: [[Float?]]
    var odd: Int
    var auc: Double
    var scores: [Double]
  }

  struct Shap: Decodable {
    struct Tree: Decodable {
      var features: [Int32]
      var thresholds: [Float]
      var left: [Int32]
      var right: [Int32]
      var missingLeft: [Bool]
      var covers: [Float]
      var values: [Double]
    }
    var base: Double
    var trees: [Tree]
    var rows: [[Float?]]
    var outputs: [Double]
    var contributions: [[Double]]
  }

  var trees: [Case]
  var forests: Forests
  var isolation: Isolation
  var shap: Shap

  static let shared = Result {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(
      TreeFixture.self, from: Data(contentsOf: URL(fileURLWithPath: fixturePath("learn/trees.json"))))
  }

  static func matrix(_ rows: [[Float?]]) throws -> FeatureMatrix {
    try FeatureMatrix(rows: rows.map { $0.map { $0 ?? .nan } })
  }

  /// The chance that a score of the ones is above one of the others.
  static func areaUnderCurve(_ scores: [Double], _ isOne: [Bool]) -> Double {
    var (wins, pairs) = (0.0, 0.0)
    for (one, first) in zip(scores, isOne) where first {
      for (other, second) in zip(scores, isOne) where !second {
        wins += one > other ? 1 : one == other ? 0.5 : 0
        pairs += 1
      }
    }
    return wins / pairs
  }
}
