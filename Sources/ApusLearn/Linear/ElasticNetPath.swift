import ApusKernels
import Foundation

/// Coordinate descent from penalty to penalty, each from the coefficients of the one before. Friedman, Hastie and Tibshirani,
/// Journal of Statistical Software 33, 2010.
struct ElasticNetPath {
  private let l1Ratio: Double
  private let size: Int
  private let gram: [Double]
  private let right: [Double]
  /// What the squares of the target come to for a row.
  private let scale: Double
  /// The coefficients of the last penalty.
  private(set) var coefficients: [Double]

  init(_ moments: Moments, l1Ratio: Double) {
    self.l1Ratio = l1Ratio
    size = moments.columnCount
    let (gram, last) = LeastSquares.split(moments.products, size)
    self.gram = gram.map { $0 / moments.total }
    right = last.map { $0 / moments.total }
    scale = (moments.products.last ?? 0) / moments.total
    coefficients = Array(repeating: 0, count: size)
  }

  /// The smallest penalty with which all coefficients are 0.
  var largestAlpha: Double {
    (right.reduce(0) { max($0, abs($1)) }) / max(l1Ratio, 1e-3)
  }

  /// Penalties from that one down to a thousandth of it, evenly on a logarithmic scale.
  func alphas(_ count: Int) -> [Double] {
    let largest = largestAlpha
    guard largest > 0 else { return [1] }
    return (0..<count).map { largest * pow(1e-3, Double($0) / Double(max(1, count - 1))) }
  }

  /// Goes to a penalty, until no step would lower the loss by more than `tolerance` times the target's variance.
  mutating func descend(to alpha: Double, tolerance: Double, _ context: FitContext) throws {
    var penalized = gram
    for place in 0..<size { penalized[place * size + place] += alpha * (1 - l1Ratio) }
    let l1 = [Double](repeating: alpha * l1Ratio, count: size)
    var rounds = 0
    while rounds < 1000 {
      // The slope anew in each round: what steps leave in it adds up.
      var slope = right
      for place in 0..<size where coefficients[place] != 0 {
        for other in 0..<size { slope[other] -= penalized[place * size + other] * coefficients[place] }
      }
      let passes = apus_coordinate_descent(
        penalized, Int64(size), l1, tolerance * scale, 100, &coefficients, &slope)
      rounds += 1
      try context.progress(0.5)
      if passes < 100 || context.isOutOfTime() { return }
    }
  }
}
