import ApusGraph
import Synchronization

/// Programs by structure of their graphs, the least recently used thrown out first.
///
/// Small constants are part of a program at first. When the same structure comes back with another value, that
/// constant is promoted to an input and the program is made once more, for all values.
final class ProgramCache: @unchecked Sendable {
  static let shared = ProgramCache(capacity: 256)

  /// A program and how to find its inputs in a graph of the same structure.
  final class Entry: @unchecked Sendable {
    let program: Program
    /// For each of the program's leaves: vertex and result in the graph.
    let leaves: [(vertex: Int, result: Int)]
    let constantValues: [[UInt8]]
    let promoted: Set<Int>
    var lastUse: UInt64 = 0

    init(
      program: Program, leaves: [(vertex: Int, result: Int)], constantValues: [[UInt8]], promoted: Set<Int>
    ) {
      self.program = program
      self.leaves = leaves
      self.constantValues = constantValues
      self.promoted = promoted
    }

    func fits(_ values: [[UInt8]]) -> Bool {
      values.indices.allSatisfy { promoted.contains($0) || values[$0] == constantValues[$0] }
    }
  }

  private let capacity: Int
  /// Most bytes that the arenas of cached programs may take together; the newest program stays in any case.
  private static let byteLimit = 1 << 30
  private let state = Mutex<(entries: [GraphKey: Entry], clock: UInt64, shapeWarnings: Set<Int>)>(
    ([:], 0, []))

  init(capacity: Int) { self.capacity = capacity }

  /// The program for a graph without placeholders.
  func entry(for graph: Graph) throws -> Entry {
    let values = graph.key.constantValues
    let known = state.withLock { state -> Entry? in
      state.clock += 1
      guard let entry = state.entries[graph.key] else { return nil }
      entry.lastUse = state.clock
      return entry
    }
    if let known, known.fits(values) {
      Diagnostics.count { $0.hits += 1 }
      return known
    }
    var promoted = known?.promoted ?? []
    if let known {
      for index in values.indices where values[index] != known.constantValues[index] {
        promoted.insert(index)
      }
      Diagnostics.count { $0.promotions += 1 }
    }
    let entry = try make(graph, promoted: promoted)
    Diagnostics.count { $0.compilations += 1 }
    if Diagnostics.isDebugging {
      Diagnostics.show(
        "apus: compiled \(graph.vertices.count) operations (\(known == nil ? "new structure" : "constants became inputs"))"
      )
    }
    state.withLock { state in
      entry.lastUse = state.clock
      state.entries[graph.key] = entry
      evict(from: &state.entries)
    }
    return entry
  }

  /// Throws out what was not used for longest until the rest is few enough and small enough.
  private func evict(from entries: inout [GraphKey: Entry]) {
    var bytes = entries.values.reduce(0) { $0 + $1.program.arenaByteCount }
    while entries.count > 1, entries.count > capacity || bytes > Self.byteLimit,
      let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse })
    {
      bytes -= oldest.value.program.arenaByteCount
      entries[oldest.key] = nil
    }
  }

  private func make(_ graph: Graph, promoted: Set<Int>) throws -> Entry {
    var smallCount = 0
    var promotedNodes = Set<ObjectIdentifier>()
    var places: [Value: (vertex: Int, result: Int)] = [:]
    for (index, vertex) in graph.vertices.enumerated() where vertex.isComputed {
      for result in vertex.node.types.indices {
        places[Value(node: vertex.node, index: result)] = (index, result)
      }
      if vertex.node.types.count == 1, vertex.node.types[0].shape.elementCount <= GraphKey.smallLimit {
        if promoted.contains(smallCount) { promotedNodes.insert(ObjectIdentifier(vertex.node)) }
        smallCount += 1
      }
    }
    let program = try Program(graph, promoted: promotedNodes)
    return Entry(
      program: program, leaves: program.leaves.map { places[$0]! }, constantValues: graph.key.constantValues,
      promoted: promoted)
  }
}
