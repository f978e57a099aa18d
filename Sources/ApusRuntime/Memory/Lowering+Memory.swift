import ApusGraph

extension Lowering {
  /// The memory for all storages of a kind.
  /// - Parameters:
  ///   - byteCount: How much they take.
  ///   - kind: The storages.
  ///   - other: Bytes that the program takes for storages of the other kind.
  /// - Returns: The block.
  /// - Throws: `GraphError` of kind `memory` that names the operation with the largest of them.
  func memory(_ byteCount: Int, for kind: Storage.Kind, beside other: Int) throws(GraphError) -> Buffer {
    if let buffer = try? Buffer(byteCount: byteCount) { return buffer }
    let largest = storages.indices.filter { storages[$0].kind == kind && storages[$0].parent == nil }
      .max { storages[$0].byteCount < storages[$1].byteCount }
    let kernel = largest.flatMap { storage in kernels.first { $0.writes.contains(storage) } }
    let plan = GraphError.byteText(byteCount + other)
    throw .outOfMemory(
      kernel?.name ?? "program", wanted: largest.map { storages[$0].byteCount } ?? byteCount,
      for: "the largest of the intermediate results; those that live at once take \(plan)",
      origin: kernel?.origin ?? Origin())
  }
}

extension Literal {
  /// Uninitialized values of some types, for the results of a run.
  /// - Parameters:
  ///   - types: Their types.
  ///   - operation: For each value, the operation that computes it and where it was asked for.
  /// - Returns: One value for each type.
  /// - Throws: `GraphError` of kind `memory` that names the operation whose result does not fit.
  package static func results(
    _ types: [TensorType], of operation: (Int) -> (name: String, origin: Origin)
  ) throws(GraphError) -> [Literal] {
    var results: [Literal] = []
    for (index, type) in types.enumerated() {
      guard let result = try? Literal(uninitialized: type.dtype, type.shape) else {
        let all = types.reduce(0) { $0.addingReportingOverflow($1.byteCount).partialValue }
        let (name, origin) = operation(index)
        throw .outOfMemory(
          name, wanted: type.byteCount,
          for: "\(type)"
            + (types.count > 1
              ? "; the \(types.count) results together take \(GraphError.byteText(all))" : ""),
          origin: origin)
      }
      results.append(result)
    }
    return results
  }
}
