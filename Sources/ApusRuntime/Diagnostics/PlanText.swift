import ApusGraph

extension Lowering {
  /// The kernels as lines, each with what it computes and which earlier lines it reads. To be asked after
  /// `separatePreparation`.
  /// - Parameter showsReorders: Whether changes of layout have lines. They depend on the processor: without them
  ///   the text is the same on every machine, and who reads a reordered value is said to read what it was made
  ///   from.
  /// - Returns: One line a kernel.
  func planText(showsReorders: Bool) -> String {
    var lines: [String] = []
    /// Who wrote a storage last: a line, an input, a constant. A change of layout stands for what it read.
    var writers: [Int: [String]] = [:]
    func sources(_ storage: Int) -> [String] {
      let root = root(storage)
      if let known = writers[root] { return known }
      switch storages[root].kind {
      case .input(let number): return ["input \(number)"]
      case .constant(let number): return ["constant \(number)"]
      case .output, .arena, .prepared: return []
      }
    }
    var number = 0
    for kernel in kernels {
      var read: [String] = []
      for source in kernel.reads.flatMap(sources) where !read.contains(source) { read.append(source) }
      if kernel.name == "reorder", !showsReorders {
        for storage in kernel.writes { writers[root(storage)] = read }
        continue
      }
      let isOnce = kernel.writes.contains { storages[root($0)].kind == .prepared }
      let operations = kernel.work.operations
      let shown = operations.count > 1 ? " (" + operations.joined(separator: " ") + ")" : ""
      let result = kernel.work.result.map { " : \($0)" } ?? ""
      lines.append(
        "\(number) \(isOnce ? "once " : "")\(kernel.name)\(shown)\(result)"
          + (read.isEmpty ? "" : " from " + read.joined(separator: ", ")))
      for storage in kernel.writes {
        // Several kernels may fill parts of one block.
        writers[root(storage), default: []].append("\(number)")
      }
      number += 1
    }
    return lines.joined(separator: "\n")
  }
}

/// What becomes of a graph: the optimized graph and the steps of its program as text, the same on every machine. The
/// bodies of loops follow the whole.
/// - Parameters:
///   - graph: What to compute.
///   - updates: Outputs that are written into the memory of an input, by number.
///   - kept: Inputs that hold the same at every run, by number; see `Program`.
/// - Returns: One line a kernel.
/// - Throws: `GraphError` when an operation could not be traced or is not supported.
package func planText(_ graph: Graph, updates: [Int: Int] = [:], keeping kept: Set<Int>? = nil) throws
  -> String
{
  let lowering = try Engine.shared.run {
    try Lowering.lowered(graph, updates: updates, keeping: kept, Optimizations()).lowering
  }
  _ = lowering.separatePreparation()
  var text = "\(lowering.graph)\n\n\(lowering.planText(showsReorders: false))\n"
  for (number, vertex) in lowering.graph.vertices.enumerated() {
    for (name, body) in vertex.node.op.bodies {
      text += "\n\(name) of %\(number)\n\(try planText(body))"
    }
  }
  return text
}

extension Op {
  /// The graphs that the operation runs, by what they are to it.
  fileprivate var bodies: [(name: String, body: Graph)] {
    switch self {
    case .scan(let spec): [("body", spec.body)]
    case .whileLoop(let condition, let body): [("condition", condition), ("body", body)]
    default: []
    }
  }
}
