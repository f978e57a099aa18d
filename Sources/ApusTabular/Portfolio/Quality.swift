/// How much work goes into a table.
public enum Quality: String, Sendable, Codable, CaseIterable, Comparable {
  /// One split and the quickest estimators: some 10 seconds for 10,000 rows.
  case fast
  /// Five folds, every row is fitted to and predicted out of fold: some 2 minutes.
  case good
  /// Eight folds, many settings of each estimator, networks: some 20 minutes.
  case best

  /// Folds of the cross-validation; 1 is a single split into training and validation set.
  var folds: Int {
    switch self {
    case .fast: 1
    case .good: 5
    case .best: 8
    }
  }

  /// Less work comes first.
  public static func < (left: Quality, right: Quality) -> Bool { left.folds < right.folds }
}
