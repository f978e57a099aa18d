/// Gradients of a value with respect to others, as new values: reverse mode, graph to graph, so that they can
/// be differentiated again.
///
/// Targets may be placeholders, computed values or anything in between; one that `output` does not depend on
/// gets zeros. What is already computed counts as a leaf.
/// - Parameters:
///   - output: What is differentiated.
///   - seed: Gradient arriving at the output, of its type; 1 by default, which needs a scalar output.
///   - targets: Floating-point values. Any other yields a failed value.
/// - Returns: One gradient for each target, of its type.
public func gradients(of output: Value, seed: Value? = nil, withRespectTo targets: [Value]) -> [Value] {
  gradients(of: [output], seeds: [seed], withRespectTo: targets)
}

/// Gradients of the sum of several outputs, each weighted with its seed. See `gradients(of:seed:withRespectTo:)`.
public func gradients(of outputs: [Value], seeds: [Value?], withRespectTo targets: [Value]) -> [Value] {
  do throws(GraphError) {
    let weights = try checkedSeeds(outputs, seeds)
    let results = backpropagate(outputs, seeds: weights, to: targets)
    return zip(targets, results).map { target, result in
      guard target.dtype.isFloating else {
        return .failed(
          GraphError(
            .gradient, "gradient", "a target of type \(target.type) has no gradient",
            advice: "only floating-point values do"), type: target.type)
      }
      return target.failure == nil ? result ?? target.filled(0) : target
    }
  } catch {
    return targets.map { .failed(error, type: $0.type) }
  }
}

/// Whether a gradient of an output arrives at any of the targets: whether the output is computed from one of them, and not
/// by way of a `stopGradient`, a comparison or something else without a gradient alone. What is already computed counts as
/// a leaf.
public func hasGradient(_ output: Value, withRespectToAnyOf targets: [Value]) -> Bool {
  let vertices = Graph.sorted([output])
  var number: [ObjectIdentifier: Int] = [:]
  number.reserveCapacity(vertices.count)
  for (index, vertex) in vertices.enumerated() { number[ObjectIdentifier(vertex.node)] = index }
  return number[ObjectIdentifier(output.node)].map {
    GradientReach(vertices, from: targets, number).reaches[$0]
  } ?? false
}

private func checkedSeeds(_ outputs: [Value], _ seeds: [Value?]) throws(GraphError) -> [Value] {
  guard outputs.count == seeds.count else {
    throw GraphError(.argument, "gradient", "\(outputs.count) outputs with \(seeds.count) seeds")
  }
  var weights: [Value] = []
  for (output, seed) in zip(outputs, seeds) {
    if let failure = output.failure ?? seed?.failure { throw failure }
    guard output.dtype.isFloating else {
      throw GraphError(
        .gradient, "gradient", "an output of type \(output.type) has no gradient",
        advice: "differentiate a floating-point value, such as the loss")
    }
    guard seed != nil || output.rank == 0 else {
      throw GraphError(
        .gradient, "gradient", "the output has shape \(output.shape), a scalar is needed",
        advice: "reduce it with .mean() or .sum(), or give the gradient that arrives at it")
    }
    let weight = seed ?? output.splat(1)
    guard weight.type == output.type else {
      throw GraphError(
        .shape, "gradient", "the gradient arriving at an output of \(output.type) has type \(weight.type)")
    }
    weights.append(weight)
  }
  return weights
}

/// The gradient arriving at each target, nil where there is none. Nothing behind `boundary` is looked at.
func backpropagate(
  _ outputs: [Value], seeds: [Value], to targets: [Value], boundary: Set<ObjectIdentifier> = []
) -> [Value?] {
  let vertices = Graph.sorted(outputs, stoppingAt: boundary)
  var number: [ObjectIdentifier: Int] = [:]
  number.reserveCapacity(vertices.count)
  // Where the first result of each vertex stands among all results.
  var offsets: [Int] = []
  offsets.reserveCapacity(vertices.count)
  var resultCount = 0
  for (index, vertex) in vertices.enumerated() {
    number[ObjectIdentifier(vertex.node)] = index
    offsets.append(resultCount)
    resultCount += vertex.node.types.count
  }
  let reach = GradientReach(vertices, from: targets, number)
  var contributions: [[Value]] = Array(repeating: [], count: resultCount)
  func place(_ value: Value) -> Int? {
    number[ObjectIdentifier(value.node)].map { offsets[$0] + value.index }
  }
  for (output, seed) in zip(outputs, seeds) {
    if let place = place(output) { contributions[place].append(seed) }
  }
  for index in vertices.indices.reversed() where reach.passes[index] {
    let vertex = vertices[index]
    let results = offsets[index]..<offsets[index] + vertex.node.types.count
    guard results.contains(where: { !contributions[$0].isEmpty }) else { continue }
    let arriving = results.map { accumulated(contributions[$0]) }
    for (place, value) in zip(results, arriving) { contributions[place] = value.map { [$0] } ?? [] }
    let sources = vertex.inputs.map { place($0) }
    let needed = vertex.inputs.map { input in
      input.dtype.isFloating && number[ObjectIdentifier(input.node)].map { reach.reaches[$0] } == true
    }
    let flowing = Origin.$current.withValue(vertex.node.origin) {
      flowingGradients(GradientContext(vertex: vertex, gradients: arriving, needed: needed))
    }
    for (input, value) in flowing.enumerated() {
      if needed[input], let value, let source = sources[input] { contributions[source].append(value) }
    }
  }
  return targets.map { target in place(target).flatMap { accumulated(contributions[$0]) } }
}

/// Which vertices a gradient can reach on its way to the targets.
struct GradientReach {
  /// Whether the vertex is a target or depends on one in a differentiable way.
  private(set) var reaches: [Bool] = []
  /// Whether one of the vertex's operands reaches a target, so that its gradient rule is wanted.
  private(set) var passes: [Bool] = []

  init(_ vertices: [Graph.Vertex], from targets: [Value], _ number: [ObjectIdentifier: Int]) {
    let nodes = Set(targets.map { ObjectIdentifier($0.node) })
    reaches.reserveCapacity(vertices.count)
    passes.reserveCapacity(vertices.count)
    for vertex in vertices {
      let passes =
        vertex.node.isDifferentiable
        && vertex.inputs.contains { input in
          input.dtype.isFloating && number[ObjectIdentifier(input.node)].map { reaches[$0] } == true
        }
      self.passes.append(passes)
      reaches.append(passes || nodes.contains(ObjectIdentifier(vertex.node)))
    }
  }
}

extension Node {
  /// Whether a gradient passes through at all: comparisons, positions and roundings have none.
  fileprivate var isDifferentiable: Bool {
    switch op {
    case .stopGradient, .randomBits, .iota: false
    case .unary(.sign), .unary(.floor), .unary(.ceil), .unary(.round): false
    default: types.contains { $0.dtype.isFloating }
    }
  }
}

/// Calls the operation's rule and checks what it returns. An error becomes the gradient of every operand.
private func flowingGradients(_ context: GradientContext) -> [Value?] {
  let inputs = context.inputs
  func failed(_ error: GraphError) -> [Value?] { inputs.map { .failed(error, type: $0.type) } }
  if let failure = context.gradients.lazy.compactMap({ $0?.failure }).first { return failed(failure) }
  do throws(GraphError) {
    let results = try inputGradients(context)
    guard results.count == inputs.count else {
      throw GraphError(
        .gradient, context.op.name, "its rule gave \(results.count) gradients for \(inputs.count) operands")
    }
    for (input, result) in zip(inputs, results) {
      if let result, result.failure == nil, result.type != input.type {
        throw GraphError(
          .gradient, context.op.name, "its rule gave \(result.type) as the gradient of \(input.type)")
      }
    }
    return results
  } catch {
    return failed(error)
  }
}
