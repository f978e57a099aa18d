extension Report {
  /// How many samples of each class were predicted to be of each.
  public struct ConfusionMatrix: Sendable {
    /// The classes in the order of their labels.
    public let classNames: [String]
    /// `counts[truth][prediction]`; rows and columns that are missing count as zeros.
    public let counts: [[Int]]

    /// Beyond this many classes nobody reads a matrix: its most frequent confusions are listed then.
    static let classLimit = 40
    /// How many of these confusions are listed.
    static let listedCount = 25

    /// A confusion matrix.
    ///
    /// - Parameters:
    ///   - classNames: The classes in the order of their labels.
    ///   - counts: `counts[truth][prediction]`, the number of samples of a class that were predicted to be of another.
    public init(classNames: [String], counts: [[Int]]) {
      self.classNames = classNames
      self.counts = counts
    }

    func count(_ truth: Int, _ prediction: Int) -> Int {
      counts.indices.contains(truth) && counts[truth].indices.contains(prediction)
        ? counts[truth][prediction] : 0
    }

    /// How many samples are of a class.
    func support(_ truth: Int) -> Int { classNames.indices.reduce(0) { $0 + count(truth, $1) } }
  }
}

extension Report.ConfusionMatrix {
  /// The matrix, colored by the share of the row, and the meaning of its colors.
  func html() -> String {
    guard classNames.count <= Self.classLimit else { return confusions.html() }
    let head = classNames.map { "<th scope=\"col\"><span>\(HTML.text($0))</span></th>" }
    let rows = classNames.indices.map { truth in
      let cells = classNames.indices.map { cell(truth: truth, prediction: $0) }
      return "<tr><th scope=\"row\">\(HTML.text(classNames[truth]))</th>\(cells.joined())</tr>"
    }
    return """
      <div class="scroll" role="region" aria-label="Confusion matrix" tabindex="0"><table class="matrix">
      <thead><tr><td></td>\(head.joined())</tr></thead>
      <tbody>
      \(rows.joined(separator: "\n"))
      </tbody>
      </table></div>
      <p class="axes"><span>Rows: true classes. Columns: predicted classes.</span>\
      <span><i class="right"></i>right</span><span><i class="wrong"></i>wrong</span></p>
      """
  }

  private func cell(truth: Int, prediction: Int) -> String {
    let count = count(truth, prediction)
    let title = HTML.escaped("\(count) × \(classNames[truth]), predicted \(classNames[prediction])")
    guard count > 0 else { return "<td class=\"zero\" title=\"\(title)\">0</td>" }
    // The root makes the few per cent of a mistake visible beside the ninety of what is right.
    let share = Double(count) / Double(max(1, support(truth)))
    let alpha = truth == prediction ? 0.12 + 0.83 * share : min(0.95, 0.06 + 1.1 * share.squareRoot())
    var kinds: [String] = truth == prediction ? [] : ["miss"]
    if alpha > 0.55 { kinds.append("strong") }
    let kind = kinds.isEmpty ? "" : " class=\"\(kinds.joined(separator: " "))\""
    return
      "<td\(kind) style=\"--a:\(Format.fixed(alpha, 2))\" title=\"\(title)\">\(Format.grouped(count))</td>"
  }

  /// The most frequent confusions as a table.
  private var confusions: Report.Table {
    var found: [(truth: Int, prediction: Int, count: Int)] = []
    for truth in classNames.indices {
      for prediction in classNames.indices where prediction != truth && count(truth, prediction) > 0 {
        found.append((truth, prediction, count(truth, prediction)))
      }
    }
    found.sort { ($1.count, $0.truth, $0.prediction) < ($0.count, $1.truth, $1.prediction) }
    return Report.Table(
      ["True class", .init("Predicted class", .leading), "Samples", "Share of the class"],
      rows: found.prefix(Self.listedCount).map { truth, prediction, count in
        [
          .init(classNames[truth]), .init(classNames[prediction]), .count(count),
          .percent(Double(count) / Double(max(1, support(truth)))),
        ]
      })
  }
}
