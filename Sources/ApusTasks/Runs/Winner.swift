import ApusReport
import ApusTrain

/// A fitted model, calibrated and measured on the validation set.
struct Winner {
  var model: any Model
  var phases: [TrainingPhase]
  var sections: [Report.Section]
  /// Folds of the cross-validation that the model was chosen by; nil where it was the validation set.
  var folds: Int?
  var recipe: any Recipe
  var context: RunContext
  var validation: Evaluation?

  /// What decides between recipes: a loss that is none is worse than any other.
  var comparedLoss: Double {
    guard let loss = validation?.loss, !loss.isNaN else { return .infinity }
    return loss
  }

  /// The model's package. It says how good the model was when the recipe kept it, as a run that is cut off after this goes
  /// on with it.
  func package() throws -> ModelPackage {
    var package = try model.package()
    package.manifest.kept = context.keptLoss
    return package
  }

  /// The data with the model's own target, which is calibrated.
  func data(_ data: TaskData) -> TaskData {
    TaskData(
      examples: data.examples, parts: data.parts,
      target: (model as? any Predictor)?.problem.target ?? data.target)
  }
}
