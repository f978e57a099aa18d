import ApusData

/// The means of classes and how their rows spread about them.
struct ClassScatter {
  /// Shares of the classes, by weight.
  let shares: [Double]
  /// Rows of each class.
  let counts: [Int]
  /// `[columns]` for each class; 0 for classes without rows.
  let means: [[Double]]
  /// For each class the mean product of deviations from its means, `[columns, columns]`; empty for classes without rows.
  let covariances: [[Double]]

  init(_ rows: TrainingRows, for what: String, _ context: FitContext) throws {
    let (labels, count) = try rows.labels.requireClasses(for: what)
    let columns = rows.features.columnCount
    guard columns <= LeastSquares.mostUnknowns else {
      throw DataError(
        .setting, "\(what) takes at most \(LeastSquares.mostUnknowns) columns, \(columns) came",
        advice: "Select columns before it.")
    }
    let totals = classTotals(labels, count, rows.weights)
    let total = totals.reduce(0, +)
    shares = totals.map { $0 / total }
    var places = [[Int]](repeating: [], count: count)
    for (row, label) in labels.enumerated() where (rows.weights?[row] ?? 1) > 0 {
      places[Int(label)].append(row)
    }
    counts = places.map(\.count)
    var (means, covariances) = ([[Double]](), [[Double]]())
    for (label, members) in places.enumerated() {
      try context.progress(Double(label) / Double(count))
      guard !members.isEmpty else {
        means.append(Array(repeating: 0, count: columns))
        covariances.append([])
        continue
      }
      let problem = try LinearProblem(rows.subset(members), for: what, centered: true)
      let gram = try problem.rows.gram(last: nil, weights: problem.weights)
      means.append(problem.center)
      covariances.append(LeastSquares.split(gram, columns).gram.map { $0 / problem.total })
    }
    (self.means, self.covariances) = (means, covariances)
  }
}
