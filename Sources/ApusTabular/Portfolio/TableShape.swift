import ApusLearn

/// What of a table decides which estimators suit it.
struct TableShape {
  /// Rows that are fitted to.
  let rowCount: Int
  let columnCount: Int
  /// Columns after one-hot encoding.
  let denseCount: Int
  /// Number of classes; nil for numbers.
  let classCount: Int?
  /// The most levels that a category has; 0 without categories.
  let largestLevelCount: Int

  init(_ rows: LabeledRows, rows count: Int) {
    let levels = rows.features.columns.map { column -> Int in
      guard case .category(let levels) = column.kind else { return 0 }
      return levels
    }
    rowCount = count
    columnCount = levels.count
    denseCount = levels.reduce(0) { $0 + max(1, $1) }
    largestLevelCount = levels.max() ?? 0
    if case .classes(_, let count) = rows.labels { classCount = count } else { classCount = nil }
  }
}
