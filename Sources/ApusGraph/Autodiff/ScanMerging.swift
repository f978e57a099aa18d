/// Makes one loop of scans that do the same and differ only in what they stack: a loop and the copy of it that
/// its gradient reads residuals from.
public enum ScanMerging {
  /// What two scans must share to be one.
  private struct Family: Hashable {
    let bodyInputs: [Value]
    let carries: [Value]
    let inputs: [Value]
    let length: Int
    let carryCount: Int
    let sequenceCount: Int
    let reverse: Bool

    init(_ spec: ScanSpec, _ inputs: [Value]) {
      bodyInputs = spec.body.inputs
      carries = Array(spec.body.outputs.prefix(spec.carryCount))
      self.inputs = inputs
      length = spec.length
      carryCount = spec.carryCount
      sequenceCount = spec.sequenceCount
      reverse = spec.reverse
    }
  }

  /// The graph with such scans merged.
  public static func apply(_ graph: Graph) -> Graph {
    var stacks: [Family: [Value]] = [:]
    var sizes: [Family: Int] = [:]
    for vertex in graph.vertices where !vertex.isComputed {
      guard case .scan(let spec) = vertex.node.op else { continue }
      let family = Family(spec, vertex.inputs)
      var all = stacks[family] ?? []
      for output in spec.body.outputs.dropFirst(spec.carryCount) where !all.contains(output) {
        all.append(output)
      }
      stacks[family] = all
      sizes[family, default: 0] += 1
    }
    guard sizes.values.contains(where: { $0 > 1 }) else { return graph }
    var merged: [Family: [Value]] = [:]
    return graph.rewritten { vertex, inputs in
      guard case .scan(let spec) = vertex.node.op else { return nil }
      let family = Family(spec, vertex.inputs)
      guard sizes[family, default: 0] > 1, let stacked = stacks[family] else { return nil }
      if merged[family] == nil {
        var wider = spec
        wider.body = Graph(inputs: spec.body.inputs, outputs: family.carries + stacked)
        merged[family] = Origin.$current.withValue(vertex.node.origin) { Node.apply(.scan(wider), inputs) }
      }
      guard let results = merged[family] else { return nil }
      return spec.body.outputs.enumerated().map { index, output in
        if index < spec.carryCount { return results[index] }
        return results[spec.carryCount + (stacked.firstIndex(of: output) ?? 0)]
      }
    }
  }
}
