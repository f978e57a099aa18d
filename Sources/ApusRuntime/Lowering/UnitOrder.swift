import ApusGraph

/// The order in which the units of a program run.
///
/// Among the units that are ready the one comes first whose operations were asked for first. But one that frees as
/// much memory as it takes comes before all others: the gradient of a weight is computed as soon as it can be, so that
/// the activation that it is made from does not wait for the end of the backward pass. Only results that leave the
/// program wait for their turn, as they may be written over what others still read.
struct UnitOrder {
  /// The units in that order.
  let ordered: [FusionGroups.Unit]

  /// - Parameters:
  ///   - graph: What the units are made of.
  ///   - units: What is to be ordered; predecessors are numbers of units.
  ///   - savesMemory: Whether memory counts.
  init(_ graph: Graph, _ units: [FusionGroups.Unit], savesMemory: Bool) {
    var lifetimes = Lifetimes(graph, units)
    var waiting = units.map(\.predecessors.count)
    var successors: [[Int]] = Array(repeating: [], count: units.count)
    for (number, unit) in units.enumerated() {
      for predecessor in unit.predecessors { successors[predecessor].append(number) }
    }
    var isReady = Array(repeating: false, count: units.count), isDone = isReady
    var patient = Heap<Ready>(), urgent = Heap<Ready>()
    func insert(_ number: Int) {
      let entry = Ready(time: units[number].members.last!, unit: number)
      if savesMemory, lifetimes.growth(number) <= 0 { urgent.insert(entry) } else { patient.insert(entry) }
    }
    for number in units.indices where waiting[number] == 0 {
      isReady[number] = true
      insert(number)
    }
    var ordered: [FusionGroups.Unit] = []
    ordered.reserveCapacity(units.count)
    while let next = urgent.popMinimum() ?? patient.popMinimum() {
      // A unit that became urgent while it waited is still among the patient ones.
      if isDone[next.unit] { continue }
      isDone[next.unit] = true
      ordered.append(units[next.unit])
      for last in lifetimes.run(next.unit) where isReady[last] && !isDone[last] { insert(last) }
      for successor in successors[next.unit] {
        waiting[successor] -= 1
        if waiting[successor] == 0 {
          isReady[successor] = true
          insert(successor)
        }
      }
    }
    precondition(ordered.count == units.count, "fusion made a loop wait for itself")
    self.ordered = ordered
  }

  private struct Ready: Comparable {
    let time: Int
    let unit: Int
    static func < (left: Ready, right: Ready) -> Bool { left.time < right.time }
  }
}

/// What the units of a graph write and read, and which readers are still to come.
private struct Lifetimes {
  /// Bytes of each vertex that leave its unit.
  private let byteCounts: [Int]
  /// The vertices in memory that each unit reads, and the units that have still to read each.
  private var reads: [[Int]]
  private var readers: [Set<Int>]
  /// The bytes that each unit writes.
  private let written: [Int]
  /// Whether a vertex is, or is seen through, a result of the graph.
  private var isHeld: [Bool]

  init(_ graph: Graph, _ units: [FusionGroups.Unit]) {
    var numbers: [ObjectIdentifier: Int] = [:]
    for (number, vertex) in graph.vertices.enumerated() { numbers[ObjectIdentifier(vertex.node)] = number }
    /// The vertex in whose memory a value lies; nil for what lies outside the arena or in none.
    func base(_ value: Value) -> Int? {
      var value = value
      while let number = numbers[ObjectIdentifier(value.node)] {
        let vertex = graph.vertices[number]
        if vertex.isComputed { return nil }
        switch vertex.node.op {
        case .input, .iota: return nil
        case .customGradient(let custom): value = vertex.inputs[custom.argumentCount + value.index]
        case let op where op.isView: value = vertex.inputs[0]
        default: return number
        }
      }
      return nil
    }
    let count = graph.vertices.count
    var maker: [Int?] = Array(repeating: nil, count: count)
    for (number, unit) in units.enumerated() { for member in unit.members { maker[member] = number } }
    readers = Array(repeating: [], count: count)
    reads = []
    var isPart = Array(repeating: true, count: count)
    for (number, unit) in units.enumerated() {
      var own = Set<Int>()
      for member in unit.members {
        for input in graph.vertices[member].inputs {
          guard let source = base(input), maker[source] != number else { continue }
          own.insert(source)
          readers[source].insert(number)
          if case .concatenate = graph.vertices[member].node.op { continue }
          isPart[source] = false
        }
      }
      reads.append(own.sorted())
    }
    isHeld = Array(repeating: false, count: count)
    for output in graph.outputs { if let source = base(output) { isHeld[source] = true } }
    var byteCounts = Array(repeating: 0, count: count)
    for (number, vertex) in graph.vertices.enumerated() {
      // What only goes into a larger block is computed in its place there.
      guard isHeld[number] || !readers[number].isEmpty && !isPart[number] else { continue }
      byteCounts[number] = vertex.node.types.reduce(0) { $0 + $1.byteCount }
    }
    self.byteCounts = byteCounts
    written = units.map { unit in unit.members.reduce(0) { $0 + byteCounts[$1] } }
  }

  /// How many bytes more are alive once a unit has run.
  func growth(_ unit: Int) -> Int {
    reads[unit].reduce(written[unit]) { growth, source in
      readers[source].count == 1 && !isHeld[source] ? growth - byteCounts[source] : growth
    }
  }

  /// Notes that a unit has run.
  /// - Returns: Units that are now the last to read something.
  mutating func run(_ unit: Int) -> [Int] {
    var last: [Int] = []
    for source in reads[unit] {
      readers[source].remove(unit)
      if readers[source].count == 1, !isHeld[source] { last.append(readers[source].first!) }
    }
    return last
  }
}
