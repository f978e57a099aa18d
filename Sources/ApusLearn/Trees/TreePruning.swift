extension TreeGrower.Grown {
  /// Turns nodes into leaves where that costs less: the impurity of all leaves, weighted by their rows, plus `alpha` for each
  /// leaf (Breiman and others 1984, chapter 3). Of equally good trees the smallest.
  mutating func prune(alpha: Double, columnCount: Int) {
    let all = Double(nodes.covers[0])
    func cost(_ node: Int) -> Double { impurities[node] * Double(nodes.covers[node]) / all }
    var best = nodes.features.indices.map { cost($0) + alpha }
    // Children come after their parents.
    for node in nodes.features.indices.reversed() where nodes.features[node] >= 0 {
      let split = best[Int(nodes.left[node])] + best[Int(nodes.right[node])]
      if best[node] <= split {
        nodes.features[node] = -1
        nodes.levels[node] = nil
      } else {
        best[node] = split
      }
    }
    importances = Array(repeating: 0, count: columnCount)
    var waiting = [0]
    while let node = waiting.popLast() {
      guard nodes.features[node] >= 0 else { continue }
      let children = [Int(nodes.left[node]), Int(nodes.right[node])]
      let decrease = cost(node) - children.reduce(0) { $0 + cost($1) }
      importances[Int(nodes.features[node])] += max(0, decrease)
      waiting += children
    }
    let total = importances.reduce(0, +)
    if total > 0 { for column in importances.indices { importances[column] /= total } }
  }
}
