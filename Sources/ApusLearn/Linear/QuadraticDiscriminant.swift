import ApusData
import ApusGraph
import Foundation

/// Classes as normal distributions, each with its own covariance; scikit-learn's `QuadraticDiscriminantAnalysis`.
public struct QuadraticDiscriminant: Estimator, Equatable {
  /// The name in files.
  public static let kind = "quadratic_discriminant"
  /// The share of each covariance, from 0 to 1, that is replaced by variances of 1: for columns that others explain. The
  /// columns should have similar units then.
  public var regularization: Double

  /// A method.
  public init(regularization: Double = 0) { self.regularization = regularization }

  /// What it is.
  public var summary: String { "Quadratic discriminant: normal classes, a covariance each" }

  /// Fits to classes.
  /// - Throws: `DataError` for numbers, categories, missing values, a bad setting, and classes whose rows do not spread in
  ///   every direction.
  public func fit(_ rows: TrainingRows, _ context: FitContext) throws -> any FittedEstimator {
    try requireSetting((0...1).contains(regularization), "regularization", regularization, "from 0 to 1")
    let scatter = try ClassScatter(rows, for: "QuadraticDiscriminant", context)
    let columns = rows.features.columnCount
    let covariances = scatter.covariances.indices.flatMap { label in
      var covariance =
        scatter.counts[label] > 0
        ? scatter.covariances[label].map { $0 * (1 - regularization) }
        : Array(repeating: 0, count: columns * columns)
      for column in 0..<columns {
        covariance[column * (columns + 1)] += scatter.counts[label] > 0 ? regularization : 1
      }
      return covariance
    }
    return try FittedQuadraticDiscriminant(
      columns: rows.features.columns, shares: scatter.shares, means: scatter.means.flatMap { $0 },
      covariances: covariances
    ) { label in
      DataError(
        .sample,
        "QuadraticDiscriminant needs rows that spread in every direction; the \(scatter.counts[label]) rows of class "
          + "\(label) do not, with \(columns) columns",
        advice: "Set regularization, or use LinearDiscriminant.")
    }
  }
}

/// The distributions of a `QuadraticDiscriminant`.
public struct FittedQuadraticDiscriminant: FittedEstimator {
  /// The name in files.
  public static let kind = QuadraticDiscriminant.kind
  /// The columns that it was fitted to.
  public let columns: [FeatureMatrix.Column]
  private let shares: [Double]
  private let means: [Double]
  private let covariances: [Double]
  private let factors: [Cholesky]

  private struct Settings: Codable {
    var columns: [FeatureMatrix.Column]
    var shares: [Double]
  }

  init(
    columns: [FeatureMatrix.Column], shares: [Double], means: [Double], covariances: [Double],
    failure: (Int) -> DataError
  ) throws {
    (self.columns, self.shares, self.means, self.covariances) = (columns, shares, means, covariances)
    let width = columns.count
    factors = try shares.indices.map { label in
      let part = covariances[label * width * width..<(label + 1) * width * width]
      guard let factor = try Cholesky(Array(part), size: width) else { throw failure(label) }
      return factor
    }
  }

  /// Reads a model.
  public init(_ archive: EstimatorArchive) throws {
    let settings = try archive.settings(as: Settings.self)
    let (count, width) = (settings.shares.count, settings.columns.count)
    guard count > 1, width > 0 else { throw archive.corrupt("it has no classes or no columns") }
    try self.init(
      columns: settings.columns, shares: settings.shares,
      means: try archive.array("means", as: Double.self, count: count * width),
      covariances: try archive.array("covariances", as: Double.self, count: count * width * width)
    ) { archive.corrupt("the covariance of class \($0) is none") }
  }

  /// Everything that it takes to read it again.
  public func archive() throws -> EstimatorArchive {
    try EstimatorArchive(
      Self.kind, settings: Settings(columns: columns, shares: shares),
      tensors: [
        "means": Literal(means, shape: [means.count]),
        "covariances": Literal(covariances, shape: [covariances.count]),
      ])
  }

  /// The number of classes.
  public var outputCount: Int { shares.count }
  /// Shares, means and covariances.
  public var parameterCount: Int {
    shares.count * (1 + columns.count + columns.count * (columns.count + 1) / 2)
  }

  /// The logarithm of each class's share and density.
  public func outputs(_ features: FeatureMatrix) throws -> [Double] {
    try features.requireColumns(columns)
    try features.requireNumbers(for: "the model")
    let width = columns.count
    let constants = shares.indices.map { log(shares[$0]) - factors[$0].logDeterminant / 2 }
    var result = [Double](repeating: 0, count: features.rowCount * shares.count)
    for row in 0..<features.rowCount {
      for label in shares.indices where shares[label] > 0 {
        var gap = (0..<width).map { Double(features[row, $0]) - means[label * width + $0] }
        factors[label].whiten(&gap)
        result[row * shares.count + label] = constants[label] - gap.reduce(0) { $0 + $1 * $1 } / 2
      }
    }
    ClassLogits.exclude(shares.map { $0 == 0 }, from: &result)
    return result
  }
}

extension ClassLogits {
  /// Puts classes that no row had below the likeliest one of each row.
  static func exclude(_ excluded: [Bool], from logits: inout [Double]) {
    guard excluded.contains(true) else { return }
    let count = excluded.count
    for start in stride(from: 0, to: logits.count, by: count) {
      let largest = (0..<count).reduce(-Double.infinity) { excluded[$1] ? $0 : max($0, logits[start + $1]) }
      for label in 0..<count where excluded[label] { logits[start + label] = largest + absent }
    }
  }
}
