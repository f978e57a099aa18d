import ApusGraph
import ApusKernels

extension Lowering {
  func lowerScan(_ spec: ScanSpec, _ vertex: Graph.Vertex) throws {
    let inputs = try vertex.inputs.map(contiguous)
    let results = vertex.node.types.indices.map { allocate(result(vertex, $0)) }
    let plan = ScanPlan(spec)
    let constants = spec.carryCount + spec.sequenceCount..<spec.body.inputs.count
    // What depends on constants alone is computed in the first step and kept for the others.
    let program = try Program(
      Graph(inputs: spec.body.inputs, outputs: plan.written.map { spec.body.outputs[$0] }),
      keeping: optimizations.allows("preparation") ? Set(constants) : nil, isNested: true,
      optimizations: optimizations)
    // Carries alternate between two places, so that a step never overwrites what it still reads.
    let spare = (0..<spec.carryCount).map { carry in
      plan.stack[carry] == nil ? (0..<2).map { _ in scratch(spec.body.inputs[carry].type.byteCount) } : []
    }
    let origin = current
    emit(
      Kernel(
        name: "scan(\(spec.length))", origin: origin, reads: inputs.map { $0.storage! },
        writes: results.map { $0.storage! } + spare.flatMap { $0 }
      ) { binder in
        let runner = ScanRunner(plan: plan, program: program)
        for (index, view) in inputs.enumerated() { binder.bind(view) { runner.inputs[index] = $0 } }
        for (index, view) in results.enumerated() { binder.bind(view) { runner.results[index] = $0 } }
        for (index, pair) in spare.enumerated() {
          for (side, storage) in pair.enumerated() {
            binder.bind(storage: storage) { runner.spare[index][side] = $0 }
          }
        }
        return binder.step(running: runner)
      })
  }

  func lowerWhile(_ condition: Graph, _ body: Graph, _ vertex: Graph.Vertex) throws {
    let inputs = try vertex.inputs.map(contiguous)
    let results = vertex.node.types.indices.map { allocate(result(vertex, $0)) }
    let conditionProgram = try Program(condition, isNested: true, optimizations: optimizations)
    let bodyProgram = try Program(body, isNested: true, optimizations: optimizations)
    let spare = vertex.inputs.map { [scratch($0.type.byteCount), scratch($0.type.byteCount)] }
    emit(
      Kernel(
        name: "while", origin: current, reads: inputs.map { $0.storage! },
        writes: results.map { $0.storage! } + spare.flatMap { $0 }
      ) { binder in
        let runner = WhileRunner(
          condition: conditionProgram, body: bodyProgram, byteCounts: body.inputs.map(\.type.byteCount))
        for (index, view) in inputs.enumerated() { binder.bind(view) { runner.inputs[index] = $0 } }
        for (index, view) in results.enumerated() { binder.bind(view) { runner.results[index] = $0 } }
        for (index, pair) in spare.enumerated() {
          for side in 0..<2 { binder.bind(storage: pair[side]) { runner.spare[index][side] = $0 } }
        }
        return binder.step(running: runner)
      })
  }

  func lowerCustomCall(_ call: CustomCall, _ inputs: [View], _ vertex: Graph.Vertex) {
    let results = vertex.node.types.indices.map { allocate(result(vertex, $0)) }
    emit(
      Kernel(
        name: call.name, origin: current, reads: inputs.map { $0.storage! },
        writes: results.map { $0.storage! }, isPure: false
      ) { binder in
        let runner = CustomCallRunner(call: call, inputTypes: inputs.map { TensorType($0.dtype, $0.shape) })
        for (index, view) in inputs.enumerated() { binder.bind(view) { runner.inputs[index] = $0 } }
        for (index, view) in results.enumerated() { binder.bind(view) { runner.results[index] = $0 } }
        return binder.step(running: runner)
      })
  }
}

/// A step whose work is done in Swift.
class Runner {
  var error: (any Error)?
  func run() throws {}
}

extension Binder {
  func step(running runner: Runner) -> Step {
    let context = Unmanaged.passRetained(runner)
    onRelease { context.release() }
    return Step(
      step: apus_step(
        run: { pointer in
          let runner = Unmanaged<Runner>.fromOpaque(pointer!).takeUnretainedValue()
          do {
            try runner.run()
            return 0
          } catch {
            runner.error = error
            return 1
          }
        }, context: context.toOpaque()),
      fault: {
        runner.error as? GraphError
          ?? runner.error.map { GraphError(.argument, "customCall", "the function threw: \($0)") }
      })
  }
}

private final class WhileRunner: Runner {
  let condition: Program
  let body: Program
  let byteCounts: [Int]
  var inputs: [UnsafeMutableRawPointer]
  var results: [UnsafeMutableRawPointer]
  var spare: [[UnsafeMutableRawPointer]]

  init(condition: Program, body: Program, byteCounts: [Int]) {
    self.condition = condition
    self.body = body
    self.byteCounts = byteCounts
    let nowhere = UnsafeMutableRawPointer(bitPattern: 64)!
    inputs = Array(repeating: nowhere, count: byteCounts.count)
    results = inputs
    spare = Array(repeating: [nowhere, nowhere], count: byteCounts.count)
  }

  override func run() throws {
    var state = inputs
    var side = 0
    var flag = UInt8(0)
    while true {
      try withUnsafeMutableBytes(of: &flag) {
        try condition.run(inputs: state, outputs: [$0.baseAddress!])
      }
      if flag == 0 { break }
      let next = spare.map { $0[side] }
      try body.run(inputs: state, outputs: next)
      state = next
      side = 1 - side
    }
    for index in results.indices {
      results[index].copyMemory(from: state[index], byteCount: byteCounts[index])
    }
  }
}

private final class CustomCallRunner: Runner {
  let call: CustomCall
  let inputTypes: [TensorType]
  var inputs: [UnsafeMutableRawPointer]
  var results: [UnsafeMutableRawPointer]

  init(call: CustomCall, inputTypes: [TensorType]) {
    self.call = call
    self.inputTypes = inputTypes
    let nowhere = UnsafeMutableRawPointer(bitPattern: 64)!
    inputs = Array(repeating: nowhere, count: inputTypes.count)
    results = Array(repeating: nowhere, count: call.results.count)
  }

  override func run() throws {
    let arguments = try zip(inputTypes, inputs).map { type, pointer in
      try Literal(dtype: type.dtype, shape: type.shape) {
        $0.copyMemory(from: UnsafeRawBufferPointer(start: pointer, count: type.byteCount))
      }
    }
    let outcome = try call.body(arguments)
    let types = outcome.map { TensorType($0.dtype, $0.shape) }
    guard types == call.results else {
      throw GraphError(.shape, call.name, "the function returned \(types), it had promised \(call.results)")
    }
    for (literal, pointer) in zip(outcome, results) {
      literal.withUnsafeBytes {
        if let base = $0.baseAddress { pointer.copyMemory(from: base, byteCount: $0.count) }
      }
    }
  }
}
