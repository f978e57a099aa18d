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
  private let executor: any Executor
  private let body: @Sendable ([Tensor]) throws -> [Tensor]
  private struct State {
    var programs: [TracedProgram] = []
    /// What `Variable.invalidationCount` was when stale programs were last looked for.
    var invalidationCount = 0
  }
  private let state = Mutex(State())
  private let hasWarned = Atomic<Bool>(false)
  /// Programs kept at once; beyond it the oldest goes.
  private static let capacity = 32
  /// Different input types after which a person is told what they cost.
  private static let warningCount = 6

  /// Wraps a function; nothing is traced yet.
  /// - Parameters:
  ///   - executor: The device that runs it.
  ///   - body: The function; called once for each combination of input types.
  public init(
    on executor: any Executor = Engine.shared, _ body: @escaping @Sendable ([Tensor]) throws -> [Tensor]
  ) {
    self.executor = executor
    self.body = body
  }

  /// Runs the function, tracing and compiling it first if these input types are new or its traces are stale.
  /// - Throws: `GraphError` when operands do not fit or data is bad; whatever the body throws while traced.
  public func callAsFunction(_ inputs: [Tensor]) throws -> [Tensor] {
    // Inside another trace, or a function that is differentiated, the body simply becomes part of it.
    if TraceContext.current != nil || GradientRecording.isActive { return try body(inputs) }
    return try callAsFunction(try inputs.map { try $0.literal() }).map { Tensor($0) }
  }

  /// Runs the function on host values. Results that nobody holds any more give their memory to those of the next run, so
  /// that a loop of runs allocates nothing.
  /// - Throws: `GraphError` when operands do not fit or data is bad; whatever the body throws while traced.
  public func callAsFunction(_ inputs: [Literal]) throws -> [Literal] {
    if let known = known({ $0.accepts(inputs) }) { return try known.run(inputs) }
    return try add(inputs.map { TensorType($0.dtype, $0.shape) }).run(inputs)
  }

  /// A program that is ready and not stale.
  private func known(_ isWanted: (TracedProgram) -> Bool) -> TracedProgram? {
    state.withLock { state in
      let count = Variable.invalidationCount
      if count != state.invalidationCount {
        state.programs.removeAll(where: \.isStale)
        state.invalidationCount = count
      }
      for program in state.programs where isWanted(program) { return program }
      return nil
    }
  }

  private func add(_ types: [TensorType]) throws -> TracedProgram {
    let entry = try trace(types)
    let all = state.withLock { state -> [[TensorType]] in
      state.programs.append(entry)
      if state.programs.count > Self.capacity { state.programs.removeFirst() }
      return state.programs.map(\.inputTypes)
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
    if known({ $0.inputTypes == types }) != nil { return }
    _ = try add(types)
  }

  /// How often what programs keep (weights in another layout, say) was computed, because it was new or its state had
  /// changed.
  package var preparationCount: Int {
    state.withLock { state in state.programs.reduce(0) { $0 + $1.preparationCount } }
  }

  /// The function as traced for the given input types, to be looked at.
  package func traced(_ types: [TensorType]) throws -> TracedFunction { try TracedFunction(types, body) }

  private func trace(_ types: [TensorType]) throws -> TracedProgram {
    let function = try traced(types)
    let program = try executor.executable(
      for: function.graph, updates: function.updates, keeping: function.keptInputs)
    Diagnostics.countTrace()
    return try TracedProgram(
      inputTypes: types, outputTypes: function.outputTypes, executor: executor, program: program,
      states: function.states,
      updatedStates: function.updatedStates, dependencies: function.dependencies)
  }
}

/// Wraps a function on tensors so that it is traced once and then replayed as a program; see `CompiledFunction`.
public func compile(_ body: @escaping @Sendable ([Tensor]) throws -> [Tensor]) -> CompiledFunction {
  CompiledFunction(body)
}

/// Wraps a function of one tensor so that it is traced once and then replayed as a program; see `CompiledFunction`.
/// - Parameter body: The function; called once for each type of its argument.
/// - Returns: A function that throws `GraphError` when operands do not fit or data is bad, and what the body throws.
public func compile(_ body: @escaping @Sendable (Tensor) throws -> Tensor)
  -> @Sendable (Tensor) throws -> Tensor
{
  let function = CompiledFunction { [try body($0[0])] }
  return { try function([$0])[0] }
}
