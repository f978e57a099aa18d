/// How much is tried.
public struct Budget: Sendable, Equatable {
  /// The number of recipes that are tried at most; nil tries the most promising one and those that are quick.
  public var recipes: Int?

  /// A budget.
  public init(recipes: Int? = nil) { self.recipes = recipes }

  /// The recipes within the budget, the most promising first.
  func chosen(_ all: [any Recipe]) -> [any Recipe] {
    if let recipes { return Array(all.prefix(max(1, recipes))) }
    return all.enumerated().filter { $0.offset == 0 || $0.element.isQuick }.map(\.element)
  }
}
