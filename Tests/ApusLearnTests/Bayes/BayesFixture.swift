import ApusTestSupport
import Foundation

@testable import ApusLearn

/// The rows and probabilities that scripts/fixtures/learn_bayes.py wrote.
struct BayesFixture: Decodable {
  /// What scikit-learn's perceptron learned.
  struct Learned: Decodable {
    var coefficients: [[Double]]
    var intercepts: [Double]
  }

  var classes: [Int32]
  var numbers: [[Float]]
  var counts: [[Float]]
  var levels: [[Float]]
  var weights: [Double]
  var cases: [String: [[Double]]]
  var perceptrons: [String: Learned]

  init() throws {
    let data = try Data(contentsOf: URL(filePath: fixturePath("learn/bayes.json")))
    self = try JSONDecoder().decode(Self.self, from: data)
  }
}
