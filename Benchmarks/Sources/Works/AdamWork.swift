import Apus

extension Work {
  /// An update of as many weights as ResNet-50 has, in as many tensors; the gradients are given.
  static let adam = Work(
    name: "adam", summary: "Adam, 25 million parameters in 160 tensors: one update",
    // Parameter, gradient and both moments are read, all but the gradient are written.
    cost: Cost(bytes: 28 * Double(resNetShapes.reduce(0) { $0 + $1.elementCount }))
  ) { purpose in
    let parameters = try resNetShapes.enumerated().map {
      Parameter(Tensor(try normal($1, stream: "parameter \($0)")))
    }
    let model = Weights(parameters: parameters)
    let gradients = try resNetShapes.enumerated().map { try normal($1, stream: "gradient \($0)") }
    let optimizer = adamOptimizer()
    let nothing = try Literal.zeros(TensorType(.float32, [0]))
    try optimizer.prepare(model)
    let step = CompiledFunction { inputs in
      try optimizer.update(model, Gradients(zip(parameters, inputs).map { ($0, $1) }))
      return purpose == .checking ? [parameters[0].tensor] : []
    }
    return Prepared(
      tensors: {
        var tensors: [String: Literal] = [:]
        for (index, parameter) in parameters.enumerated() {
          tensors["parameter.\(index)"] = try parameter.tensor.literal()
          tensors["input.\(index)"] = gradients[index]
        }
        return tensors
      },
      run: { try step(gradients).first ?? nothing })
  }

  private struct Weights: Module { let parameters: [Parameter] }

  /// The shapes of ResNet-50's weights, without the classifier's bias.
  private static let resNetShapes: [Shape] = {
    var shapes: [Shape] = []
    func convolution(_ size: Int, _ channels: Int, _ filters: Int) {
      shapes += [[size, size, channels, filters], [filters], [filters]]
    }
    convolution(7, 3, 64)
    var channels = 64
    for (width, count) in [(64, 3), (128, 4), (256, 6), (512, 3)] {
      for index in 0..<count {
        convolution(1, channels, width)
        convolution(3, width, width)
        convolution(1, width, 4 * width)
        if index == 0 { convolution(1, channels, 4 * width) }
        channels = 4 * width
      }
    }
    return shapes + [[2048, 1000]]
  }()
}
