import ApusData
import ApusKernels
import Foundation

/// What random forests and extremely randomized trees have in common: many trees that are averaged.
struct Forest {
  var grower: TreeGrower
  let trees: Int
  let outOfBag: Bool

  /// Grows the trees, one on each thread.
  func fit<Source: Estimator>(
    _ rows: TrainingRows, _ context: FitContext, as source: Source.Type
  ) throws -> FittedTrees<Source> {
    guard trees >= 1 else { throw DataError(.setting, "at least 1 tree was expected, \(trees) came") }
    guard !outOfBag || grower.bootstrap else {
      throw DataError(
        .setting, "no rows are out of bag where every tree sees all rows", advice: "Set bootstrap to true.")
    }
    try context.progress(0)
    var grown: [TreeNodes] = []
    var importances = [Double](repeating: 0, count: rows.features.columnCount)
    let batch = max(1, Int(apus_thread_count()))
    while grown.count < trees {
      if !grown.isEmpty, context.isOutOfTime() { break }
      for tree in try grower.grow(grown.count..<min(trees, grown.count + batch)) {
        grown.append(tree.nodes)
        for column in importances.indices { importances[column] += tree.importances[column] }
      }
      try context.progress(Double(grown.count) / Double(trees))
    }
    let total = importances.reduce(0, +)
    if total > 0 { for column in importances.indices { importances[column] /= total } }
    let ensemble = try TreeEnsemble(
      grown, columnCount: rows.features.columnCount,
      base: Array(repeating: 0, count: rows.labels.outputCount), factor: 1 / Double(grown.count))
    let means = outOfBag ? try outOfBagMeans(ensemble, rows.features) : nil
    return FittedTrees(
      columns: rows.features.columns, ensemble: ensemble, importances: importances,
      outOfBagScore: means.map { Self.score($0, rows.labels) },
      outOfBagOutputs: means.map { FittedTrees<Source>.outputs(means: $0, ensemble.outputCount) })
  }

  /// For each row the mean of the trees that did not draw it; NaN where all did.
  private func outOfBagMeans(_ ensemble: TreeEnsemble, _ features: FeatureMatrix) throws -> [Double] {
    let (rows, outputs, trees) = (features.rowCount, ensemble.outputCount, ensemble.treeCount)
    // A bit for each row and tree.
    var isDrawn = [UInt8](repeating: 0, count: (rows * trees + 7) / 8)
    var counts = [UInt16](repeating: 0, count: rows)
    for tree in 0..<trees {
      apus_bootstrap_counts(grower.seed, Int64(tree), Int64(rows), &counts)
      for row in 0..<rows where counts[row] > 0 {
        let bit = row * trees + tree
        isDrawn[bit >> 3] |= 1 << UInt8(bit & 7)
      }
    }
    var means = [Double](repeating: 0, count: rows * outputs)
    // Some rows at a time: the leaves of all trees are many numbers.
    for first in stride(from: 0, to: rows, by: 4096) {
      let some = Array(first..<min(first + 4096, rows))
      let leaves = try ensemble.leaves(features.subset(some))
      for row in some {
        var count = 0.0
        for tree in 0..<trees {
          let bit = row * trees + tree
          guard isDrawn[bit >> 3] >> UInt8(bit & 7) & 1 == 0 else { continue }
          let leaf = Int(leaves[(row - first) * trees + tree]) * outputs
          for output in 0..<outputs { means[row * outputs + output] += ensemble.values[leaf + output] }
          count += 1
        }
        for output in 0..<outputs { means[row * outputs + output] /= count }
      }
    }
    return means
  }

  /// The share of right classes, or R², of the rows that have a mean.
  private static func score(_ means: [Double], _ labels: Labels) -> Double {
    switch labels {
    case .numbers(let all):
      let known = all.indices.filter { !means[$0].isNaN }
      let mean = known.reduce(0) { $0 + all[$1] } / Double(known.count)
      let errors = known.reduce(0) { $0 + (all[$1] - means[$1]) * (all[$1] - means[$1]) }
      return 1 - errors / known.reduce(0) { $0 + (all[$1] - mean) * (all[$1] - mean) }
    case .classes(let all, let count):
      let known = all.indices.filter { !means[$0 * count].isNaN }
      let right = known.count { row in
        let start = row * count
        return Int32((1..<count).reduce(0) { means[start + $1] > means[start + $0] ? $1 : $0 }) == all[row]
      }
      return Double(right) / Double(known.count)
    }
  }
}
