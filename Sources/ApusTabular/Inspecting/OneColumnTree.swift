/// A tree on one column whose leaves are the column's levels, or bins of equally many rows; measured on rows that it was
/// not fitted to.
struct OneColumnTree {
  private static let folds = 5, bins = 64
  private let leaves: [Int]
  private let target: LeakColumn

  init(_ column: LeakColumn, _ target: LeakColumn) {
    self.target = target
    switch column {
    case .levels(let levels): leaves = levels
    case .numbers(let values):
      let sorted = values.filter(\.isFinite).sorted()
      guard !sorted.isEmpty else {
        leaves = values.map { _ in 0 }
        return
      }
      var edges: [Double] = []
      for value in sorted where value != edges.last && edges.count <= Self.bins { edges.append(value) }
      // Few different values are a leaf each.
      if edges.count > Self.bins {
        edges = []
        for bin in 1..<Self.bins {
          let edge = sorted[bin * sorted.count / Self.bins]
          if edge != edges.last { edges.append(edge) }
        }
      }
      leaves = values.map { value in
        guard value.isFinite else { return -1 }
        // The number of edges that are not above the value.
        var (low, high) = (0, edges.count)
        while low < high {
          let middle = (low + high) / 2
          if edges[middle] <= value { low = middle + 1 } else { high = middle }
        }
        return low
      }
    }
  }

  /// The share of the target's variance that is explained out of fold, or of the errors of the largest class that are
  /// avoided: 1 for a perfect prediction, 0 for a constant.
  func score() -> Double {
    switch target {
    case .numbers(let truths): varianceExplained(truths)
    case .levels(let labels): errorsAvoided(labels)
    }
  }

  private func varianceExplained(_ truths: [Double]) -> Double {
    let rows = truths.indices.filter { truths[$0].isFinite }
    guard !rows.isEmpty else { return 0 }
    // Centered, so that sums are exact whatever the offset.
    let mean = rows.reduce(0) { $0 + truths[$1] } / Double(rows.count)
    var sums: [Int: [(sum: Double, count: Int)]] = [:]
    for row in rows {
      let empty = [(sum: Double, count: Int)](repeating: (0, 0), count: Self.folds)
      sums[leaves[row], default: empty][row % Self.folds].sum += truths[row] - mean
      sums[leaves[row], default: empty][row % Self.folds].count += 1
    }
    var error = 0.0, total = 0.0
    for row in rows {
      let value = truths[row] - mean
      let folds = sums[leaves[row]] ?? []
      let others = folds.enumerated().filter { $0.offset != row % Self.folds }
      let count = others.reduce(0) { $0 + $1.element.count }
      let predicted = count > 0 ? others.reduce(0) { $0 + $1.element.sum } / Double(count) : 0
      error += (value - predicted) * (value - predicted)
      total += value * value
    }
    return total > 0 ? 1 - error / total : 0
  }

  private func errorsAvoided(_ labels: [Int]) -> Double {
    let totals = labels.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
    guard let largest = totals.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }), totals.count > 1 else {
      return 0
    }
    var counts: [Int: [[Int: Int]]] = [:]
    for row in labels.indices {
      let empty = [[Int: Int]](repeating: [:], count: Self.folds)
      counts[leaves[row], default: empty][row % Self.folds][labels[row], default: 0] += 1
    }
    // What a leaf says to the rows of each fold.
    let answers = counts.mapValues { folds in
      folds.indices.map { fold in
        var sum: [Int: Int] = [:]
        for other in folds.indices where other != fold { sum.merge(folds[other]) { $0 + $1 } }
        return sum.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? largest.key
      }
    }
    let wrong = labels.indices.count { answers[leaves[$0]]?[$0 % Self.folds] != labels[$0] }
    return 1 - Double(wrong) / Double(labels.count - largest.value)
  }
}
