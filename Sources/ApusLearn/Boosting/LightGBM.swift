import ApusData
import Foundation

/// Gradient boosting by LightGBM's C library: trees that grow leaf by leaf on binned columns, with categories and missing
/// values as they are. Ke et al., "LightGBM: a highly efficient gradient boosting decision tree" (2017).
///
/// The defaults are the library's. `scripts/boosters` fetches it; a fitted model predicts without it.
public struct LightGBM: SynchronousEstimator, Equatable {
  /// The name in files.
  public static let kind = "lightgbm"
  /// Trees, or trees for each class, at most; above 0.
  public var rounds: Int
  /// What each tree adds is multiplied by this, above 0.
  public var learningRate: Double
  /// Leaves of a tree at most, at least 2.
  public var leaves: Int
  /// Rows of a leaf at least.
  public var minDataInLeaf: Int
  /// The share of columns that are drawn for each tree, above 0 and up to 1.
  public var columnSample: Double
  /// The share of rows that are drawn for each tree, above 0 and up to 1.
  public var rowSample: Double
  /// L2 regularization of leaves.
  public var lambda: Double
  /// What is minimized.
  public var loss: BoostingLoss
  /// Rounds without a better loss of the validation rows after which it stops, the best round being kept; nil goes on to
  /// the end.
  public var patience: Int?
  /// Whether thresholds are drawn at random, as in extremely randomized trees.
  public var extraTrees: Bool

  /// A boosting.
  public init(
    rounds: Int = 100, learningRate: Double = 0.1, leaves: Int = 31, minDataInLeaf: Int = 20,
    columnSample: Double = 1, rowSample: Double = 1, lambda: Double = 0, loss: BoostingLoss = .standard,
    patience: Int? = nil, extraTrees: Bool = false
  ) {
    (self.rounds, self.learningRate, self.leaves) = (rounds, learningRate, leaves)
    (self.minDataInLeaf, self.columnSample, self.rowSample) = (minDataInLeaf, columnSample, rowSample)
    (self.lambda, self.loss, self.patience, self.extraTrees) = (lambda, loss, patience, extraTrees)
  }

  /// What it is.
  public var summary: String {
    "LightGBM: up to \(rounds) rounds of trees of \(leaves) leaves, learning rate \(learningRate)"
  }

  /// Whether the library is installed.
  public static var isAvailable: Bool { (try? LightGBMLibrary.shared.get()) != nil }

  /// Boosts trees.
  /// - Throws: `DataError` for settings that make no sense, rows of one class or number, and a library that is not there.
  public func fit(_ rows: TrainingRows, _ context: FitContext) throws -> any FittedEstimator {
    guard rounds > 0, learningRate > 0, leaves >= 2, minDataInLeaf >= 0, columnSample > 0, columnSample <= 1,
      rowSample > 0, rowSample <= 1, lambda >= 0, patience ?? 1 > 0
    else {
      throw DataError(.setting, "LightGBM: rounds, rates and shares above 0 were expected, \(self) came")
    }
    let task = try loss.task(rows.labels)
    try rows.labels.requireVariety()
    let library = try LightGBMLibrary.shared.get()
    let training = try LightGBMDataset(
      library, rows.rows, parameters: parameters(task, context, rows.rows))
    let validation =
      try patience == nil
      ? nil : context.validation.map { try LightGBMDataset(library, $0, reference: training) }
    let booster = try LightGBMBooster(library, training, validation, parameters(task, context, rows.rows))
    var best = (round: rounds, loss: Double.infinity)
    var done = 0
    while done < rounds {
      try context.progress(Double(done) / Double(rounds))
      if done > 0, context.isOutOfTime() { break }
      // No leaf can be split any more.
      if try booster.update() { break }
      done += 1
      guard let patience, validation != nil else { continue }
      let loss = try booster.validationLoss()
      if loss < best.loss { best = (done, loss) }
      if done - best.round >= patience { break }
    }
    let kept = validation == nil ? done : min(done, best.round)
    let text = LightGBMModelText(try booster.text(rounds: kept))
    let trees = try text.trees(perRound: task.treeOutputs)
    return FittedBoosting<LightGBM>(
      columns: rows.features.columns,
      ensemble: try TreeEnsemble(
        trees, columnCount: rows.features.columnCount, base: Array(repeating: 0, count: task.treeOutputs)),
      task: task, gains: text.gains(columnCount: rows.features.columnCount))
  }

  private func parameters(_ task: BoostingTask, _ context: FitContext, _ rows: LabeledRows) -> String {
    let objective =
      switch (task, loss) {
      case (.binary, _): "binary"
      case (.multiclass(let count), _): "multiclass num_class=\(count)"
      case (.number, .standard): "regression"
      case (.number, .absolute): "regression_l1"
      case (.number, .poisson): "poisson"
      }
    let columns = rows.features.columns
    let categories = columns.indices.filter { columns[$0].kind != .number }
    var parts = [
      "objective=\(objective)", "learning_rate=\(learningRate)", "num_leaves=\(leaves)",
      "min_data_in_leaf=\(minDataInLeaf)", "feature_fraction=\(columnSample)", "lambda_l2=\(lambda)",
      "seed=\(context.seed % 2_147_483_647)", "deterministic=true", "force_row_wise=true", "verbosity=-1",
      "extra_trees=\(extraTrees)",
    ]
    if let threads = rows.boostingThreads { parts.append("num_threads=\(threads)") }
    if rowSample < 1 { parts.append("bagging_fraction=\(rowSample) bagging_freq=1") }
    if !categories.isEmpty {
      parts.append("categorical_feature=\(categories.map(String.init).joined(separator: ","))")
    }
    return parts.joined(separator: " ")
  }
}
