import ApusGraph
import ApusRuntime
import Synchronization

/// A function on tensors that is traced once for each combination of input types and from then on replayed as a
/// program, with no tracing, hashing or look-up by structure.
///
/// Variables read in the body become inputs of the program, and variables assigned there are updated in place, so
/// the body can be a whole training step. Tensors captured by the body keep the values that they had when it was
/// traced: state that changes belongs into a `Variable`.
///
/// ```swift
/// let counter = Variable(0)
/// let step = CompiledFunction { inputs in
///   counter.assign(counter.tensor + 1)
///   return [inputs[0] * counter.tensor]
/// }
/// let y = try step([x])
/// ```
///
/// When a run throws because of its data (a label out of range, say), variables that were updated before the
/// failing operation keep their new values; in a training step all updates come after the checks.
public final class CompiledFunction: @unchecked Sendable {
  private let body: @Sendable ([Tensor]) throws -> [Tensor]
  private let entries = Mutex<[Entry]>([])
  private let hasWarned = Atomic<Bool>(false)
  /// Programs kept at once; beyond it the oldest goes.
  private static let capacity = 32
  /// Different input types after which a person is told what they cost.
  private static let warningCount = 6

  /// Wraps a function; nothing is traced yet.
  public init(_ body: @escaping @Sendable ([Tensor]) throws -> [Tensor]) { self.body = body }

  /// Runs the function, tracing and compiling it first if these input types are new or its traces are stale.
  /// - Throws: `GraphError` when operands do not fit or data is bad; whatever the body throws while traced.
  public func callAsFunction(_ inputs: [Tensor]) throws -> [Tensor] {
    // Inside another trace, or a function that is differentiated, the body simply becomes part of it.
    if TraceContext.current != nil || GradientRecording.isActive { return try body(inputs) }
    return try callAsFunction(try inputs.map { try $0.literal() }).map { Tensor($0) }
  }

  /// Runs the function on host values.
  /// - Throws: `GraphError` when operands do not fit or data is bad; whatever the body throws while traced.
  public func callAsFunction(_ inputs: [Literal]) throws -> [Literal] {
    let types = inputs.map { TensorType($0.dtype, $0.shape) }
    let known = entries.withLock { entries -> Entry? in
      entries.removeAll { $0.isStale }
      return entries.first { $0.inputTypes == types }
    }
    if let known {
      return try known.run(inputs)
    }
    return try add(types).run(inputs)
  }

  private func add(_ types: [TensorType]) throws -> Entry {
    let entry = try trace(types)
    let all = entries.withLock { entries -> [[TensorType]] in
      entries.append(entry)
      if entries.count > Self.capacity { entries.removeFirst() }
      return entries.map(\.inputTypes)
    }
    if all.count >= Self.warningCount, !hasWarned.exchange(true, ordering: .relaxed) {
      Diagnostics.warn(
        "a compiled function has met \(all.count) combinations of input types, and each is compiled apart: "
          + Self.differences(all) + ". Pad the data or sort it into a few sizes")
    }
    return entry
  }

  /// Where input types differ: `axis 1 of input 0 was 31, 32, 40`.
  private static func differences(_ all: [[TensorType]]) -> String {
    var parts: [String] = []
    for (input, first) in all[0].enumerated() {
      for axis in 0..<first.shape.rank {
        let sizes = Set(all.compactMap { $0[input].shape.rank > axis ? $0[input].shape[axis] : nil })
        if sizes.count > 1 {
          parts.append(
            "axis \(axis) of input \(input) was \(sizes.sorted().map(String.init).joined(separator: ", "))")
        }
      }
    }
    return parts.isEmpty ? "element types or ranks differ" : parts.joined(separator: "; ")
  }

  /// Traces and compiles for the given input types without running, so that mistakes in shapes show at once.
  /// - Throws: `GraphError` when operands do not fit; whatever the body throws while traced.
  public func prepare(_ types: [TensorType]) throws {
    let isKnown = entries.withLock { entries in entries.contains { $0.inputTypes == types && !$0.isStale } }
    if isKnown { return }
    _ = try add(types)
  }

  /// How often what programs keep (weights in another layout, say) was computed, because it was new or its state had
  /// changed.
  package var preparationCount: Int {
    entries.withLock { entries in entries.reduce(0) { $0 + $1.preparationCount } }
  }

  /// The function as traced for the given input types, to be looked at.
  package func traced(_ types: [TensorType]) throws -> TracedFunction { try TracedFunction(types, body) }

  private func trace(_ types: [TensorType]) throws -> Entry {
    let function = try traced(types)
    let program = try Engine.shared.run {
      try Program(function.graph, updates: function.updates, keeping: function.keptInputs)
    }
    Diagnostics.countTrace()
    return Entry(
      inputTypes: types, outputTypes: function.outputTypes, program: program, states: function.states,
      updatedStates: function.updatedStates, dependencies: function.dependencies)
  }

  private final class Entry: @unchecked Sendable {
    let inputTypes: [TensorType]
    private let outputTypes: [TensorType]
    private let program: Program
    private let states: [Variable]
    private let updatedStates: [Int]
    private let isUpdated: [Bool]
    private let dependencies: [(variable: Variable, version: Int)]
    /// Computed tensors that the body captured; bound at every run, kept alive here.
    private let captured: [Literal]
    /// The states that the program leaves as they are, and the sum of their versions that it was prepared for.
    private let keptStates: [Variable]
    private var preparedVersion: Int?
    private(set) var preparationCount = 0
    private var inputAddresses: [UnsafeMutableRawPointer]
    private var outputAddresses: [UnsafeMutableRawPointer]

    init(
      inputTypes: [TensorType], outputTypes: [TensorType], program: Program, states: [Variable],
      updatedStates: [Int], dependencies: [(variable: Variable, version: Int)]
    ) {
      self.inputTypes = inputTypes
      self.outputTypes = outputTypes
      self.program = program
      self.states = states
      self.updatedStates = updatedStates
      self.dependencies = dependencies
      let isUpdated = states.indices.map { updatedStates.contains($0) }
      self.isUpdated = isUpdated
      keptStates = zip(states, isUpdated).filter { !$1 }.map(\.0)
      captured = program.leaves.dropFirst(inputTypes.count + states.count).map { $0.result! }
      let nowhere = UnsafeMutableRawPointer(bitPattern: 64)!
      inputAddresses =
        Array(repeating: nowhere, count: inputTypes.count + states.count) + captured.map(\.buffer.pointer)
      outputAddresses = Array(repeating: nowhere, count: outputTypes.count + updatedStates.count)
    }

    var isStale: Bool { dependencies.contains { $0.variable.traceVersion != $0.version } }

    func run(_ inputs: [Literal]) throws -> [Literal] {
      let outputs = outputTypes.map {
        Literal(dtype: $0.dtype, shape: $0.shape, buffer: Buffer(byteCount: $0.byteCount))
      }
      try Engine.shared.run {
        let pending = states.compactMap(\.pendingValue)
        if !pending.isEmpty { try Evaluator.evaluate(pending, required: pending) }
        // Versions only grow, so their sum shows a change of any. Looked at before the values: whoever assigns
        // meanwhile makes the next run prepare again.
        var version = 0
        for state in keptStates { version &+= state.writeVersion }
        for (index, input) in inputs.enumerated() { inputAddresses[index] = input.buffer.pointer }
        for (index, state) in states.enumerated() {
          guard let address = state.address(forWriting: isUpdated[index]) else {
            throw GraphError(.argument, "run", "variable '\(state.name)' has no value")
          }
          inputAddresses[inputs.count + index] = address
        }
        for (index, output) in outputs.enumerated() { outputAddresses[index] = output.buffer.pointer }
        for (index, state) in updatedStates.enumerated() {
          outputAddresses[outputs.count + index] = inputAddresses[inputs.count + state]
        }
        let isPrepared = version == preparedVersion
        preparedVersion = nil
        if !isPrepared { preparationCount += 1 }
        try program.run(inputs: inputAddresses, outputs: outputAddresses, preparing: !isPrepared)
        preparedVersion = version
      }
      withExtendedLifetime(inputs) {}
      return outputs
    }
  }
}

/// Wraps a function on tensors so that it is traced once and then replayed as a program; see `CompiledFunction`.
public func compile(_ body: @escaping @Sendable ([Tensor]) throws -> [Tensor]) -> CompiledFunction {
  CompiledFunction(body)
}

/// Wraps a function of one tensor so that it is traced once and then replayed as a program; see `CompiledFunction`.
public func compile(_ body: @escaping @Sendable (Tensor) throws -> Tensor)
  -> @Sendable (Tensor) throws -> Tensor
{
  let function = CompiledFunction { [try body($0[0])] }
  return { try function([$0])[0] }
}
