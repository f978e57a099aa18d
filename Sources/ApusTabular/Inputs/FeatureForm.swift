import ApusLearn

/// What the features of a row are.
public enum FeatureForm: String, Sendable, Codable {
  /// Numbers alone, none missing, as networks take them: categories one-hot, missing values filled in and marked.
  case dense
  /// A feature for each column, and each part of a date: categories as the numbers of their levels, missing values left
  /// missing. Estimators of `ApusLearn` take these and encode them as they need, on the rows that they are fitted to.
  case columns

  /// More levels of a category are pooled, the rarest first.
  var levelLimit: Int {
    switch self {
    case .dense: FittedColumn.levelLimit
    case .columns: 10_000
    }
  }
}

extension FittedColumn {
  /// Its columns in a matrix of the form `columns`.
  var matrixColumns: [FeatureMatrix.Column] {
    featureNames(.columns).map { name in
      guard case .category(let levels, _, let pools) = method else { return .init(name) }
      return .init(name, .category(levels: levels.count + (pools ? 1 : 0)))
    }
  }
}
