import ApusGraph

/// Computes values and keeps the results in their nodes.
public enum Evaluator {
  /// Computes `roots` in one program. When one of them cannot be traced it is left out, unless `required`.
  public static func evaluate(_ roots: [Value], required: [Value]) throws {
    for value in required { if let failure = value.failure { throw failure } }
    throw GraphError(.argument, "evaluate", "the executor is not there yet")
  }
}
