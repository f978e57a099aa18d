import ApusGraph
import ApusNN
import ApusRuntime
import ApusTensor

/// A small model at work, as a function that can be compiled in different ways and run on fixed numbers.
package struct ModelSample: Sendable {
  /// Its name: that of its golden plan too.
  package let name: String
  private let make: @Sendable () throws -> (function: CompiledFunction, inputs: [Literal])

  init(
    _ name: String, _ make: @escaping @Sendable () throws -> (function: CompiledFunction, inputs: [Literal])
  ) {
    self.name = name
    self.make = make
  }

  /// The function's graph with numbers for its inputs and states; every call gives the same.
  package func traced() throws -> TracedSample {
    let (function, inputs) = try RandomSource.$current.withValue(RandomSource(seed: 5)) { try make() }
    let traced = try RandomSource.$current.withValue(RandomSource(seed: 6)) {
      try function.traced(inputs.map { TensorType($0.dtype, $0.shape) })
    }
    return TracedSample(
      function: traced, inputs: inputs, states: try traced.states.map { try $0.tensor.literal() })
  }
}

/// A traced function with what to run it on.
package struct TracedSample {
  /// The function.
  package let function: TracedFunction
  /// The values of its inputs, and of its states before the first run.
  package let inputs: [Literal], states: [Literal]

  /// The optimized graph and the plan.
  package func plan() throws -> String {
    try planText(function.graph, updates: function.updates, keeping: function.keptInputs)
  }

  /// The function as a program.
  package func program(_ optimizations: Optimizations = .standard) throws -> Program {
    try Engine.shared.run {
      try Program(
        function.graph, updates: function.updates, keeping: function.keptInputs, optimizations: optimizations)
    }
  }

  /// Runs a program of the function several times.
  ///
  /// - Returns: The results of the last run, then all states after it.
  package func run(_ program: Program, count: Int = 2) throws -> [Literal] {
    let states = try self.states.map { state in
      try Literal(dtype: state.dtype, shape: state.shape) { destination in
        state.withUnsafeBytes { if $0.count > 0 { destination.copyMemory(from: $0) } }
      }
    }
    let results = try function.outputTypes.map { try Literal(uninitialized: $0.dtype, $0.shape) }
    let captured = program.leaves.dropFirst(inputs.count + states.count).map { $0.result! }
    try Engine.shared.run {
      for _ in 0..<count {
        try program.run(
          inputs: (inputs + states + captured).map(\.buffer.pointer),
          outputs: (results + function.updatedStates.map { states[$0] }).map(\.buffer.pointer))
      }
    }
    return results + states
  }
}
