import ApusGraph
import ApusRuntime

/// The program that a function was traced into for one combination of input types, with the variables that it reads and
/// updates. A run of it allocates nothing once results of earlier runs can be used again.
final class TracedProgram: @unchecked Sendable {
  let inputTypes: [TensorType]
  private let outputTypes: [TensorType]
  private let executor: any Executor
  private let program: any Executable
  private let states: [Variable]
  /// For each state, the output that updates it.
  private let updatingOutputs: [Int?]
  private let dependencies: [(variable: Variable, version: Int)]
  /// Computed tensors that the body captured; bound at every run, kept alive here.
  private let captured: [Literal]

  // Touched by whoever has the engine.
  private var inputAddresses: [UnsafeMutableRawPointer]
  private var outputAddresses: [UnsafeMutableRawPointer]
  /// The versions of the states that the addresses are good for, once there are any.
  private var stateVersions: [Int]
  private var isPrepared = false
  private(set) var preparationCount = 0
  /// The results of the last run; those that nobody else holds are written again.
  private var results: [Literal]

  /// - Parameters:
  ///   - inputTypes: Types that the function was traced for.
  ///   - outputTypes: Types of what it returns.
  ///   - executor: The device that runs it.
  ///   - program: What runs.
  ///   - states: The cells that it reads or writes.
  ///   - updatedStates: Numbers of the states that the outputs after those of `outputTypes` are written to.
  ///   - dependencies: The cells that the trace is good for, with their versions.
  /// - Throws: `GraphError` when there is too little memory, or when a kernel is refused.
  init(
    inputTypes: [TensorType], outputTypes: [TensorType], executor: any Executor, program: any Executable,
    states: [Variable], updatedStates: [Int], dependencies: [(variable: Variable, version: Int)]
  ) throws(GraphError) {
    self.inputTypes = inputTypes
    self.outputTypes = outputTypes
    self.executor = executor
    self.program = program
    self.states = states
    self.dependencies = dependencies
    var updatingOutputs: [Int?] = Array(repeating: nil, count: states.count)
    for (index, state) in updatedStates.enumerated() { updatingOutputs[state] = outputTypes.count + index }
    self.updatingOutputs = updatingOutputs
    captured = program.leaves.dropFirst(inputTypes.count + states.count).map { $0.result! }
    let nowhere = UnsafeMutableRawPointer(bitPattern: 64)!
    inputAddresses =
      Array(repeating: nowhere, count: inputTypes.count + states.count) + captured.map(\.buffer.pointer)
    outputAddresses = Array(repeating: nowhere, count: outputTypes.count + updatedStates.count)
    stateVersions = Array(repeating: -1, count: states.count)
    results = try Literal.results(outputTypes) { ("result \($0) of a compiled function", Origin()) }
  }

  /// Whether something has changed since that the trace depends on.
  var isStale: Bool { dependencies.contains { $0.variable.traceVersion != $0.version } }

  /// Whether values are of the types that the program was made for.
  func accepts(_ inputs: [Literal]) -> Bool {
    guard inputs.count == inputTypes.count else { return false }
    for index in inputs.indices
    where inputs[index].dtype != inputTypes[index].dtype || inputs[index].shape != inputTypes[index].shape {
      return false
    }
    return true
  }

  /// A run as the engine gets it.
  private struct Call {
    let program: TracedProgram
    let inputs: [Literal]
    var results: [Literal] = []
    var error: (any Error)?
    var isOnEngine = false
  }

  func run(_ inputs: [Literal]) throws -> [Literal] {
    var call = Call(program: self, inputs: inputs)
    withUnsafeMutablePointer(to: &call) { call in
      executor.perform(
        { context in
          let call = context.assumingMemoryBound(to: Call.self)
          do {
            return try call.pointee.program.run(&call.pointee)
          } catch {
            call.pointee.error = error
            return true
          }
        }, call, mayStay: program.isSmall)
    }
    if let error = call.error { throw error }
    return call.results
  }

  /// Runs the call, or returns false if that must be done on the engine's thread.
  private func run(_ call: inout Call) throws -> Bool {
    let hasChanged = statesHaveChanged
    if hasChanged || !isPrepared {
      // What has to be computed first may be anything.
      if program.isSmall, !call.isOnEngine {
        call.isOnEngine = true
        return false
      }
      if hasChanged { try findStates() }
    }
    for index in call.inputs.indices { inputAddresses[index] = call.inputs[index].buffer.pointer }
    try results.withUnsafeMutableBufferPointer { results in
      for index in results.indices {
        try results[index].makeWritable()
        outputAddresses[index] = results[index].buffer.pointer
      }
    }
    for index in states.indices where updatingOutputs[index] != nil {
      // Somebody who took up the memory meanwhile has counted too: the next run must look again.
      let version = states[index].noteWriting()
      stateVersions[index] = version == stateVersions[index] + 1 ? version : -1
    }
    let isReady = isPrepared
    isPrepared = false
    if !isReady { preparationCount += 1 }
    try program.run(inputs: inputAddresses, outputs: outputAddresses, preparing: !isReady)
    isPrepared = true
    call.results = results
    return true
  }

  private var statesHaveChanged: Bool {
    for index in states.indices where states[index].writeVersion != stateVersions[index] { return true }
    return false
  }

  /// Looks up where the states lie, and computes those that wait for it.
  private func findStates() throws {
    let pending = states.compactMap(\.pendingValue)
    if !pending.isEmpty { try Evaluator.evaluate(pending, required: pending) }
    for (index, state) in states.enumerated() {
      // The version first: whoever assigns meanwhile makes the next run look again.
      let version = state.writeVersion
      if version == stateVersions[index] { continue }
      let output = updatingOutputs[index]
      guard let address = try state.address(forWriting: output != nil) else {
        throw GraphError(.argument, "run", "variable '\(state.name)' has no value")
      }
      inputAddresses[inputTypes.count + index] = address
      if let output { outputAddresses[output] = address } else { isPrepared = false }
      stateVersions[index] = version
    }
  }
}
