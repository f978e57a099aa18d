/// The passes that every graph goes through before it is lowered, in order.
public enum Passes {
  /// A pass by name; the name switches it off in `APUS_DISABLE`.
  public struct Pass: Sendable {
    /// Name in `APUS_DISABLE` and in dumps.
    public let name: String
    /// Whether the executor cannot do without it.
    public let isRequired: Bool
    /// Graph in, graph out.
    public let apply: @Sendable (Graph) throws -> Graph
  }

  /// All passes in the order in which they run.
  public static let all: [Pass] = [
    Pass(name: "recomputation", isRequired: true, apply: RecomputationExpansion.apply),
    Pass(name: "scans", isRequired: false, apply: ScanMerging.apply),
    Pass(name: "hoist", isRequired: false, apply: ScanProjection.apply),
    Pass(name: "bfloat16", isRequired: true, apply: BFloat16Arithmetic.apply),
    Pass(name: "simplify", isRequired: false, apply: Simplification.apply),
    Pass(name: "cse", isRequired: false, apply: CommonSubexpressions.apply),
    Pass(name: "batchnorm", isRequired: false, apply: BatchNormFusion.apply),
    Pass(name: "pointwise", isRequired: false, apply: PointwiseConvolution.apply),
    Pass(name: "fold", isRequired: false, apply: ScaleFolding.apply),
    Pass(name: "epilogue", isRequired: false, apply: EpilogueFusion.apply),
    Pass(name: "recurrence", isRequired: false, apply: RecurrenceFusion.apply),
    Pass(name: "expand", isRequired: true, apply: CompositeExpansion.apply),
    Pass(name: "simplify", isRequired: false, apply: Simplification.apply),
    Pass(name: "cse", isRequired: false, apply: CommonSubexpressions.apply),
    Pass(name: "slices", isRequired: false, apply: BatchSlicing.apply),
  ]

  /// Runs the passes that `disabled` does not name.
  /// - Parameters:
  ///   - graph: What is optimized.
  ///   - disabled: Names of passes that are left out, unless the executor needs them.
  ///   - report: Told of the graph before and after each pass that changed it.
  /// - Returns: The graph that is lowered.
  /// - Throws: `GraphError` of a pass that the executor cannot do without.
  public static func optimized(
    _ graph: Graph, disabled: Set<String> = [], report: ((Pass, Graph, Graph) -> Void)? = nil
  ) throws -> Graph {
    var result = graph
    for pass in all where pass.isRequired || !disabled.contains(pass.name) {
      let before = result
      result = try pass.apply(before)
      if before !== result { report?(pass, before, result) }
    }
    return result
  }
}
