/// Two products with the axes' roles exchanged, each turned back to its operand's order of axes.
func dotGradients(_ spec: DotSpec, _ context: GradientContext) -> [Value?] {
  let gradient = context.gradient(), left = context.inputs[0], right = context.inputs[1]
  let batch = Array(0..<spec.leftBatch.count)
  let leftFree = spec.leftFree(rank: left.rank), rightFree = spec.rightFree(rank: right.rank)
  let gradientLeft = Array(batch.count..<batch.count + leftFree.count)
  let gradientRight = Array(batch.count + leftFree.count..<gradient.rank)
  return [
    context.when(
      0,
      {
        let product = gradient.dot(
          right,
          DotSpec(
            leftBatch: batch, rightBatch: spec.rightBatch, leftContract: gradientRight,
            rightContract: rightFree))
        // Axes of the product: batch, free axes of the left, summed axes in the right's order.
        let summed = spec.rightContract.indices.sorted { spec.rightContract[$0] < spec.rightContract[$1] }
        return product.arranged(spec.leftBatch + leftFree + summed.map { spec.leftContract[$0] })
      }()),
    context.when(
      1,
      {
        let product = left.dot(
          gradient,
          DotSpec(
            leftBatch: spec.leftBatch, rightBatch: batch, leftContract: leftFree, rightContract: gradientLeft)
        )
        let summed = spec.leftContract.indices.sorted { spec.leftContract[$0] < spec.leftContract[$1] }
        return product.arranged(spec.rightBatch + summed.map { spec.rightContract[$0] } + rightFree)
      }()),
  ]
}

extension Value {
  /// Axis i moved to place `places[i]`.
  fileprivate func arranged(_ places: [Int]) -> Value {
    transposed(places.indices.map { place in places.firstIndex(of: place)! })
  }
}

/// The three convolutions are each other's gradients.
func convolutionGradients(_ context: GradientContext) -> [Value?] {
  let gradient = context.gradient(), first = context.inputs[0], second = context.inputs[1]
  func spatial(_ value: Value) -> [Int] { Array(value.shape.dimensions[1..<(value.rank - 1)]) }
  func inputGradient(_ spec: ConvolutionSpec, _ gradient: Value, _ kernel: Value, like x: Value) -> Value {
    .apply(.convolutionInputGradient(spec, inputSpatial: spatial(x)), [gradient, kernel])
  }
  func filterGradient(_ spec: ConvolutionSpec, _ x: Value, _ gradient: Value, like kernel: Value) -> Value {
    let sizes = Array(kernel.shape.dimensions.dropLast(2))
    return .apply(.convolutionFilterGradient(spec, kernelSpatial: sizes), [x, gradient])
  }
  switch context.op {
  case .convolution(let spec, _):
    return [
      context.when(0, inputGradient(spec, gradient, second, like: first)),
      context.when(1, filterGradient(spec, first, gradient, like: second)),
    ]
  case .convolutionInputGradient(let spec, _):
    return [
      context.when(0, .apply(.convolution(spec, .none), [gradient, second])),
      context.when(1, filterGradient(spec, gradient, first, like: second)),
    ]
  case .convolutionFilterGradient(let spec, _):
    return [
      context.when(0, inputGradient(spec, second, gradient, like: first)),
      context.when(1, .apply(.convolution(spec, .none), [first, gradient])),
    ]
  default:
    return context.none
  }
}
