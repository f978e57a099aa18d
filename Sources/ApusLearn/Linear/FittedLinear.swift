import ApusData
import ApusGraph
import Foundation

/// What becomes of the sum of coefficients and values.
public enum LinearLink: String, Sendable, Codable {
  /// The number itself, or logits of classes.
  case identity
  /// The logarithm of the number.
  case log
}

/// A linear model: a sum of coefficient · value for each output, and an intercept.
public struct FittedLinear<Method: Estimator>: FittedEstimator {
  /// The name in files.
  public static var kind: String { Method.kind }
  /// The columns that it was fitted to.
  public let columns: [FeatureMatrix.Column]
  /// Number of classes; nil for numbers.
  public let classCount: Int?
  /// What becomes of the sums.
  public let link: LinearLink
  /// `[outputs, columns]`, one output for a number and for two classes, where it is the logit of the second one.
  public let coefficients: [Double]
  /// The penalty that was used, where the method chose it.
  public let chosenAlpha: Double?
  /// `[outputs, columns + 1]`, with the sums of values that are 0 at the center.
  private let centered: [Double]
  private let center: [Double]
  private let deviations: [Double]

  private struct Settings: Codable {
    var columns: [FeatureMatrix.Column]
    var classCount: Int?
    var link: LinearLink
    var chosenAlpha: Double?
  }

  /// A model. `centered` holds for each output the coefficients of values less the center, and what comes out at the
  /// center; `deviations` how far the values of each column spread from it.
  init(
    columns: [FeatureMatrix.Column], classCount: Int? = nil, link: LinearLink = .identity, centered: [Double],
    center: [Double], deviations: [Double], chosenAlpha: Double? = nil
  ) {
    (self.columns, self.classCount, self.link, self.chosenAlpha) = (columns, classCount, link, chosenAlpha)
    (self.centered, self.center, self.deviations) = (centered, center, deviations)
    let width = columns.count
    coefficients = centered.indices.filter { $0 % (width + 1) < width }.map { centered[$0] }
  }

  /// For each output what is predicted where all values are 0.
  public var intercepts: [Double] {
    let width = columns.count
    return (0..<centered.count / (width + 1)).map { output in
      (0..<width).reduce(centered[output * (width + 1) + width]) {
        $0 - centered[output * (width + 1) + $1] * center[$1]
      }
    }
  }

  /// 1, or the number of classes.
  public var outputCount: Int { classCount ?? 1 }
  /// Coefficients and intercepts.
  public var parameterCount: Int { centered.count }

  /// For each column |coefficient| · standard deviation, over all outputs, as shares of 1.
  public var importances: [Double]? {
    let width = columns.count
    var sums = [Double](repeating: 0, count: width)
    for (place, value) in coefficients.enumerated() {
      sums[place % width] += abs(value) * deviations[place % width]
    }
    let total = sums.reduce(0, +)
    return total > 0 ? sums.map { $0 / total } : sums.map { _ in 1 / Double(width) }
  }

  /// Numbers, or a logit for each class.
  public func outputs(_ features: FeatureMatrix) throws -> [Double] {
    try features.requireColumns(columns)
    let outputs = centered.count / (columns.count + 1)
    let sums = try LinearRows(features, shift: center).margins(centered, outputs: outputs)
    if sums.contains(where: \.isNaN) { try features.requireNumbers(for: "the model") }
    if classCount == 2, outputs == 1 { return sums.flatMap { [0, $0] } }
    return link == .log ? sums.map { exp($0) } : sums
  }

  /// Everything that it takes to read it again.
  public func archive() throws -> EstimatorArchive {
    func literal(_ values: [Double]) -> Literal { Literal(values, shape: [values.count]) }
    return try EstimatorArchive(
      Self.kind,
      settings: Settings(columns: columns, classCount: classCount, link: link, chosenAlpha: chosenAlpha),
      tensors: [
        "centered": literal(centered), "center": literal(center), "deviations": literal(deviations),
      ])
  }

  /// Reads a model.
  public init(_ archive: EstimatorArchive) throws {
    let settings = try archive.settings(as: Settings.self)
    let width = settings.columns.count
    let outputs = settings.classCount.map { $0 == 2 ? 1 : $0 } ?? 1
    guard width > 0, outputs > 0 else { throw archive.corrupt("it has no columns or no classes") }
    self.init(
      columns: settings.columns, classCount: settings.classCount, link: settings.link,
      centered: try archive.array("centered", as: Double.self, count: outputs * (width + 1)),
      center: try archive.array("center", as: Double.self, count: width),
      deviations: try archive.array("deviations", as: Double.self, count: width),
      chosenAlpha: settings.chosenAlpha)
  }
}
