import ApusGraph

/// Gathers elementwise operations and reductions into loops, each one pass over memory.
///
/// A node joins the loops of its producers that run over the same shape, and so merges them, unless a path
/// leaves the loop and comes back: then the loop would have to wait for itself.
struct FusionGroups {
  struct Unit {
    /// Numbers of vertices, ascending.
    var members: [Int]
    /// Whether the members make one fused loop; otherwise there is one member with a kernel of its own.
    var isLoop: Bool
    /// The space a loop runs over.
    var space: Shape?
    /// The axes that reductions of the loop fold, once there is one.
    var reducedAxes: [Int]?
    /// Units that have to come first.
    var predecessors: Set<Int>
  }

  /// Units in an order in which they can run.
  let ordered: [Unit]

  /// Loops beyond this many members would run out of registers.
  private static let memberLimit = 96

  /// - Parameters:
  ///   - graph: What is grouped.
  ///   - fuses: Whether operations share loops; otherwise each has one of its own.
  ///   - savesMemory: Whether units that free memory run early; see `UnitOrder`.
  init(_ graph: Graph, fuses: Bool = true, savesMemory: Bool = true) {
    var units: [Unit] = []
    var redirect: [Int] = []
    /// The unit that computes each vertex, nil for leaves; view operations have none of their own.
    var unitOf: [Int?] = Array(repeating: nil, count: graph.vertices.count)
    /// Units that have to run before a vertex can be read.
    var sources: [[Int]] = Array(repeating: [], count: graph.vertices.count)
    var number: [ObjectIdentifier: Int] = [:]

    func find(_ unit: Int) -> Int {
      var root = unit
      while redirect[root] != root { root = redirect[root] }
      var walk = unit
      while redirect[walk] != root { (redirect[walk], walk) = (root, redirect[walk]) }
      return root
    }

    /// Whether any of `starts` depends on `target`.
    func reaches(_ starts: [Int], _ target: Int) -> Bool {
      let lowest = units[target].members[0]
      var seen = Set<Int>()
      var stack = starts.map(find)
      while let unit = stack.popLast() {
        if unit == target { return true }
        guard seen.insert(unit).inserted, units[unit].members.last! > lowest else { continue }
        for predecessor in units[unit].predecessors { stack.append(find(predecessor)) }
      }
      return false
    }

    for (index, vertex) in graph.vertices.enumerated() {
      number[ObjectIdentifier(vertex.node)] = index
      if vertex.isComputed { continue }
      let op = vertex.node.op
      if case .input = op { continue }
      let inputNumbers = vertex.inputs.map { number[ObjectIdentifier($0.node)]! }
      let needed = inputNumbers.flatMap { sources[$0] }
      if op.isView {
        sources[index] = Array(Set(needed.map(find)))
        continue
      }
      var space: Shape?
      var axes: [Int]?
      if op.isFusible {
        if case .reduce(_, let reduced) = op {
          axes = reduced
          space = vertex.inputs[0].shape
        } else {
          space = vertex.node.types[0].shape
        }
      }
      var unit = units.count
      units.append(
        Unit(
          members: [index], isLoop: op.isFusible, space: space, reducedAxes: axes,
          predecessors: Set(needed.map(find))))
      redirect.append(unit)
      if op.isFusible, fuses {
        // Only producers read directly are joined: through a view the elements would not line up.
        let candidates = Set(inputNumbers.compactMap { unitOf[$0].map(find) }).sorted()
        for candidate in candidates {
          let candidate = find(candidate)
          guard candidate != find(unit), units[candidate].isLoop, units[candidate].space == space,
            units[candidate].members.count + units[find(unit)].members.count <= Self.memberLimit,
            units[candidate].reducedAxes == nil || units[find(unit)].reducedAxes == nil
              || units[candidate].reducedAxes == units[find(unit)].reducedAxes,
            isDirect(from: candidate, to: find(unit)), isDirect(from: find(unit), to: candidate)
          else { continue }
          let own = find(unit)
          let others = units[own].predecessors.filter { find($0) != candidate }
          if reaches(Array(others), candidate) { continue }
          let back = units[candidate].predecessors.filter { find($0) != own }
          if reaches(Array(back), own) { continue }
          merge(own, into: candidate)
          unit = candidate
        }
      }
      unitOf[index] = find(unit)
      sources[index] = [find(unit)]
    }

    /// Whether every value of `producer` that `consumer` reads comes straight from an elementwise member: through
    /// a view the elements would not line up, and a reduction gives its result only when its loop is over.
    func isDirect(from producer: Int, to consumer: Int) -> Bool {
      for member in units[consumer].members {
        for input in graph.vertices[member].inputs {
          let source = number[ObjectIdentifier(input.node)]!
          guard let unit = unitOf[source] else {
            if sources[source].contains(where: { find($0) == producer }) { return false }
            continue
          }
          if find(unit) == producer, case .reduce = graph.vertices[source].node.op { return false }
        }
      }
      return true
    }

    func merge(_ small: Int, into large: Int) {
      redirect[small] = large
      units[large].members = (units[large].members + units[small].members).sorted()
      units[large].predecessors.formUnion(units[small].predecessors)
      units[large].predecessors = Set(units[large].predecessors.map(find)).subtracting([large])
      units[large].reducedAxes = units[large].reducedAxes ?? units[small].reducedAxes
    }

    // Merged units are counted anew, without gaps.
    let roots = units.indices.filter { find($0) == $0 }
    let place = Dictionary(uniqueKeysWithValues: roots.enumerated().map { ($1, $0) })
    let merged = roots.map { root in
      var unit = units[root]
      unit.predecessors = Set(unit.predecessors.map { place[find($0)]! }).subtracting([place[root]!])
      return unit
    }
    ordered = UnitOrder(graph, merged, savesMemory: savesMemory).ordered
  }
}
