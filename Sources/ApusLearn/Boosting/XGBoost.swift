import ApusData
import Foundation

/// Gradient boosting by XGBoost's C library: trees that grow level by level on binned columns, with missing values as they
/// are. Chen and Guestrin, "XGBoost: a scalable tree boosting system" (2016).
///
/// The defaults are the library's. Categories are encoded before, by `OneHot` or `TargetEncoder`: the library's own way
/// with them is far off where they have many levels. `scripts/boosters` fetches the library; a fitted model predicts
/// without it.
public struct XGBoost: SynchronousEstimator, Equatable {
  /// The name in files.
  public static let kind = "xgboost"
  /// Trees, or trees for each class, at most; above 0.
  public var rounds: Int
  /// What each tree adds is multiplied by this, above 0.
  public var learningRate: Double
  /// Levels of a tree at most, above 0.
  public var maxDepth: Int
  /// The sum of second derivatives of a leaf at least: for squared errors its rows.
  public var minChildWeight: Double
  /// The share of columns that are drawn for each tree, above 0 and up to 1.
  public var columnSample: Double
  /// The share of rows that are drawn for each tree, above 0 and up to 1.
  public var rowSample: Double
  /// L2 regularization of leaves.
  public var lambda: Double
  /// L1 regularization of leaves.
  public var alpha: Double
  /// The loss that a split must save at least.
  public var gamma: Double
  /// What is minimized.
  public var loss: BoostingLoss
  /// Rounds without a better loss of the validation rows after which it stops, the best round being kept; nil goes on to
  /// the end.
  public var patience: Int?

  /// A boosting.
  public init(
    rounds: Int = 100, learningRate: Double = 0.3, maxDepth: Int = 6, minChildWeight: Double = 1,
    columnSample: Double = 1, rowSample: Double = 1, lambda: Double = 1, alpha: Double = 0, gamma: Double = 0,
    loss: BoostingLoss = .standard, patience: Int? = nil
  ) {
    (self.rounds, self.learningRate, self.maxDepth) = (rounds, learningRate, maxDepth)
    (self.minChildWeight, self.columnSample, self.rowSample) = (minChildWeight, columnSample, rowSample)
    (self.lambda, self.alpha, self.gamma, self.loss) = (lambda, alpha, gamma, loss)
    self.patience = patience
  }

  /// What it is.
  public var summary: String {
    "XGBoost: up to \(rounds) rounds of trees of \(maxDepth) levels, learning rate \(learningRate)"
  }

  /// Whether the library is installed.
  public static var isAvailable: Bool { (try? XGBoostLibrary.shared.get()) != nil }

  /// Boosts trees.
  /// - Throws: `DataError` for settings that make no sense, categories, rows of one class or number, and a library that is
  ///   not there.
  public func fit(_ rows: TrainingRows, _ context: FitContext) throws -> any FittedEstimator {
    guard rounds > 0, learningRate > 0, maxDepth > 0, minChildWeight >= 0, columnSample > 0,
      columnSample <= 1,
      rowSample > 0, rowSample <= 1, lambda >= 0, alpha >= 0, gamma >= 0, patience ?? 1 > 0
    else {
      throw DataError(.setting, "XGBoost: rounds, rates and shares above 0 were expected, \(self) came")
    }
    if let category = rows.features.columns.first(where: { $0.kind != .number }) {
      throw DataError(
        .type, "XGBoost takes numbers alone, column \"\(category.name)\" is a category",
        advice: "Put a OneHot or TargetEncoder step before it.")
    }
    let task = try loss.task(rows.labels)
    try rows.labels.requireVariety()
    let library = try XGBoostLibrary.shared.get()
    let training = try XGBoostMatrix(library, rows.rows)
    let validation = try patience == nil ? nil : context.validation.map { try XGBoostMatrix(library, $0) }
    let booster = try XGBoostBooster(library, training, validation, parameters(task, context, rows.rows))
    var best = (round: rounds, loss: Double.infinity)
    var done = 0
    while done < rounds {
      try context.progress(Double(done) / Double(rounds))
      if done > 0, context.isOutOfTime() { break }
      try booster.update(round: done)
      done += 1
      guard let patience, validation != nil else { continue }
      let loss = try booster.validationLoss(round: done - 1)
      if loss < best.loss { best = (done, loss) }
      if done - best.round >= patience { break }
    }
    let kept = validation == nil ? done : min(done, best.round)
    let model = try XGBoostModel(
      json: booster.json(), outputs: task.treeOutputs, loss: loss, isBinary: task == .binary)
    return FittedBoosting<XGBoost>(
      columns: rows.features.columns,
      ensemble: try TreeEnsemble(
        Array(model.trees.prefix(kept * task.treeOutputs)), columnCount: rows.features.columnCount,
        base: model.base),
      task: task, gains: model.gains(columnCount: rows.features.columnCount))
  }

  private func parameters(_ task: BoostingTask, _ context: FitContext, _ rows: LabeledRows) -> [(
    String, String
  )] {
    var parts = [
      ("eta", "\(learningRate)"), ("max_depth", "\(maxDepth)"), ("min_child_weight", "\(minChildWeight)"),
      ("colsample_bytree", "\(columnSample)"), ("subsample", "\(rowSample)"), ("lambda", "\(lambda)"),
      ("alpha", "\(alpha)"), ("gamma", "\(gamma)"), ("seed", "\(context.seed % 2_147_483_647)"),
      ("tree_method", "hist"), ("verbosity", "0"),
    ]
    if let threads = rows.boostingThreads { parts.append(("nthread", "\(threads)")) }
    switch (task, loss) {
    case (.binary, _): parts.append(("objective", "binary:logistic"))
    case (.multiclass(let count), _): parts += [("objective", "multi:softprob"), ("num_class", "\(count)")]
    case (.number, .standard): parts.append(("objective", "reg:squarederror"))
    case (.number, .absolute): parts.append(("objective", "reg:absoluteerror"))
    case (.number, .poisson): parts.append(("objective", "count:poisson"))
    }
    return parts
  }
}
