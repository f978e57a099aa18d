extension TreeNodes {
  /// What each node predicts, leaves and others: the mean of the leaves below, weighted by their covers. `[nodes, width]`.
  func means(width: Int) -> [Double] {
    var means = values
    let order = nodesFromRoot()
    for node in order.reversed() where features[node] >= 0 {
      let (left, right) = (Int(left[node]), Int(right[node]))
      let all = covers[left] + covers[right]
      let share = all > 0 ? Double(covers[left] / all) : 0.5
      for output in 0..<width {
        means[node * width + output] =
          share * means[left * width + output] + (1 - share) * means[right * width + output]
      }
    }
    return means
  }

  /// Nodes that the root leads to, parents before children.
  func nodesFromRoot() -> [Int] {
    var order = [0]
    var next = 0
    while next < order.count {
      let node = order[next]
      if features[node] >= 0 { order += [Int(left[node]), Int(right[node])] }
      next += 1
    }
    return order
  }

  /// Number of nodes below a node.
  func countBelow(_ node: Int) -> Int {
    var count = -1
    var waiting = [node]
    while let node = waiting.popLast() {
      count += 1
      if features[node] >= 0 { waiting += [Int(left[node]), Int(right[node])] }
    }
    return count
  }
}

extension TreeEnsemble {
  /// A tree as text: a question on each line, indented by its depth, and what leaves predict.
  ///
  /// - Parameters:
  ///   - index: Which tree.
  ///   - names: What columns, levels and classes are called.
  ///   - maxDepth: Questions below each other that are shown; deeper ones are counted.
  /// - Returns: Lines that end in line feeds.
  public func rules(tree index: Int = 0, _ names: TreeNames, maxDepth: Int = 8) -> String {
    let tree = tree(index)
    let width = leafWidth
    let means = tree.means(width: width)
    var text = ""
    var waiting: [(node: Int, depth: Int, prefix: String)] = [(0, 0, "")]
    while let (node, depth, prefix) = waiting.popLast() {
      let indent = String(repeating: "  ", count: depth) + prefix
      let prediction = names.prediction(means[node * width..<(node + 1) * width])
      let rows = TreeNames.short(Double(tree.covers[node]), digits: 6)
      guard tree.features[node] >= 0, depth < maxDepth else {
        let below = tree.features[node] < 0 ? "" : ", \(tree.countBelow(node)) nodes below"
        text += "\(indent)\(prediction) (\(rows) rows\(below))\n"
        continue
      }
      let orMissing = tree.missingGoesLeft[node] ? " or missing" : ""
      text += "\(indent)\(names.question(tree, node))\(orMissing)?\n"
      waiting.append((Int(tree.right[node]), depth + 1, "no: "))
      waiting.append((Int(tree.left[node]), depth + 1, "yes: "))
    }
    return text
  }
}
