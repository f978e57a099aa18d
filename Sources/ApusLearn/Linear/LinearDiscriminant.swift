import ApusData
import Foundation

/// Classes as normal distributions of one common covariance: logits are linear; scikit-learn's `LinearDiscriminantAnalysis`.
/// Fisher, Annals of Eugenics 7, 1936.
public struct LinearDiscriminant: SynchronousEstimator, Equatable {
  /// The name in files.
  public static let kind = "linear_discriminant"
  /// The share of the covariance, from 0 to 1, that is replaced by its mean variance in every direction: for many columns
  /// and few rows.
  public var shrinkage: Double

  /// A method.
  public init(shrinkage: Double = 0) { self.shrinkage = shrinkage }

  /// What it is.
  public var summary: String { "Linear discriminant: normal classes, one covariance" }

  /// Fits to classes.
  /// - Throws: `DataError` for numbers, categories, missing values, a bad setting, and fewer than two rows more than classes.
  public func fit(_ rows: TrainingRows, _ context: FitContext) throws -> any FittedEstimator {
    try requireSetting((0...1).contains(shrinkage), "shrinkage", shrinkage, "from 0 to 1")
    let scatter = try ClassScatter(rows, for: "LinearDiscriminant", context)
    let columns = rows.features.columnCount
    let present = scatter.counts.indices.filter { scatter.counts[$0] > 0 }
    let total = scatter.counts.reduce(0, +)
    guard total > present.count else {
      throw DataError(
        .sample,
        "LinearDiscriminant needs more rows than classes, \(total) rows of \(present.count) classes came",
        advice: "Give more rows of each class.")
    }
    var covariance = [Double](repeating: 0, count: columns * columns)
    for label in present {
      for place in covariance.indices {
        covariance[place] += scatter.shares[label] * scatter.covariances[label][place]
      }
    }
    let diagonal = (0..<columns).map { covariance[$0 * (columns + 1)] }
    if shrinkage > 0 {
      let mean = diagonal.reduce(0, +) / Double(columns)
      for place in covariance.indices { covariance[place] *= 1 - shrinkage }
      for column in 0..<columns { covariance[column * (columns + 1)] += shrinkage * mean }
    }
    let center = (0..<columns).map { column in
      present.reduce(0) { $0 + scatter.shares[$1] * scatter.means[$1][column] }
    }
    let factor = try Cholesky(covariance, size: columns)
    let shortest = factor == nil ? MinimumNorm(covariance, size: columns) : nil
    var lines = [[Double]](
      repeating: Array(repeating: 0, count: columns) + [ClassLogits.absent], count: scatter.counts.count)
    for label in present {
      let gap = zip(scatter.means[label], center).map { $0 - $1 }
      let line = factor?.solve(gap) ?? shortest?.solve(gap) ?? gap
      lines[label] = line + [log(scatter.shares[label]) - zip(line, gap).reduce(0) { $0 + $1.0 * $1.1 } / 2]
    }
    return FittedLinear<Self>(
      columns: rows.features.columns, classCount: lines.count, centered: ClassLogits.compact(lines),
      center: center,
      deviations: diagonal.map { $0.squareRoot() })
  }
}

/// Coefficients of logits for each class.
enum ClassLogits {
  /// A class that no row has gets this logit: its probability is 0 as far as float64 can tell, and finite in logarithms.
  static let absent = -700.0

  /// The coefficients of `FittedLinear`: of two classes it has the difference alone.
  static func compact(_ lines: [[Double]]) -> [Double] {
    lines.count == 2 ? zip(lines[1], lines[0]).map { $0 - $1 } : lines.flatMap { $0 }
  }
}
