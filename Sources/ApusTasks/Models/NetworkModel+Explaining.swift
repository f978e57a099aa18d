/// A network that shows what in an example its outputs came from.
public protocol ExplainingNetwork: NetworkBlueprint {
  /// What in an example an output came from.
  /// - Throws: errors where it cannot be shown.
  func explain(_ model: NetworkModel, _ examples: Examples, row: Int, output: Int) throws -> Explanation
}

extension NetworkModel: Explainable {
  /// What in an example an output came from; nil for networks that do not show it.
  public func explain(_ examples: Examples, row: Int, output: Int) throws -> Explanation? {
    try (blueprint as? any ExplainingNetwork)?.explain(self, examples, row: row, output: output)
  }
}
