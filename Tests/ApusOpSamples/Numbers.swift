import ApusGraph

/// Small reproducible inputs for tests.
public struct Numbers {
  private var state: UInt64

  /// A stream of numbers of its own for each seed.
  public init(seed: UInt64 = 1) { state = seed }

  /// Uniform in 0..<1 (splitmix64).
  public mutating func next() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Double((z ^ (z >> 31)) >> 11) / 9_007_199_254_740_992
  }

  /// Uniform numbers in a range.
  public mutating func uniform(_ shape: Shape, _ range: ClosedRange<Double> = -2...2) -> Literal {
    Literal(
      (0..<shape.elementCount).map { _ in
        range.lowerBound + (range.upperBound - range.lowerBound) * next()
      }, shape: shape)
  }

  /// Numbers no two of which are closer than 0.1, none within 0.04 of a multiple of 1/2: no kink, tie or jump of
  /// any operation is near.
  public mutating func spread(_ shape: Shape) -> Literal {
    var steps = (0..<shape.elementCount).map { Double($0 - shape.elementCount / 2) }
    for index in steps.indices.reversed() { steps.swapAt(index, Int(next() * Double(index + 1))) }
    return Literal(
      steps.map { $0 * 0.1 + 0.05 + 0.005 * ($0.truncatingRemainder(dividingBy: 3)) }, shape: shape)
  }
}

/// A float64 value of the given elements.
public func reals(_ numbers: [Double], _ shape: Shape? = nil) -> Literal {
  Literal(numbers, shape: shape ?? [numbers.count])
}

/// An int32 value of the given elements.
public func indices(_ numbers: [Int32], _ shape: Shape? = nil) -> Literal {
  Literal(numbers, shape: shape ?? [numbers.count])
}
