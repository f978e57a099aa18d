/// The gradient of a scan: a scan the other way round.
///
/// The body is differentiated once. What its gradient needs of the forward run (the residuals) is stacked by a
/// scan that does the same and gives more results; `ScanMerging` makes one of the two. The backward scan
/// carries the gradients of the carries, gives those of the sequences, and adds up those of the constants,
/// unless they are products that can be taken over all steps at once afterwards (`ScanHoisting`).
struct ScanGradient {
  let spec: ScanSpec
  let context: GradientContext
  let residuals: ScanResiduals
  /// Body inputs that a gradient is wanted of, in order; a carry that depends on one of them is one.
  private let active: [Int]
  /// Stacked results that a gradient arrives at.
  private let seededStacks: [Int]
  private let carrySeeds: [Int: Value]
  private let stackSeeds: [Int: Value]
  /// For each active input its gradient in one step, in terms of the body's values and the seeds.
  private let stepGradients: [Int: Value]

  init(_ spec: ScanSpec, _ context: GradientContext) {
    self.spec = spec
    self.context = context
    residuals = ScanResiduals(spec, inputs: context.inputs)
    let body = spec.body
    let (active, reached) = ScanGradient.activity(spec, needed: context.needed)
    self.active = active
    seededStacks = body.outputs.indices.filter {
      $0 >= spec.carryCount && reached[$0] && context.gradients[$0] != nil
    }
    func seed(_ index: Int) -> Value { .input(body.outputs[index].dtype, body.outputs[index].shape) }
    let carries = active.filter { $0 < spec.carryCount }
    carrySeeds = Dictionary(uniqueKeysWithValues: carries.map { ($0, seed($0)) })
    stackSeeds = Dictionary(uniqueKeysWithValues: seededStacks.map { ($0, seed($0)) })
    let seeded = carries + seededStacks
    let flowing = backpropagate(
      seeded.map { body.outputs[$0] },
      seeds: seeded.compactMap { [carrySeeds, stackSeeds] in carrySeeds[$0] ?? stackSeeds[$0] },
      to: active.map { body.inputs[$0] })
    var stepGradients: [Int: Value] = [:]
    for (index, value) in zip(active, flowing) { stepGradients[index] = value }
    self.stepGradients = stepGradients
  }

  /// Which body inputs gradients flow through, and which body outputs depend on those.
  private static func activity(_ spec: ScanSpec, needed: [Bool]) -> (inputs: [Int], outputs: [Bool]) {
    let body = spec.body
    var number: [ObjectIdentifier: Int] = [:]
    for (index, vertex) in body.vertices.enumerated() { number[ObjectIdentifier(vertex.node)] = index }
    var isActive = body.inputs.indices.map { needed[$0] && body.inputs[$0].dtype.isFloating }
    while true {
      let targets = body.inputs.indices.filter { isActive[$0] }.map { body.inputs[$0] }
      let reach = GradientReach(body.vertices, from: targets, number)
      let reached = body.outputs.map { output in
        output.dtype.isFloating && number[ObjectIdentifier(output.node)].map { reach.reaches[$0] } == true
      }
      let found = (0..<spec.carryCount).filter { reached[$0] && !isActive[$0] }
      guard !found.isEmpty else { return (isActive.indices.filter { isActive[$0] }, reached) }
      for carry in found { isActive[carry] = true }
    }
  }

  func inputGradients() throws(GraphError) -> [Value?] {
    for value in stepGradients.values { if let failure = value.failure { throw failure } }
    let firstConstant = spec.carryCount + spec.sequenceCount
    let carries = active.filter { $0 < spec.carryCount }
    let wanted = active.filter { context.needed[$0] && stepGradients[$0] != nil }
    let sequences = wanted.filter { $0 >= spec.carryCount && $0 < firstConstant }
    let constants = wanted.filter { $0 >= firstConstant }
    let hoisting = ScanHoisting(
      residuals: residuals, stackSeeds: Set(stackSeeds.values),
      sequences: sequences.compactMap { stepGradients[$0] },
      constants: constants.compactMap { stepGradients[$0] })
    let summed = constants.filter { !hoisting.isHoisted(stepGradients[$0]!) }
    let stacked = sequences.filter { !hoisting.isHoisted(stepGradients[$0]!) }

    // What one backward step computes, and what it reads of the forward run.
    let carryResults = carries.map { stepGradients[$0] ?? spec.body.inputs[$0].filled(0) }
    let sums = summed.map { stepGradients[$0]! }
    let factors = hoisting.emittedFactors
    let roots = carryResults + sums + stacked.map { stepGradients[$0]! } + factors
    let step = residuals.transferred(roots)
    let forward = residuals.forward(context)
    let accumulators = sums.map { Value.input($0.dtype, $0.shape) }
    var outputs = Array(step.roots.prefix(carries.count))
    for (index, accumulator) in accumulators.enumerated() {
      outputs.append(accumulator + step.roots[carries.count + index])
    }
    outputs += step.roots.dropFirst(carries.count + sums.count)

    let body = Graph(
      inputs: carries.map { carrySeeds[$0]! } + accumulators + seededStacks.map { stackSeeds[$0]! }
        + step.sequences.map(\.placeholder) + step.constants.map(\.placeholder),
      outputs: outputs)
    let backward = ScanSpec(
      body: body, length: spec.length, carryCount: carries.count + sums.count,
      sequenceCount: seededStacks.count + step.sequences.count, reverse: !spec.reverse)
    let starts = carries.map { context.gradient($0) } + sums.map { $0.filled(0) }
    let operands =
      starts + seededStacks.map { context.gradient($0) } + step.sequences.map { forward.stack($0.source) }
      + step.constants.map { residuals.outside($0.source) }
    let results = try Node.applyChecked(.scan(backward), operands)

    var gradients = context.none
    for (index, carry) in carries.enumerated() where context.needed[carry] {
      gradients[carry] = results[index]
    }
    for (index, constant) in summed.enumerated() { gradients[constant] = results[carries.count + index] }
    let firstStack = carries.count + sums.count
    for (index, sequence) in stacked.enumerated() { gradients[sequence] = results[firstStack + index] }
    var stacks: [Value: Value] = [:]
    for (seed, placeholder) in stackSeeds { stacks[placeholder] = context.gradient(seed) }
    for (index, factor) in factors.enumerated() {
      stacks[factor] = results[firstStack + stacked.count + index]
    }
    let over = ScanHoisting.Stacks { value in
      stacks[value] ?? forward.stack(value)
    } outside: {
      residuals.outside($0)
    }
    for constant in constants where gradients[constant] == nil {
      gradients[constant] = hoisting.total(stepGradients[constant]!, over)
    }
    for sequence in sequences where gradients[sequence] == nil {
      gradients[sequence] = hoisting.stacked(stepGradients[sequence]!, over)
    }
    return gradients
  }
}
