extension TreeEnsemble {
  /// A tree as a drawing, SVG text: a box for each node with its question, its rows and what it predicts; yes is to the left.
  ///
  /// - Parameters:
  ///   - index: Which tree.
  ///   - names: What columns, levels and classes are called.
  ///   - maxDepth: Questions below each other that are drawn; what is deeper is a box that says how many nodes it has. 4 are
  ///     readable on a page.
  /// - Returns: An `svg` element, which is as wide as its boxes take.
  public func drawing(tree index: Int = 0, _ names: TreeNames, maxDepth: Int = 4) -> String {
    TreeDrawing(tree(index), width: leafWidth, names, maxDepth: maxDepth).text
  }
}

/// Places the nodes of a tree on a plane and writes them.
private struct TreeDrawing {
  private static let boxWidth = 168.0
  private static let boxHeight = 62.0
  private static let gapX = 14.0
  private static let gapY = 40.0

  private let tree: TreeNodes
  private let names: TreeNames
  private let means: [Double]
  private let width: Int
  private let maxDepth: Int
  // The center of each box that is drawn, and its depth.
  private var places: [(node: Int, x: Double, depth: Int)] = []
  private var xOf: [Int: Double] = [:]
  private var columnsUsed = 0.0
  private var deepest = 0

  init(_ tree: TreeNodes, width: Int, _ names: TreeNames, maxDepth: Int) {
    self.tree = tree
    self.names = names
    self.width = width
    // No more than a page could ever show.
    self.maxDepth = min(max(0, maxDepth), 64)
    means = tree.means(width: width)
    _ = place(0, depth: 0)
  }

  private func isSplit(_ node: Int, _ depth: Int) -> Bool { tree.features[node] >= 0 && depth < maxDepth }

  /// Boxes without children stand side by side, the others above the middle of theirs. As deep as is drawn, no deeper.
  private mutating func place(_ node: Int, depth: Int) -> Double {
    deepest = max(deepest, depth)
    let x: Double
    if isSplit(node, depth) {
      let left = place(Int(tree.left[node]), depth: depth + 1)
      x = (left + place(Int(tree.right[node]), depth: depth + 1)) / 2
    } else {
      x = Self.gapX + Self.boxWidth / 2 + columnsUsed * (Self.boxWidth + Self.gapX)
      columnsUsed += 1
    }
    places.append((node, x, depth))
    xOf[node] = x
    return x
  }

  private func top(_ depth: Int) -> Double { Self.gapX + Double(depth) * (Self.boxHeight + Self.gapY) }

  var text: String {
    let fullWidth = Self.gapX + columnsUsed * (Self.boxWidth + Self.gapX)
    let fullHeight = top(deepest) + Self.boxHeight + Self.gapX
    var lines = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(number(fullWidth)) \(number(fullHeight))\" "
        + "width=\"\(number(fullWidth))\" height=\"\(number(fullHeight))\" "
        + "font-family=\"system-ui, sans-serif\" font-size=\"12\" text-anchor=\"middle\">"
    ]
    for (node, x, depth) in places where isSplit(node, depth) {
      for (child, answer) in [(Int(tree.left[node]), "yes"), (Int(tree.right[node]), "no")] {
        let to = xOf[child] ?? x
        let (from, end) = (top(depth) + Self.boxHeight, top(depth + 1))
        lines.append(
          "<path d=\"M\(number(x)) \(number(from))L\(number(to)) \(number(end))\" stroke=\"#888\"/>")
        let side = to < x ? -12.0 : 12.0
        lines.append(
          "<text x=\"\(number((x + to) / 2 + side))\" y=\"\(number((from + end) / 2))\" fill=\"#666\" "
            + "stroke=\"#fff\" stroke-width=\"4\" paint-order=\"stroke\">"
            + "\(answer)</text>")
      }
    }
    for (node, x, depth) in places.sorted(by: { ($0.depth, $0.x) < ($1.depth, $1.x) }) {
      lines += box(node, x, depth)
    }
    lines.append("</svg>")
    return lines.joined(separator: "\n") + "\n"
  }

  private func box(_ node: Int, _ x: Double, _ depth: Int) -> [String] {
    let y = top(depth)
    let isLeaf = tree.features[node] < 0
    let rows = TreeNames.short(Double(tree.covers[node]), digits: 6) + " rows"
    let prediction = names.prediction(means[node * width..<(node + 1) * width])
    let below = isLeaf ? "" : "\(tree.countBelow(node)) nodes below"
    let lines =
      isSplit(node, depth)
      ? [names.question(tree, node), rows, prediction]
      : isLeaf ? [prediction, rows] : [below, rows, prediction]
    let title = [isLeaf ? "leaf" : names.question(tree, node), rows, prediction].joined(separator: "\n")
    var result = [
      "<g><title>\(escaped(title))</title><rect x=\"\(number(x - Self.boxWidth / 2))\" y=\"\(number(y))\" "
        + "width=\"\(number(Self.boxWidth))\" height=\"\(number(Self.boxHeight))\" rx=\"6\" "
        + "fill=\"\(isLeaf ? "#e8f1ea" : "#f4f4f6")\" stroke=\"#888\"/>"
    ]
    let first = y + Self.boxHeight / 2 + 4 - Double(lines.count - 1) * 8
    for (place, line) in lines.enumerated() {
      let weight = place == 0 ? " font-weight=\"600\"" : ""
      result.append(
        "<text x=\"\(number(x))\" y=\"\(number(first + 16 * Double(place)))\"\(weight)>"
          + "\(escaped(shortened(line)))</text>")
    }
    result.append("</g>")
    return result
  }

  /// As much of a line as fits in a box; the whole is in its title.
  private func shortened(_ line: String) -> String { line.count > 26 ? line.prefix(25) + "…" : line }

  private func number(_ value: Double) -> String { TreeNames.short(value, digits: 6) }

  private func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      // What XML cannot hold.
      case _ where scalar.value < 32 && scalar != "\n" && scalar != "\t": result += "\u{fffd}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
