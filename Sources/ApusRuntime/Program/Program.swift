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
  /// Bytes of what is computed once and kept.
  public let preparedByteCount: Int
  /// Whether no step of a run is large enough to be shared among threads.
  public let isSmall: Bool
  /// What each step of a run does.
  public var stepNames: [String] { steps.names }
  /// What each step of the preparation does.
  public var preparationNames: [String] { preparation.names }

  let steps: StepList
  private let preparation: StepList
  private let arena: Buffer
  private let prepared: Buffer
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
  ///   - kept: Inputs that hold the same at every run until the caller asks for another preparation, as computed
  ///     leaves then do too: what depends on nothing else is computed once. Nothing is when nil.
  ///   - isNested: Whether this is the body of a loop in another program.
  ///   - optimizations: What may be done to make the program faster or smaller.
  /// - Throws: `GraphError` when an operation could not be traced or is not supported, or when there is too little
  ///   memory for what it computes on the way.
  public init(
    _ graph: Graph, updates: [Int: Int] = [:], promoted: Set<ObjectIdentifier> = [],
    keeping kept: Set<Int>? = nil, isNested: Bool = false, optimizations: Optimizations = .standard
  ) throws {
    let (lowering, leaves) = try Lowering.lowered(
      graph, updates: updates, promoted: promoted, keeping: kept, optimizations,
      report: isNested ? nil : Diagnostics.passReport)
    self.leaves = leaves
    outputTypes = graph.outputs.map(\.type)

    let parts = lowering.separatePreparation()
    let layout = ArenaLayout(lowering, parts.steps, kind: .arena)
    let preparedLayout = ArenaLayout(
      lowering, parts.preparation, kind: .prepared, kept: Set(parts.steps.flatMap(\.reads)))
    arenaByteCount = layout.plan.byteCount
    liveByteCount = layout.plan.lowerBound
    isSmall = parts.steps.allSatisfy { !$0.usesPool }
    preparedByteCount = preparedLayout.plan.byteCount
    arena = try lowering.memory(arenaByteCount, for: .arena, beside: preparedByteCount)
    prepared = try lowering.memory(preparedByteCount, for: .prepared, beside: arenaByteCount)
    constants = lowering.constants
    let binder = Binder()
    preparation = try StepList(parts.preparation, binder, isNested: isNested)
    steps = try StepList(parts.steps, binder, isNested: isNested)

    var inputSetters: [[(byteOffset: Int, set: Binder.Setter)]] = Array(repeating: [], count: leaves.count)
    var outputSetters: [[(byteOffset: Int, set: Binder.Setter)]] = Array(
      repeating: [], count: outputTypes.count)
    for (storage, byteOffset, set) in binder.setters {
      let (root, offset) = lowering.place(storage)
      let total = offset + byteOffset
      switch lowering.storages[root].kind {
      case .arena: set(arena.pointer + layout.offset(storage) + byteOffset)
      case .prepared: set(prepared.pointer + preparedLayout.offset(storage) + byteOffset)
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
    if !isNested { Diagnostics.dump(self, lowering) }
  }

  deinit { for cleanup in cleanups.reversed() { cleanup() } }

  /// Runs all steps over memory laid out as `leaves` and `outputTypes` say. To be called on the engine's thread.
  /// - Parameters:
  ///   - inputs: Where the values of `leaves` lie.
  ///   - outputs: Where the outputs are wanted.
  ///   - preparing: Whether the kept inputs may have changed since the last run. The first run must prepare.
  /// - Throws: `GraphError` when a step met bad data, such as an index out of range.
  public func run(
    inputs: [UnsafeMutableRawPointer], outputs: [UnsafeMutableRawPointer], preparing: Bool = true
  ) throws {
    for index in inputs.indices where inputAddresses[index] != inputs[index] {
      inputAddresses[index] = inputs[index]
      for setter in inputSetters[index] { setter.set(inputs[index] + setter.byteOffset) }
    }
    for index in outputs.indices where outputAddresses[index] != outputs[index] {
      outputAddresses[index] = outputs[index]
      for setter in outputSetters[index] { setter.set(outputs[index] + setter.byteOffset) }
    }
    if preparing { try preparation.run() }
    try steps.run()
  }
}
