import ApusReport
import ApusTrain

/// A way to fit a model to examples: a network with a way to train it, or a classical method.
///
/// A recipe is a value with its settings, so that it can be written down, compared and run again.
public protocol Recipe: Codable, Sendable {
  /// The name in files and results, such as `transfer-learning`.
  static var kind: String { get }
  /// What `apus fit` takes for it.
  static var options: [OptionDescription] { get }

  /// The recipes of this kind for some data, the most promising first; none where it does not fit.
  ///
  /// - Parameters:
  ///   - data: The examples, their parts and the target.
  ///   - options: What the person asked for.
  /// - Throws: `DataError` for options that cannot be met.
  /// - Returns: The recipes with their settings.
  static func propose(_ data: TaskData, _ options: Options) throws -> [Self]

  /// What it does, in a sentence for a person.
  var summary: String { get }
  /// Whether it takes so little time that it is tried without being asked for.
  var isQuick: Bool { get }

  /// Fits a model to the training set, deciding by the validation set. The test set is not touched.
  ///
  /// - Parameters:
  ///   - data: The examples, their parts and the target.
  ///   - context: Where to write, whom to tell, whether to resume.
  /// - Throws: errors that say what does not fit; `CancellationError` in a cancelled task, with the best model so far in
  ///   the context's folder.
  /// - Returns: The model, and how it was trained.
  func fit(_ data: TaskData, _ context: RunContext) async throws -> Fitted
}

extension Recipe {
  /// It takes its time.
  public var isQuick: Bool { false }
}

/// What came of fitting a recipe.
public struct Fitted: Sendable {
  /// The model.
  public var model: any Model
  /// The stretches of training, in their order.
  public var phases: [TrainingPhase]
  /// What the recipe adds to the report, such as a learning curve over the size of the training set.
  public var sections: [Report.Section]
  /// Outputs for examples that each came from models which were not fitted to that example; nil for a model that was
  /// fitted to the training set alone, which is measured on the validation set.
  public var outOfFold: OutOfFold?

  /// Outputs of cross-validation.
  public struct OutOfFold: Sendable {
    /// Number of folds.
    public var folds: Int
    /// The examples, in ascending order.
    public var rows: [Int]
    /// The outputs for each.
    public var outputs: [[Float]]

    /// Outputs of cross-validation.
    public init(folds: Int, rows: [Int], outputs: [[Float]]) {
      (self.folds, self.rows, self.outputs) = (folds, rows, outputs)
    }
  }

  /// A fitted model.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - phases: The stretches of training, in their order.
  ///   - sections: What the recipe adds to the report.
  ///   - outOfFold: Outputs of cross-validation, where validation examples were fitted to as well.
  public init(
    model: any Model, phases: [TrainingPhase] = [], sections: [Report.Section] = [],
    outOfFold: OutOfFold? = nil
  ) {
    self.model = model
    self.phases = phases
    self.sections = sections
    self.outOfFold = outOfFold
  }
}
