import ApusFixtures
import ApusTestSupport
import Foundation
import Testing

@testable import ApusLearn

/// The rows and coefficients that scripts/fixtures/learn_linear.py wrote.
struct LinearFixture: Decodable {
  /// What scikit-learn found.
  struct Case: Decodable {
    var coefficients: [[Double]]?
    var intercepts: [Double]?
    var alpha: Double?
    var scale: Double?
    var quantile: Double?
    var objective: Double?
    var logarithms: [[Double]]?
  }

  var features: [[Float]]
  var spread: [[Float]]
  var numbers: [Double]
  var two: [Int32]
  var three: [Int32]
  var counts: [Double]
  var amounts: [Double]
  var outliers: [Double]
  var weights: [Double]
  var cases: [String: Case]

  init() throws {
    let data = try Data(contentsOf: URL(filePath: fixturePath("learn/linear.json")))
    self = try JSONDecoder().decode(Self.self, from: data)
  }

  subscript(_ name: String) -> Case { get throws { try #require(cases[name]) } }

  /// A model fitted to rows.
  func fit<Method: SynchronousEstimator>(
    _ method: Method, _ features: [[Float]], _ labels: Labels, weights: [Double]? = nil
  ) throws -> any FittedEstimator {
    let rows = try LabeledRows(FeatureMatrix(rows: features), labels, weights: weights)
    return try method.fit(Fold(allOf: rows.count).trainingRows(of: rows), FitContext())
  }

  /// A linear model fitted to rows.
  func linear<Method: SynchronousEstimator>(
    _ method: Method, _ features: [[Float]], _ labels: Labels, weights: [Double]? = nil
  ) throws -> FittedLinear<Method> {
    try #require(try fit(method, features, labels, weights: weights) as? FittedLinear<Method>)
  }

  /// What differs between coefficients and those of scikit-learn.
  func difference<Method: SynchronousEstimator>(
    _ model: FittedLinear<Method>, from name: String, within tolerance: Double = 1e-6
  ) throws -> String? {
    let expected = try self[name]
    return ApusFixtures.difference(
      model.coefficients + model.intercepts,
      from: try #require(expected.coefficients).flatMap { $0 } + #require(expected.intercepts),
      relative: tolerance, absolute: tolerance)
  }
}

extension Array<Double> {
  /// Whether there is no NaN and no infinity.
  var areFinite: Bool { allSatisfy { $0.isFinite } }
}
