/// The five steps of a practitioner's work, as chapters of a report. A recipe whose sections name them has its whole report
/// in chapters; others have the scores first.
public enum Chapter: String, Sendable, CaseIterable {
  /// What is predicted, from what, and how the rows were split.
  case define = "1 Define"
  /// What became of each column.
  case prepare = "2 Prepare"
  /// What each estimator can do.
  case evaluate = "3 Evaluate"
  /// What tuning and ensembles added.
  case improve = "4 Improve"
  /// What the model can do on rows that nothing was chosen by, and how it comes to its predictions.
  case present = "5 Present"
}
