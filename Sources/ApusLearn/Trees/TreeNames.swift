import Foundation

/// What columns, levels and classes are called where trees are shown to people.
public struct TreeNames: Sendable {
  /// The columns.
  public var columns: [FeatureMatrix.Column]
  /// The names of the levels of categories, by column; levels without a name are shown as numbers.
  public var levels: [String: [String]]
  /// The names of the classes; nil for trees that predict numbers.
  public var classes: [String]?

  /// Names of columns, levels and classes.
  public init(
    columns: [FeatureMatrix.Column], levels: [String: [String]] = [:], classes: [String]? = nil
  ) {
    self.columns = columns
    self.levels = levels
    self.classes = classes
  }

  /// Most levels of a set that are named one by one.
  private static let most = 4

  /// The question of a node, to which yes is the left side.
  func question(_ tree: TreeNodes, _ node: Int) -> String {
    let column = Int(tree.features[node])
    let name = columns.indices.contains(column) ? columns[column].name : "column \(column)"
    guard let words = tree.levels[node] else {
      // Only missing values are not left of infinity.
      if tree.thresholds[node] == .infinity { return "\(name) is known" }
      return "\(name) ≤ \(Self.short(Double(tree.thresholds[node])))"
    }
    let names = levels[name] ?? []
    let left = (0..<words.count * 32).filter { words[$0 / 32] >> UInt32($0 % 32) & 1 == 1 }
    let listed = left.prefix(Self.most).map { $0 < names.count ? names[$0] : "level \($0)" }
    let rest = left.count > Self.most ? " or \(left.count - Self.most) more" : ""
    return "\(name) is " + listed.joined(separator: ", ") + rest
  }

  /// What a node predicts: a number, or the likeliest class with its share.
  func prediction(_ values: ArraySlice<Double>) -> String {
    let values = Array(values)
    guard values.count > 1 else { return Self.short(values.first ?? 0) }
    let best = values.indices.reduce(0) { values[$1] > values[$0] ? $1 : $0 }
    let name = classes.flatMap { best < $0.count ? $0[best] : nil } ?? "class \(best)"
    return "\(name) \(Self.short(100 * values[best], digits: 3)) %"
  }

  /// A number in few digits.
  static func short(_ number: Double, digits: Int = 4) -> String {
    guard number.isFinite, number != 0 else { return number == 0 ? "0" : "\(number)" }
    let magnitude = Int(log10(abs(number)).rounded(.down))
    guard magnitude > -4, magnitude < 9 else {
      let power = pow(10, Double(digits - 1 - magnitude))
      return "\((number * power).rounded() / power)"
    }
    let places = max(0, digits - 1 - magnitude)
    var text = String(format: "%.\(places)f", number)
    if text.contains(".") {
      while text.hasSuffix("0") { text.removeLast() }
      if text.hasSuffix(".") { text.removeLast() }
    }
    return text
  }
}
