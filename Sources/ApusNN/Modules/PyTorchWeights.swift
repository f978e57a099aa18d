import ApusGraph
import ApusIO
import ApusTensor

/// A model that differs from what other frameworks' files hold by more than the names and axes that are always turned.
package protocol WeightAdapting: Module {
  /// A PyTorch state dictionary with modules named as they are here.
  func adapted(pyTorch tensors: [String: Literal]) -> [String: Literal]
  /// Keras's variables with the values that they need here.
  func adapted(keras variables: [KerasVariable]) -> [KerasVariable]
}

extension Module {
  /// Gives parameters the values of a PyTorch state dictionary, whose modules go by the same names.
  ///
  /// `weight` becomes `kernel`, with its axes turned from `[filters, channels, height, width]` and
  /// `[units, features]` to the order here, or `gamma` of a normalisation; `running_mean` becomes `movingMean`.
  /// Counters of batches are left out.
  /// - Parameter strict: Whether every parameter must be given and every tensor be used.
  /// - Throws: `LoadError` when strict and something does not fit; the model is unchanged then.
  @discardableResult
  public func load(pyTorch tensors: [String: Literal], strict: Bool = true) throws -> LoadReport {
    let known = Set(try parameters().map(\.name))
    let tensors = (self as? any WeightAdapting)?.adapted(pyTorch: tensors) ?? tensors
    var renamed: [String: Tensor] = [:]
    for (name, literal) in tensors where !name.hasSuffix("num_batches_tracked") {
      let (own, isKernel) = Self.name(ofPyTorch: name, among: known)
      renamed[own] = isKernel ? Self.turned(literal) : Tensor(literal)
    }
    try evaluate(Array(renamed.values))
    return try load(named: renamed.mapValues { try $0.literal() }, strict: strict)
  }

  private static func name(ofPyTorch name: String, among known: Set<String>) -> (String, isKernel: Bool) {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    let prefix = parts.dropLast().map { $0 + "." }.joined()
    let candidates: [String] =
      switch parts.last ?? "" {
      case "weight": ["kernel", "gamma", "embeddings"]
      case "bias": ["bias", "beta"]
      case "running_mean": ["movingMean"]
      case "running_var": ["movingVariance"]
      default: []
      }
    let found = candidates.first { known.contains(prefix + $0) }
    return (found.map { prefix + $0 } ?? name, found == "kernel")
  }

  /// Filters or units last, channels or features before them, and the window's axes in front.
  private static func turned(_ literal: Literal) -> Tensor {
    let tensor = Tensor(literal)
    let rank = literal.shape.rank
    guard rank >= 2 else { return tensor }
    return tensor.transposed(Array(2..<rank) + [1, 0])
  }
}
