extension Manifest {
  /// A manifest of a model that solves a problem.
  public init(kind: String, problem: Problem, network: (any NetworkBlueprint)? = nil, origin: ModelOrigin)
    throws
  {
    self.init(kind: kind, origin: origin)
    input = try Coded(problem.input)
    target = try problem.target.map { try Coded($0) }
    self.network = try network.map { try Coded($0) }
  }
}
