import ApusGraph

extension Lowering {
  /// Puts every output of the graph where the caller wants it.
  /// - Parameter updates: Outputs whose memory is that of an input. Such an output is computed in place when nobody
  ///   reads the old value afterwards, and copied at the end otherwise.
  /// - Throws: `GraphError` when an output cannot be read or is too large.
  func finish(updates: [Int: Int]) throws {
    var copiesAtEnd: [(from: View, output: Int)] = []
    var direct: [(output: Int, storage: Int)] = []
    for (index, output) in graph.outputs.enumerated() {
      let source = try view(output)
      if let storage = source.storage, source.isContiguous, source.offset == 0,
        storages[storage].kind == .arena,
        storages[storage].parent == nil, storages[storage].byteCount == output.type.byteCount,
        isOwnResult(storage),
        !direct.contains(where: { $0.storage == storage })
      {
        direct.append((index, storage))
      } else if updates[index] != nil, !isArena(source) {
        // The old value of another cell, which may be overwritten before the copies at the end.
        copiesAtEnd.append((try copied(source), index))
      } else {
        copiesAtEnd.append((source, index))
      }
    }
    for (output, storage) in direct {
      if let input = updates[output], !canUpdateInPlace(storage, input: input) {
        copiesAtEnd.append((contiguousView(storage, graph.outputs[output].type), output))
      } else {
        setKind(storage, .output(output))
      }
    }
    for (source, output) in copiesAtEnd {
      let type = graph.outputs[output].type
      let target = contiguousView(newStorage(.output(output), byteCount: type.byteCount), type)
      if let impossible { throw impossible }
      if type.shape.elementCount > 0 { try emitCopy(from: source, to: target) }
    }
  }

  private func isArena(_ view: View) -> Bool {
    guard let storage = view.storage else { return false }
    return storages[storage].kind == .arena
  }

  private func canUpdateInPlace(_ storage: Int, input: Int) -> Bool {
    guard let old = storages.firstIndex(where: { $0.kind == .input(input) }) else { return true }
    guard let firstWrite = kernels.firstIndex(where: { $0.writes.contains(where: { root($0) == storage }) })
    else {
      return false
    }
    return kernels.enumerated().allSatisfy { time, kernel in
      guard kernel.reads.contains(old) else { return true }
      if time < firstWrite { return true }
      return time == firstWrite && optimizations.allows("inplace")
        && kernel.inPlace.contains { $0.write == storage && $0.read == old }
    }
  }

  /// The storage that a storage is, in the end, a part of.
  func root(_ storage: Int) -> Int { place(storage).root }

  /// The storage that a storage is, in the end, a part of, and where in it, in bytes.
  func place(_ storage: Int) -> (root: Int, byteOffset: Int) {
    var current = storage, offset = 0
    while let parent = storages[current].parent {
      offset += parent.byteOffset
      current = parent.storage
    }
    return (current, offset)
  }
}
