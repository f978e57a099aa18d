import ApusData
import ApusKernels
import Foundation

/// Logits of classes that are linear in the features, fitted by the cross-entropy; scikit-learn's `LogisticRegression`. Cox,
/// Journal of the Royal Statistical Society B 20, 1958.
public struct LogisticRegression: SynchronousEstimator, Equatable {
  /// The name in files.
  public static let kind = "logistic_regression"
  /// Weight of the summed cross-entropy against the penalty, above 0; infinite for no penalty. 1 as in scikit-learn.
  public var c: Double
  /// The share of the penalty that is on the coefficients' sizes, from 0 to 1; the rest is on half their squares.
  public var l1Ratio: Double
  /// Whether rows count so that all classes count alike, as with scikit-learn's `class_weight="balanced"`.
  public var balancesClasses: Bool
  /// Whether there are constants, which are not penalized.
  public var fitsIntercept: Bool

  /// A method.
  public init(c: Double = 1, l1Ratio: Double = 0, balancesClasses: Bool = false, fitsIntercept: Bool = true) {
    self.c = c
    self.l1Ratio = l1Ratio
    self.balancesClasses = balancesClasses
    self.fitsIntercept = fitsIntercept
  }

  /// What it is.
  public var summary: String {
    l1Ratio > 0
      ? "Logistic regression: linear logits, few coefficients" : "Logistic regression: linear logits"
  }

  /// Fits to classes. A class that no row has is held for impossible.
  /// - Throws: `DataError` for numbers, categories, missing values, bad settings, and with `l1Ratio` too many columns.
  public func fit(_ rows: TrainingRows, _ context: FitContext) throws -> any FittedEstimator {
    let (labels, count) = try rows.labels.requireClasses(for: "LogisticRegression")
    try requireSetting(c > 0, "c", c, "above 0")
    try requireSetting((0...1).contains(l1Ratio), "l1Ratio", l1Ratio, "from 0 to 1")
    let shares = classTotals(labels, count, rows.weights)
    let present = (0..<count).filter { shares[$0] > 0 }
    let problem = try LinearProblem(
      rows, for: "LogisticRegression", centered: fitsIntercept,
      weights: balancesClasses ? balanced(labels, shares, rows.weights) : nil)
    let columns = rows.features.columnCount
    try requireFew(columns * (present.count == 2 ? 1 : present.count))
    let size = columns + 1
    var solution = [Double](repeating: 0, count: present.count * size)
    if present.count == 2 {
      let targets = labels.map { $0 == Int32(present[1]) ? 1.0 : 0 }
      let start = fitsIntercept ? log(shares[present[1]] / shares[present[0]]) : 0
      let binary = try SmoothLinear(
        problem: problem, family: APUS_LOGISTIC, targets: targets, l2: (1 - l1Ratio) / c, l1: l1Ratio / c,
        fitsIntercept: fitsIntercept
      ).fit(from: balancesClasses ? 0 : start, context)
      solution.replaceSubrange(size..., with: binary)
    } else if present.count > 2 {
      let places = Dictionary(uniqueKeysWithValues: present.enumerated().map { (Int32($1), $0) })
      solution = try Multinomial(
        problem: problem, labels: labels.map { places[$0] ?? 0 }, count: present.count, l2: (1 - l1Ratio) / c,
        l1: l1Ratio / c, fitsIntercept: fitsIntercept
      ).fit(context)
    }
    var all: [Double] = []
    if count == 2 {
      all =
        present.count == 2
        ? Array(solution[size...])
        : Array(repeating: 0, count: columns) + [log(leastProbability) * (present == [0] ? 1 : -1)]
    } else {
      all = (0..<count).flatMap { _ in Array(repeating: 0, count: columns) + [ClassLogits.absent] }
      for (place, label) in present.enumerated() {
        all.replaceSubrange(
          label * size..<(label + 1) * size, with: solution[place * size..<(place + 1) * size])
      }
    }
    return FittedLinear<Self>(
      columns: rows.features.columns, classCount: count, centered: all, center: problem.center,
      deviations: try problem.deviations())
  }

  private func requireFew(_ parameters: Int) throws {
    guard l1Ratio == 0 || parameters <= LeastSquares.mostUnknowns / 2 else {
      throw DataError(
        .setting,
        "LogisticRegression with l1Ratio above 0 takes at most \(LeastSquares.mostUnknowns / 2) coefficients, there "
          + "would be \(parameters)", advice: "Select columns before it, or set l1Ratio to 0.")
    }
  }

  /// Weights with which all classes count alike.
  private func balanced(_ labels: [Int32], _ totals: [Double], _ weights: [Double]?) -> [Double] {
    let classes = Double(totals.count(where: { $0 > 0 }))
    let total = totals.reduce(0, +)
    return labels.indices.map { (weights?[$0] ?? 1) * total / (classes * totals[Int(labels[$0])]) }
  }
}

/// The sum of weights of each class.
func classTotals(_ labels: [Int32], _ count: Int, _ weights: [Double]?) -> [Double] {
  var totals = [Double](repeating: 0, count: count)
  for (row, label) in labels.enumerated() { totals[Int(label)] += weights?[row] ?? 1 }
  return totals
}
