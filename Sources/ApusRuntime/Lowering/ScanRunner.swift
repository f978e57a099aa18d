import ApusGraph

/// Where the values of a loop lie from step to step.
struct ScanPlan {
  let length: Int
  let reverse: Bool
  let carryCount: Int
  /// For each carry the result that stacks it, if there is one: the next step reads it there.
  let stack: [Int?]
  /// The body's outputs that its program writes.
  let written: [Int]
  /// Bytes of what a step reads and writes.
  let inputBytes: [Int], outputBytes: [Int]
  /// Numbers of the inputs that are sequences.
  let sequences: Range<Int>

  init(_ spec: ScanSpec) {
    let outputs = spec.body.outputs
    length = spec.length
    reverse = spec.reverse
    carryCount = spec.carryCount
    var firstStack: [Value: Int] = [:]
    for index in outputs.indices.reversed() where index >= spec.carryCount {
      firstStack[outputs[index]] = index
    }
    let stack = (0..<spec.carryCount).map { firstStack[outputs[$0]] }
    self.stack = stack
    written = outputs.indices.filter { $0 >= spec.carryCount || stack[$0] == nil }
    inputBytes = spec.body.inputs.map(\.type.byteCount)
    outputBytes = outputs.map(\.type.byteCount)
    sequences = spec.carryCount..<spec.carryCount + spec.sequenceCount
  }
}

/// Runs a loop's body once for each step, which reads and writes slices where they are.
final class ScanRunner: Runner {
  let plan: ScanPlan
  let program: Program
  var inputs: [UnsafeMutableRawPointer]
  var results: [UnsafeMutableRawPointer]
  /// Two places for each carry that no result stacks.
  var spare: [[UnsafeMutableRawPointer]]
  private var stepInputs: [UnsafeMutableRawPointer]
  private var stepOutputs: [UnsafeMutableRawPointer]

  init(plan: ScanPlan, program: Program) {
    self.plan = plan
    self.program = program
    let nowhere = UnsafeMutableRawPointer(bitPattern: 64)!
    inputs = Array(repeating: nowhere, count: plan.inputBytes.count)
    results = Array(repeating: nowhere, count: plan.outputBytes.count)
    spare = plan.stack.map { $0 == nil ? [nowhere, nowhere] : [] }
    stepInputs = inputs
    stepOutputs = Array(repeating: nowhere, count: plan.written.count)
  }

  override func run() throws {
    let plan = plan
    for index in inputs.indices { stepInputs[index] = inputs[index] }
    for step in 0..<plan.length {
      let position = plan.reverse ? plan.length - 1 - step : step
      for index in plan.sequences { stepInputs[index] = inputs[index] + position * plan.inputBytes[index] }
      for (place, output) in plan.written.enumerated() {
        stepOutputs[place] = address(of: output, step: step, position: position)
      }
      try program.run(inputs: stepInputs, outputs: stepOutputs, preparing: step == 0)
      for carry in 0..<plan.carryCount {
        stepInputs[carry] = address(of: plan.stack[carry] ?? carry, step: step, position: position)
      }
    }
    for carry in 0..<plan.carryCount where stepInputs[carry] != results[carry] {
      results[carry].copyMemory(from: stepInputs[carry], byteCount: plan.inputBytes[carry])
    }
  }

  /// Where a step leaves an output. The last step leaves carries where the loop's results are wanted.
  private func address(of output: Int, step: Int, position: Int) -> UnsafeMutableRawPointer {
    if output >= plan.carryCount { return results[output] + position * plan.outputBytes[output] }
    return step == plan.length - 1 ? results[output] : spare[output][step % 2]
  }
}
