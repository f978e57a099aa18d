import Apus
import Foundation

/// What there is to say of a finished training.
struct RunRecord {
  let settings: RunSettings
  let card: ModelCard
  let history: History
  let evaluation: Evaluation
  let weightCount: Int
  let trainingCount: Int
  let weightsDigest: String
  /// The layers as a table of text.
  let summary: String

  /// Seconds of all epochs, with the measurements on test data after each.
  var trainingSeconds: Double { history.epochs.reduce(0) { $0 + $1.seconds } }

  /// The contents of `result.json`.
  func json(folder: RunFolder) -> JSON {
    var members = [
      JSON.Member("task", .string(evaluation.regression == nil ? "classification" : "regression")),
      JSON.Member("metrics", evaluation.json),
      JSON.Member("training_seconds", .number(trainingSeconds)),
      JSON.Member("epochs", .integer(history.epochs.count)),
      JSON.Member("weights", .integer(weightCount)),
      JSON.Member("weights_sha256", .string(weightsDigest)),
      JSON.Member("settings", settings.json),
    ]
    if let classes = evaluation.classesJSON { members.append(JSON.Member("classes", classes)) }
    if let matrix = evaluation.matrixJSON { members.append(JSON.Member("confusion_matrix", matrix)) }
    members.append(JSON.Member("history", history.json))
    return .object(members + folder.provenance(others: [JSON.Member("log", .string(folder.logPath))]))
  }
}
