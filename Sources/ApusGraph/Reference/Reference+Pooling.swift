extension Reference {
  /// Calls `body` for each window: its flat position in the result and those of its elements, in order.
  private static func forEachWindow(
    _ spec: PoolSpec, input: Shape, output: Shape, _ body: (_ target: Int, _ sources: [Int]) -> Void
  ) {
    let spatial = spec.window.count, channels = input[input.rank - 1]
    let geometry = WindowGeometry(
      input: Array(input.dimensions[1..<1 + spatial]), window: spec.window,
      output: Array(output.dimensions[1..<1 + spatial]), strides: spec.strides, padsLow: spec.padsLow,
      dilations: Array(repeating: 1, count: spatial))
    var windows = Array(repeating: [Int](), count: geometry.outputCount)
    for link in geometry.links { windows[link.output].append(link.input) }
    for batch in 0..<input[0] {
      for (place, sources) in windows.enumerated() {
        for channel in 0..<channels {
          body(
            (batch * geometry.outputCount + place) * channels + channel,
            sources.map { (batch * geometry.inputCount + $0) * channels + channel })
        }
      }
    }
  }

  static func pool(_ spec: PoolSpec, _ x: ReferenceArray, _ shape: Shape) -> ReferenceArray {
    switch spec.kind {
    case .maximum:
      var positions = Array(repeating: -1, count: shape.elementCount)
      forEachWindow(spec, input: x.shape, output: shape) { positions[$0] = firstMaximum(x, $1) }
      return x.picking(positions, shape: shape, fill: identity(.maximum, x.dtype))
    case .average:
      let numbers = x.reals
      var result = Array(repeating: 0.0, count: shape.elementCount)
      forEachWindow(spec, input: x.shape, output: shape) { target, sources in
        let sum = sources.reduce(0) { $0 + numbers[$1] }
        result[target] = sources.isEmpty ? 0 : sum / divisor(spec, sources.count)
      }
      return cast(ReferenceArray(.float64, shape, reals: result), x.dtype)
    }
  }

  private static func divisor(_ spec: PoolSpec, _ count: Int) -> Double {
    Double(spec.countsPadding ? spec.window.reduce(1, *) : count)
  }

  /// The flat position of the first largest element; a NaN counts as larger than every number.
  private static func firstMaximum(_ x: ReferenceArray, _ positions: [Int]) -> Int {
    func find<Number: Comparable>(_ numbers: [Number]) -> Int {
      var best = positions.first ?? -1
      for position in positions.dropFirst() {
        guard numbers[best] == numbers[best] else { break }
        if numbers[position] > numbers[best] || numbers[position] != numbers[position] { best = position }
      }
      return best
    }
    switch x.elements {
    case .real(let numbers): return find(numbers)
    case .whole(let numbers): return find(numbers)
    }
  }

  static func maxPoolGradient(_ spec: PoolSpec, _ x: ReferenceArray, _ gradient: ReferenceArray)
    -> ReferenceArray
  {
    let numbers = gradient.reals
    var result = Array(repeating: 0.0, count: x.count)
    forEachWindow(spec, input: x.shape, output: gradient.shape) { target, sources in
      let position = firstMaximum(x, sources)
      if position >= 0 { result[position] += numbers[target] }
    }
    return cast(ReferenceArray(.float64, x.shape, reals: result), x.dtype)
  }

  static func averagePoolGradient(_ spec: PoolSpec, _ gradient: ReferenceArray, _ shape: Shape)
    -> ReferenceArray
  {
    let numbers = gradient.reals
    var result = Array(repeating: 0.0, count: shape.elementCount)
    forEachWindow(spec, input: shape, output: gradient.shape) { target, sources in
      for source in sources { result[source] += numbers[target] / divisor(spec, sources.count) }
    }
    return cast(ReferenceArray(.float64, shape, reals: result), gradient.dtype)
  }
}
