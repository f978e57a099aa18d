/// Finds gradients of a scan's inputs that need not be computed step by step.
///
/// The gradient of a weight is a sum over all steps of products of two values of the step: one product over
/// time and batch together gives the same far sooner. The gradient of a sequence is often a product of a value
/// of the step with a weight, which again can be taken for all steps at once.
struct ScanHoisting {
  private let residuals: ScanResiduals
  private let stackSeeds: Set<Value>
  private var hoisted = Set<Value>()
  /// Values of the backward step that it has to stack.
  private(set) var emittedFactors: [Value] = []
  private var factors = Set<Value>()

  /// Where the values of all steps are found.
  struct Stacks {
    /// All steps' values of a factor.
    let stack: (Value) -> Value
    /// A loop-invariant value.
    let outside: (Value) -> Value
  }

  init(residuals: ScanResiduals, stackSeeds: Set<Value>, sequences: [Value], constants: [Value]) {
    self.residuals = residuals
    self.stackSeeds = stackSeeds
    for value in sequences {
      if case .dot(_, .none) = value.node.op, !residuals.isForward(value), let varying = varyingSide(value) {
        hoisted.insert(value)
        addFactor(value.node.inputs[varying])
      }
    }
    // Products first: a plain sum over the batch is worth taking out only if its operand is stacked anyway.
    for value in constants where isSumOfProducts(value) { hoist(value) }
    for value in constants where !hoisted.contains(value) && isSumOfProducts(value) { hoist(value) }
  }

  /// Whether a gradient is computed outside the backward scan.
  func isHoisted(_ gradient: Value) -> Bool { hoisted.contains(gradient) }

  private mutating func hoist(_ value: Value) {
    hoisted.insert(value)
    forEachLeaf(value) { leaf in
      for operand in leaf.node.inputs { addFactor(operand) }
    }
  }

  private mutating func addFactor(_ value: Value) {
    guard factors.insert(value).inserted else { return }
    if stackSeeds.contains(value) { return }
    if residuals.isForward(value), !residuals.isInvariant(value) {
      residuals.request(value)
    } else {
      emittedFactors.append(value)
    }
  }

  // MARK: - Sums over all steps

  /// Whether the value is linear in products of two of the step's values.
  private func isSumOfProducts(_ value: Value) -> Bool {
    guard !residuals.isForward(value) else { return false }
    switch value.node.op {
    case .dot(_, .none), .convolutionFilterGradient:
      return true
    case .reduce(.sum, _):
      let operand = value.node.inputs[0]
      return factors.contains(operand) || stackSeeds.contains(operand)
    case .transpose, .reshape, .unary(.negate):
      return isSumOfProducts(value.node.inputs[0])
    case .binary(.add), .binary(.subtract), .concatenate:
      return value.node.inputs.allSatisfy { isSumOfProducts($0) }
    case .pad:
      return value.node.inputs[1].isZeroConstant && isSumOfProducts(value.node.inputs[0])
    default:
      return false
    }
  }

  /// Calls `body` with the products and sums that the value is put together from.
  private func forEachLeaf(_ value: Value, _ body: (Value) -> Void) {
    var pending = [value]
    while let next = pending.popLast() {
      switch next.node.op {
      case .transpose, .reshape, .unary, .binary, .concatenate: pending += next.node.inputs
      case .pad: pending.append(next.node.inputs[0])
      default: body(next)
      }
    }
  }

  /// The sum of a hoisted gradient over all steps.
  func total(_ value: Value, _ stacks: Stacks) -> Value {
    let inputs = value.node.inputs
    switch value.node.op {
    case .dot(let spec, _):
      let overTime = DotSpec(
        leftBatch: spec.leftBatch.map { $0 + 1 }, rightBatch: spec.rightBatch.map { $0 + 1 },
        leftContract: [0] + spec.leftContract.map { $0 + 1 },
        rightContract: [0] + spec.rightContract.map { $0 + 1 })
      return stacks.stack(inputs[0]).dot(stacks.stack(inputs[1]), overTime)
    case .convolutionFilterGradient:
      return .apply(value.node.op, inputs.map { mergingSteps(stacks.stack($0)) })
    case .reduce(let kind, let axes):
      return stacks.stack(inputs[0]).reduced(kind, axes: [0] + axes.map { $0 + 1 })
    case .pad:
      return .apply(value.node.op, [total(inputs[0], stacks), inputs[1]])
    default:
      return .apply(value.node.op, inputs.map { total($0, stacks) })
    }
  }

  /// Steps and batch made one axis.
  private func mergingSteps(_ stack: Value) -> Value {
    let sizes = stack.shape.dimensions
    return stack.reshaped(Shape([sizes[0] * sizes[1]] + sizes.dropFirst(2)))
  }

  // MARK: - Products for all steps

  /// The operand of a product that changes from step to step, if the other does not.
  private func varyingSide(_ product: Value) -> Int? {
    let isInvariant = product.node.inputs.map { residuals.isInvariant($0) }
    return isInvariant == [false, true] ? 0 : isInvariant == [true, false] ? 1 : nil
  }

  /// A hoisted product of all steps.
  func stacked(_ value: Value, _ stacks: Stacks) -> Value {
    guard case .dot(let spec, _) = value.node.op, let varying = varyingSide(value) else {
      return .failed(GraphError(.gradient, value.node.op.name, "is no product that can leave its loop"))
    }
    let operands = value.node.inputs.enumerated().map { index, operand in
      index == varying ? stacks.stack(operand) : stacks.outside(operand)
    }
    return productOfAllSteps(spec, operands, varying: varying)
  }
}

/// A step's product for all steps at once, `[length, …]`, where one operand is the same in all of them.
/// - Parameters:
///   - spec: The product of one step.
///   - operands: Both operands, the varying one with all steps along a first axis.
///   - varying: The number of the operand that differs from step to step.
/// - Returns: The products of all steps, along a first axis.
func productOfAllSteps(_ spec: DotSpec, _ operands: [Value], varying: Int) -> Value {
  var spec = spec
  // The steps are a free axis of the result, behind its batch axes and the free axes of a left operand.
  var place = spec.leftBatch.count
  if varying == 0 {
    spec.leftBatch = spec.leftBatch.map { $0 + 1 }
    spec.leftContract = spec.leftContract.map { $0 + 1 }
  } else {
    place += spec.leftFree(rank: operands[0].rank).count
    spec.rightBatch = spec.rightBatch.map { $0 + 1 }
    spec.rightContract = spec.rightContract.map { $0 + 1 }
  }
  let result = operands[0].dot(operands[1], spec)
  return place == 0 ? result : result.transposed([place] + (0..<result.rank).filter { $0 != place })
}
