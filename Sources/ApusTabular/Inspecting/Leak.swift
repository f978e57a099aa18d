import ApusReport

/// Columns that tell the target too well: most often they are the target in other words, or known only after it.
public struct Leak: Sendable, Equatable {
  /// What was found.
  public enum Kind: String, Sendable, Codable {
    /// One column alone predicts the target nearly perfectly.
    case predictsAlone
    /// One column rises and falls as the target does.
    case copy
    /// A sum or difference of columns is the target.
    case combination
  }

  /// What was found.
  public let kind: Kind
  /// The columns.
  public let columns: [String]
  /// What was found, in words.
  public let text: String
}

/// A column of the training rows in numbers, for the look at leaks.
enum LeakColumn {
  /// Numbers, NaN where they are missing.
  case numbers([Double])
  /// The level of each row; missing is a level of its own.
  case levels([Int])
}

/// Looks for columns that tell the target too well.
struct LeakGuard {
  /// The share of the target's variance, or of the errors of the largest class, that one column explains in a leak.
  static let variance = 0.99, errors = 0.98
  /// Spearman's rank correlation of a near copy.
  static let correlation = 0.999
  /// Fewer rows say nothing.
  static let smallestTable = 50
  /// More rows are sampled, evenly.
  static let sampleLimit = 20_000
  /// Columns whose sums and differences are looked at, the first ones.
  static let combinedLimit = 40

  let names: [String]
  let columns: [LeakColumn]
  let target: LeakColumn

  /// The leaks, in the order of the columns.
  func leaks() -> [Leak] {
    let count = target.count
    guard count >= Self.smallestTable else { return [] }
    var found: [Leak] = []
    for (name, column) in zip(names, columns) {
      let score = OneColumnTree(column, target).score()
      if case .numbers(let values) = column, case .numbers(let truths) = target {
        let rank = abs(spearman(values, truths))
        if rank > Self.correlation {
          found.append(
            Leak(
              kind: .copy, columns: [name],
              text: "it rises and falls as the target does (rank correlation \(Format.fixed(rank, 4)))"))
          continue
        }
      }
      switch target {
      case .numbers where score > Self.variance:
        found.append(
          Leak(
            kind: .predictsAlone, columns: [name],
            text: "it alone predicts the target nearly perfectly (R² \(Format.fixed(score, 3)) out of fold)"))
      case .levels where score > Self.errors:
        found.append(
          Leak(
            kind: .predictsAlone, columns: [name],
            text:
              "it alone predicts the target nearly perfectly (out of fold, \(Format.percent(score)) of the errors of "
              + "always saying the largest class are avoided)"))
      default: break
      }
    }
    let known = Set(found.flatMap(\.columns))
    return found + combinations(without: known)
  }

  /// Sums and differences of two or three columns that are the target.
  private func combinations(without known: Set<String>) -> [Leak] {
    guard case .numbers(let truths) = target else { return [] }
    let numeric = zip(names, columns).compactMap { name, column -> (name: String, values: [Double])? in
      guard case .numbers(let values) = column, !known.contains(name) else { return nil }
      return (name, values)
    }.prefix(Self.combinedLimit)
    let probe = truths.indices.filter { row in
      truths[row].isFinite && numeric.allSatisfy { $0.values[row].isFinite }
    }.prefix(8)
    guard probe.count == 8 else { return [] }
    func isTarget(_ places: [Int], _ signs: [Double], _ rows: some Sequence<Int>) -> Bool {
      var seen = 0, wrong = 0
      for row in rows {
        var (sum, size) = (0.0, abs(truths[row]))
        for (place, sign) in zip(places, signs) {
          sum += sign * numeric[place].values[row]
          size = max(size, abs(numeric[place].values[row]))
        }
        guard sum.isFinite, truths[row].isFinite else { continue }
        seen += 1
        if abs(sum - truths[row]) > 1e-9 * max(size, 1e-300) { wrong += 1 }
        if wrong * 100 > truths.count { return false }
      }
      return wrong * 100 <= seen && seen > 0
    }
    let signs: [[Double]] = [[1, 1], [1, -1], [-1, 1], [-1, -1]]
    var found: [Leak] = [], used: Set<Int> = []
    func look(_ places: [Int], _ signs: [[Double]]) {
      guard used.isDisjoint(with: places) else { return }
      for choice in signs
      where probe.allSatisfy({ isTarget(places, choice, [$0]) }) && isTarget(places, choice, truths.indices) {
        let formula = zip(places, choice).map { "\($1 < 0 ? "- " : "+ ")\(numeric[$0].name)" }
          .joined(separator: " ")
        let text = formula.hasPrefix("+ ") ? String(formula.dropFirst(2)) : formula
        found.append(
          Leak(kind: .combination, columns: places.map { numeric[$0].name }, text: "\(text) is the target"))
        used.formUnion(places)
        return
      }
    }
    for a in numeric.indices { for b in numeric.indices where b > a { look([a, b], signs) } }
    let three = [1.0, -1.0].flatMap { last in signs.map { pair in pair + [last] } }
    for a in numeric.indices {
      for b in numeric.indices where b > a {
        for c in numeric.indices where c > b { look([a, b, c], three) }
      }
    }
    return found
  }
}

extension LeakColumn {
  var count: Int {
    switch self {
    case .numbers(let all): all.count
    case .levels(let all): all.count
    }
  }
}

/// Spearman's rank correlation of the rows in which both are known; 0 where it is not defined.
private func spearman(_ left: [Double], _ right: [Double]) -> Double {
  let rows = left.indices.filter { left[$0].isFinite && right[$0].isFinite }
  guard rows.count >= LeakGuard.smallestTable, 2 * rows.count > left.count else { return 0 }
  func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start
      while end + 1 < order.count, values[order[end + 1]] == values[order[start]] { end += 1 }
      for place in start...end { ranks[order[place]] = Double(start + end) / 2 }
      start = end + 1
    }
    return ranks
  }
  let (a, b) = (ranks(rows.map { left[$0] }), ranks(rows.map { right[$0] }))
  let mean = Double(rows.count - 1) / 2
  let product = zip(a, b).reduce(0) { $0 + ($1.0 - mean) * ($1.1 - mean) }
  let squares = [a, b].map { $0.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } }
  return squares[0] > 0 && squares[1] > 0 ? product / (squares[0] * squares[1]).squareRoot() : 0
}
