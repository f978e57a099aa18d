import ApusGraph
import ApusKernels

/// A graph made ready to run: a flat array of steps over a planned arena. A run allocates nothing and looks
/// nothing up; it gives new addresses to what callers bind and calls one C function after another.
///
/// Not to be run by two threads at once; everything goes through `Engine`.
public final class Program: @unchecked Sendable {
  /// Values that a caller binds, in the order of `run`'s inputs: the graph's placeholders, then those computed leaves
  /// that are not part of the program.
  public let leaves: [Value]
  /// Types of the outputs.
  public let outputTypes: [TensorType]
  /// Bytes of the arena, and the most bytes that are alive at once.
  public let arenaByteCount: Int, liveByteCount: Int
  /// One line a step: name and origin.
  public let stepNames: [String]

  private let steps: UnsafeMutablePointer<apus_step>
  private let stepCount: Int
  private let faults: [() -> GraphError?]
  private let origins: [Origin]
  private let arena: Buffer
  private let constants: [Literal]
  private let cleanups: [() -> Void]
  /// For each bound input and output: who has to know its address, and where in the block.
  private let inputSetters: [[(byteOffset: Int, set: Binder.Setter)]]
  private let outputSetters: [[(byteOffset: Int, set: Binder.Setter)]]
  private var inputAddresses: [UnsafeMutableRawPointer?]
  private var outputAddresses: [UnsafeMutableRawPointer?]

  /// Compiles a graph.
  ///
  /// - Parameters:
  ///   - graph: What to compute.
  ///   - updates: Outputs that are written into the memory of an input, by number: state updated in place.
  ///   - promoted: Small computed leaves that must stay inputs because their values change.
  ///   - isNested: Whether this is the body of a loop in another program.
  ///   - optimizations: What may be done to make the program faster or smaller.
  /// - Throws: `GraphError` when an operation could not be traced or is not supported.
  public init(
    _ graph: Graph, updates: [Int: Int] = [:], promoted: Set<ObjectIdentifier> = [], isNested: Bool = false,
    optimizations: Optimizations = .standard
  ) throws {
    if let failure = graph.failure { throw failure }
    // Small constants become part of the program; every other leaf is bound by the caller.
    var placeholders: [Node: [Value]] = [:]
    var leaves = graph.inputs
    for vertex in graph.vertices where vertex.isComputed {
      let types = vertex.node.types
      if types.count == 1, types[0].shape.elementCount <= GraphKey.smallLimit,
        !promoted.contains(ObjectIdentifier(vertex.node))
      {
        continue
      }
      placeholders[vertex.node] = types.map { Value.input($0.dtype, $0.shape) }
      leaves += types.indices.map { Value(node: vertex.node, index: $0) }
    }
    self.leaves = leaves
    let extra = leaves.dropFirst(graph.inputs.count).map { placeholders[$0.node]![$0.index] }
    let bound = graph.rewritten(replacing: placeholders, extraInputs: extra)
    let lowering = try Lowering(
      try Passes.optimized(
        bound, disabled: optimizations.disabled, report: isNested ? nil : Diagnostics.passReport),
      optimizations)
    try lowering.finish(updates: updates)
    outputTypes = graph.outputs.map(\.type)

    let layout = ArenaLayout(lowering)
    arenaByteCount = layout.plan.byteCount
    liveByteCount = layout.plan.lowerBound
    arena = Buffer(byteCount: layout.plan.byteCount)
    constants = lowering.constants
    let binder = Binder()
    let built = try lowering.kernels.map { try $0.build(binder) }
    stepCount = built.count
    steps = UnsafeMutablePointer<apus_step>.allocate(capacity: max(1, built.count))
    for (index, step) in built.enumerated() { steps[index] = step.step }
    faults = built.map(\.fault)
    origins = lowering.kernels.map(\.origin)
    stepNames = lowering.kernels.map(\.name)

    var inputSetters: [[(byteOffset: Int, set: Binder.Setter)]] = Array(repeating: [], count: leaves.count)
    var outputSetters: [[(byteOffset: Int, set: Binder.Setter)]] = Array(
      repeating: [], count: outputTypes.count)
    for (storage, byteOffset, set) in binder.setters {
      let (root, offset) = layout.resolve(storage)
      let total = offset + byteOffset
      switch lowering.storages[root].kind {
      case .arena: set(arena.pointer + layout.offset(root) + total)
      case .constant(let number): set(constants[number].buffer.pointer + total)
      case .input(let number): inputSetters[number].append((total, set))
      case .output(let number): outputSetters[number].append((total, set))
      }
    }
    self.inputSetters = inputSetters
    self.outputSetters = outputSetters
    cleanups = binder.cleanups
    inputAddresses = Array(repeating: nil, count: inputSetters.count)
    outputAddresses = Array(repeating: nil, count: outputSetters.count)
    if !isNested { Diagnostics.dump(self) }
  }

  deinit {
    for cleanup in cleanups.reversed() { cleanup() }
    steps.deallocate()
  }

  /// Runs all steps over memory laid out as `leaves` and `outputTypes` say. To be called on the engine's thread.
  /// - Throws: `GraphError` when a step met bad data, such as an index out of range.
  public func run(inputs: [UnsafeMutableRawPointer], outputs: [UnsafeMutableRawPointer]) throws {
    for index in inputs.indices where inputAddresses[index] != inputs[index] {
      inputAddresses[index] = inputs[index]
      for setter in inputSetters[index] { setter.set(inputs[index] + setter.byteOffset) }
    }
    for index in outputs.indices where outputAddresses[index] != outputs[index] {
      outputAddresses[index] = outputs[index]
      for setter in outputSetters[index] { setter.set(outputs[index] + setter.byteOffset) }
    }
    let failed = apus_run_steps(steps, Int64(stepCount))
    guard failed < 0 else { throw error(ofStep: Int(failed)) }
  }

  private func error(ofStep step: Int) -> GraphError {
    faults[step]()
      ?? GraphError(.argument, stepNames[step], "the kernel failed", origin: origins[step])
  }
}

/// Lifetimes of a program's storages, and the plan made from them.
private struct ArenaLayout {
  let plan: MemoryPlan
  private let roots: [(root: Int, offset: Int)]
  private let blockOf: [Int: Int]

  init(_ lowering: Lowering) {
    var parents: [(storage: Int, offset: Int)?] = lowering.storages.map {
      $0.parent.map { ($0.storage, $0.byteOffset) }
    }
    let count = lowering.storages.count
    func root(_ storage: Int) -> (Int, Int) {
      var current = storage, offset = 0
      while let parent = parents[current] {
        offset += parent.offset
        current = parent.storage
      }
      return (current, offset)
    }
    var first = Array(repeating: Int.max, count: count), last = Array(repeating: -1, count: count)
    for (time, kernel) in lowering.kernels.enumerated() {
      for storage in kernel.reads + kernel.writes {
        let (root, _) = root(storage)
        first[root] = min(first[root], time)
        last[root] = max(last[root], time)
      }
    }
    // A result may take over the memory of an operand that nobody reads later.
    for (time, kernel) in lowering.kernels.enumerated() where lowering.optimizations.allows("inplace") {
      var taken = Set<Int>()
      for (write, read) in kernel.inPlace {
        let (operand, offset) = root(read)
        guard parents[write] == nil, offset == 0, write != operand,
          lowering.storages[write].kind == .arena, lowering.storages[operand].kind == .arena,
          lowering.storages[write].byteCount == lowering.storages[operand].byteCount, first[write] == time,
          last[operand] == time, !taken.contains(operand)
        else { continue }
        taken.insert(operand)
        parents[write] = (operand, 0)
        last[operand] = last[write]
      }
    }
    roots = (0..<count).map { root($0) }
    var blocks: [MemoryPlan.Block] = []
    var blockOf: [Int: Int] = [:]
    for storage in 0..<count
    where parents[storage] == nil && lowering.storages[storage].kind == .arena && last[storage] >= 0 {
      blockOf[storage] = blocks.count
      blocks.append(
        MemoryPlan.Block(
          byteCount: lowering.storages[storage].byteCount, first: first[storage], last: last[storage]))
    }
    self.blockOf = blockOf
    plan = MemoryPlan(blocks)
  }

  func resolve(_ storage: Int) -> (root: Int, offset: Int) { roots[storage] }
  func offset(_ root: Int) -> Int { blockOf[root].map { plan.offsets[$0] } ?? 0 }
}
