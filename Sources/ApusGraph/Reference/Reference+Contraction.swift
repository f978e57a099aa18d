/// Numbers that products are summed in; integers wrap around.
private protocol Accumulator {
  static var zero: Self { get }
  static func multiplyAdd(_ sum: Self, _ a: Self, _ b: Self) -> Self
}
extension Double: Accumulator {
  static func multiplyAdd(_ sum: Double, _ a: Double, _ b: Double) -> Double { sum + a * b }
}
extension Int64: Accumulator {
  static func multiplyAdd(_ sum: Int64, _ a: Int64, _ b: Int64) -> Int64 { sum &+ a &* b }
}

extension Reference {
  /// Sums of products: for each triple, `result[target] += left[a] * right[b]`.
  private static func contract(
    _ left: ReferenceArray, _ right: ReferenceArray, _ shape: Shape,
    _ forEachTriple: (_ body: (_ target: Int, _ a: Int, _ b: Int) -> Void) -> Void
  ) -> ReferenceArray {
    func sum<Number: Accumulator>(_ left: [Number], _ right: [Number]) -> [Number] {
      var result = Array(repeating: Number.zero, count: shape.elementCount)
      forEachTriple { target, a, b in
        result[target] = Number.multiplyAdd(result[target], left[a], right[b])
      }
      return result
    }
    if left.dtype.isFloating {
      return ReferenceArray(left.dtype, shape, reals: sum(left.reals, right.reals))
    }
    return ReferenceArray(left.dtype, shape, wholes: sum(left.wholes, right.wholes))
  }

  static func dot(_ spec: DotSpec, _ left: ReferenceArray, _ right: ReferenceArray, _ shape: Shape)
    -> ReferenceArray
  {
    func positions(_ array: ReferenceArray, _ axes: [Int]) -> [Int] {
      let strides = array.shape.strides
      return flatPositions(axes.map { (Array(0..<array.shape[$0]), strides[$0]) })
    }
    let leftBatch = positions(left, spec.leftBatch), rightBatch = positions(right, spec.rightBatch)
    let rows = positions(left, spec.leftFree(rank: left.shape.rank))
    let columns = positions(right, spec.rightFree(rank: right.shape.rank))
    let leftDepth = positions(left, spec.leftContract), rightDepth = positions(right, spec.rightContract)
    return contract(left, right, shape) { body in
      var target = 0
      for (a, b) in zip(leftBatch, rightBatch) {
        for row in rows {
          for column in columns {
            for (i, j) in zip(leftDepth, rightDepth) { body(target, a + row + i, b + column + j) }
            target += 1
          }
        }
      }
    }
  }

  /// Which places of a window fall where: flat places among the result, the window and the input. Places in
  /// the padding are left out.
  struct WindowGeometry {
    var links: [(output: Int, tap: Int, input: Int)] = []
    let outputCount: Int, tapCount: Int, inputCount: Int

    init(input: [Int], window: [Int], output: [Int], strides: [Int], padsLow: [Int], dilations: [Int]) {
      outputCount = output.reduce(1, *)
      tapCount = window.reduce(1, *)
      inputCount = input.reduce(1, *)
      let outputStrides = Shape(output).strides, windowStrides = Shape(window).strides
      let inputStrides = Shape(input).strides
      for place in 0..<outputCount {
        for tap in 0..<tapCount {
          var source = 0
          for axis in input.indices {
            let start = place / outputStrides[axis] % output[axis] * strides[axis] - padsLow[axis]
            let position = start + tap / windowStrides[axis] % window[axis] * dilations[axis]
            guard source >= 0, position >= 0, position < input[axis] else {
              source = -1
              break
            }
            source += position * inputStrides[axis]
          }
          if source >= 0 { links.append((place, tap, source)) }
        }
      }
    }

    init(_ spec: ConvolutionSpec, x: Shape, kernel: Shape, result: Shape) {
      let spatial = spec.strides.count
      self.init(
        input: Array(x.dimensions[1..<1 + spatial]), window: Array(kernel.dimensions[..<spatial]),
        output: Array(result.dimensions[1..<1 + spatial]), strides: spec.strides, padsLow: spec.padsLow,
        dilations: spec.dilations)
    }
  }

  /// Calls `body` with the flat positions in x, the kernel and the result of every product of a convolution.
  private static func forEachProduct(
    _ spec: ConvolutionSpec, x: Shape, kernel: Shape, result: Shape, _ body: (Int, Int, Int) -> Void
  ) {
    let geometry = WindowGeometry(spec, x: x, kernel: kernel, result: result)
    let channels = x[x.rank - 1], filters = result[result.rank - 1]
    let groupChannels = channels / spec.groups, groupFilters = filters / spec.groups
    for batch in 0..<x[0] {
      for (output, tap, input) in geometry.links {
        for filter in 0..<filters {
          let target = (batch * geometry.outputCount + output) * filters + filter
          for channel in 0..<groupChannels {
            let source = filter / groupFilters * groupChannels + channel
            body(
              (batch * geometry.inputCount + input) * channels + source,
              (tap * groupChannels + channel) * filters + filter, target)
          }
        }
      }
    }
  }

  static func convolution(
    _ spec: ConvolutionSpec, _ x: ReferenceArray, _ kernel: ReferenceArray, _ shape: Shape
  ) -> ReferenceArray {
    contract(x, kernel, shape) { body in
      forEachProduct(spec, x: x.shape, kernel: kernel.shape, result: shape) { body($2, $0, $1) }
    }
  }

  static func convolutionInputGradient(
    _ spec: ConvolutionSpec, _ gradient: ReferenceArray, _ kernel: ReferenceArray, _ shape: Shape
  ) -> ReferenceArray {
    contract(gradient, kernel, shape) { body in
      forEachProduct(spec, x: shape, kernel: kernel.shape, result: gradient.shape) { body($0, $2, $1) }
    }
  }

  static func convolutionFilterGradient(
    _ spec: ConvolutionSpec, _ x: ReferenceArray, _ gradient: ReferenceArray, _ shape: Shape
  ) -> ReferenceArray {
    contract(x, gradient, shape) { body in
      forEachProduct(spec, x: x.shape, kernel: shape, result: gradient.shape) { body($1, $0, $2) }
    }
  }
}
