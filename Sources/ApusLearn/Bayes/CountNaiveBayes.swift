import ApusData
import ApusGraph
import Foundation

/// Naive Bayes for counts, such as those of words: scikit-learn's `MultinomialNB`, `ComplementNB` and `BernoulliNB`.
public struct CountNaiveBayes: SynchronousEstimator, Equatable {
  /// What is counted.
  public enum Model: String, Codable, Sendable {
    /// Each count is that many draws of its column.
    case multinomial
    /// Columns' shares in all other classes, for classes of very different sizes. Rennie and others, ICML 2003.
    case complement
    /// Whether a value is above 0.
    case bernoulli
  }

  /// The name in files.
  public static let kind = "count_naive_bayes"
  /// What is counted.
  public var model: Model
  /// What is added to each count, above 0; 1 as in scikit-learn.
  public var alpha: Double

  /// A method.
  public init(_ model: Model = .multinomial, alpha: Double = 1) {
    self.model = model
    self.alpha = alpha
  }

  /// What it is.
  public var summary: String { "Naive Bayes of counts: \(model.rawValue)" }

  /// Fits to classes.
  /// - Throws: `DataError` for numbers as labels, categories, missing values, a bad setting and, unless Bernoulli, values
  ///   below 0.
  public func fit(_ rows: TrainingRows, _ context: FitContext) throws -> any FittedEstimator {
    let (labels, count) = try rows.labels.requireClasses(for: "CountNaiveBayes")
    try requireSetting(alpha > 0 && alpha.isFinite, "alpha", alpha, "above 0")
    try context.progress(0)
    let features = rows.features
    try features.requireNumbers(for: "CountNaiveBayes")
    if model != .bernoulli, let place = features.values.firstIndex(where: { $0 < 0 }) {
      let (row, column) = (place / features.columnCount, place % features.columnCount)
      throw DataError(
        .sample,
        "counts are at least 0, column \"\(features.columns[column].name)\" has \(features.values[place]) in row "
          + "\(row), counted from 0", advice: "Use NaiveBayes for such numbers.", samples: [row])
    }
    let seen = model == .bernoulli ? features.aboveZero : features
    var members = [Double](repeating: 0, count: rows.count * count)
    for (row, label) in labels.enumerated() { members[row * count + Int(label)] = rows.weights?[row] ?? 1 }
    let sums = try LinearRows(seen).products(members, outputs: count)
    let size = features.columnCount + 1
    let lines = (0..<count).map { Array(sums[$0 * size..<($0 + 1) * size]) }
    return FittedCountNaiveBayes(
      columns: features.columns, isBinary: model == .bernoulli, present: lines.map { ($0.last ?? 0) > 0 },
      lines: coefficients(lines).flatMap { $0 })
  }

  /// For each class what each count adds to the logit, and a constant; from sums of counts and, last, of weights.
  private func coefficients(_ lines: [[Double]]) -> [[Double]] {
    let width = (lines.first?.count ?? 1) - 1
    let total = lines.reduce(0) { $0 + $1[width] }
    let all = (0..<width).map { column in lines.reduce(0) { $0 + $1[column] } }
    return lines.map { line in
      let share = line[width] > 0 ? log(line[width] / total) : 0
      switch model {
      case .multinomial:
        let sum = line[..<width].reduce(alpha * Double(width), +)
        return line[..<width].map { log($0 + alpha) - log(sum) } + [share]
      case .complement:
        let others = (0..<width).map { all[$0] + alpha - line[$0] }
        let sum = others.reduce(0, +)
        return others.map { -log($0 / sum) } + [0]
      case .bernoulli:
        let sum = log(line[width] + 2 * alpha)
        let ones = line[..<width].map { log($0 + alpha) - sum }
        let zeros = line[..<width].map { log(line[width] - $0 + alpha) - sum }
        return zip(ones, zeros).map { $0 - $1 } + [share + zeros.reduce(0, +)]
      }
    }
  }
}

/// The logits of a `CountNaiveBayes`.
public struct FittedCountNaiveBayes: FittedEstimator {
  /// The name in files.
  public static let kind = CountNaiveBayes.kind
  /// The columns that it was fitted to.
  public let columns: [FeatureMatrix.Column]
  private let isBinary: Bool
  private let present: [Bool]
  /// `[classes, columns + 1]`.
  private let lines: [Double]

  private struct Settings: Codable {
    var columns: [FeatureMatrix.Column]
    var isBinary: Bool
    var present: [Bool]
  }

  init(columns: [FeatureMatrix.Column], isBinary: Bool, present: [Bool], lines: [Double]) {
    (self.columns, self.isBinary, self.present, self.lines) = (columns, isBinary, present, lines)
  }

  /// Reads a model.
  public init(_ archive: EstimatorArchive) throws {
    let settings = try archive.settings(as: Settings.self)
    guard settings.present.count > 1, !settings.columns.isEmpty else {
      throw archive.corrupt("it has no classes or no columns")
    }
    self.init(
      columns: settings.columns, isBinary: settings.isBinary, present: settings.present,
      lines: try archive.array(
        "lines", as: Double.self, count: settings.present.count * (settings.columns.count + 1)))
  }

  /// Everything that it takes to read it again.
  public func archive() throws -> EstimatorArchive {
    try EstimatorArchive(
      Self.kind, settings: Settings(columns: columns, isBinary: isBinary, present: present),
      tensors: ["lines": Literal(lines, shape: [lines.count])])
  }

  /// The number of classes.
  public var outputCount: Int { present.count }
  /// Shares of columns and classes.
  public var parameterCount: Int { lines.count }

  /// The logarithm of each class's share and likelihood, up to what all classes have in common.
  public func outputs(_ features: FeatureMatrix) throws -> [Double] {
    try features.requireColumns(columns)
    try features.requireNumbers(for: "the model")
    var result = try LinearRows(isBinary ? features.aboveZero : features).margins(
      lines, outputs: present.count)
    ClassLogits.exclude(present.map { !$0 }, from: &result)
    return result
  }
}

extension FeatureMatrix {
  /// 1 where a value is above 0, and 0 elsewhere.
  fileprivate var aboveZero: FeatureMatrix {
    FeatureMatrix(unchecked: values.map { $0 > 0 ? 1 : 0 }, columns: columns)
  }
}
