import ApusGraph

extension RandomSource {
  /// 32-bit words, all values equally likely (`uint32`).
  public func bits(_ shape: Shape, file: StaticString = #fileID, line: Int = #line) -> Tensor {
    building([], file, line) { () throws(GraphError) in
      try shape.requireSizes("random bits")
      return bits(shape)
    }
  }

  /// Numbers from `low` up to but not including `high`, all equally likely.
  public func uniform(
    _ shape: Shape, _ low: Double = 0, _ high: Double = 1, dtype: DType = .float32,
    file: StaticString = #fileID, line: Int = #line
  ) -> Tensor {
    building([], file, line) { () throws(GraphError) in
      try require(shape, dtype, "uniform")
      guard low <= high, low.isFinite, high.isFinite else {
        throw GraphError(.argument, "uniform", "no numbers lie from \(low) up to \(high)")
      }
      let unit = unit(shape, dtype)
      return low == 0 && high == 1 ? unit : unit * (high - low) + low
    }
  }

  /// Numbers from the normal distribution.
  public func normal(
    _ shape: Shape, mean: Double = 0, standardDeviation: Double = 1, dtype: DType = .float32,
    file: StaticString = #fileID, line: Int = #line
  ) -> Tensor {
    building([], file, line) { () throws(GraphError) in
      try require(shape, dtype, "normal")
      try require(standardDeviation: standardDeviation, mean, "normal")
      // Box and Muller, 1958: two uniform numbers make two normal ones.
      let half = (shape.elementCount + 1) / 2
      let pairs = openUnit(Shape([2, half]), dtype.computing)
      let radius = (pairs.slice(axis: 0, 0..<1).log() * -2).sqrt()
      let angle = pairs.slice(axis: 0, 1..<2) * (2 * Double.pi)
      let both = Value.concatenate([radius * angle.unary(.cos), radius * angle.unary(.sin)], axis: 0)
        .reshaped(Shape([2 * half])).slice(axis: 0, 0..<shape.elementCount).reshaped(shape)
      return (both * standardDeviation + mean).cast(dtype)
    }
  }

  /// Numbers from the normal distribution between two standard deviations about the mean.
  public func truncatedNormal(
    _ shape: Shape, mean: Double = 0, standardDeviation: Double = 1, dtype: DType = .float32,
    file: StaticString = #fileID, line: Int = #line
  ) -> Tensor {
    building([], file, line) { () throws(GraphError) in
      try require(shape, dtype, "truncatedNormal")
      try require(standardDeviation: standardDeviation, mean, "truncatedNormal")
      // The inverse of the distribution function, over the part between −2 and 2: erf(2 / √2).
      let reach = 0.954499736103642
      let inner = (openUnit(shape, dtype.computing) * 2 - 1) * reach
      return (erfinv(Tensor(inner)).value * (2.0.squareRoot() * standardDeviation) + mean).cast(dtype)
    }
  }

  /// True with a probability, as `bool` or as 1 and 0 of another type.
  public func bernoulli(
    _ shape: Shape, probability: Double = 0.5, dtype: DType = .bool, file: StaticString = #fileID,
    line: Int = #line
  ) -> Tensor {
    building([], file, line) { () throws(GraphError) in
      try shape.requireSizes("bernoulli")
      guard 0...1 ~= probability else {
        throw GraphError(.argument, "bernoulli", "probability \(probability) must lie in 0…1")
      }
      let unit = unit(shape, .float32)
      return unit.compare(.less, unit.splat(probability)).cast(dtype)
    }
  }

  /// True with the probability that each element of a tensor gives, in the tensor's shape. An element outside 0…1 stops
  /// the evaluation with an error.
  public func bernoulli(
    probabilities: Tensor, dtype: DType = .bool, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor {
    building([probabilities], file, line) { () throws(GraphError) in
      let p = probabilities.value.cast(.float32)
      let isProbability = p.compare(.greaterOrEqual, p.splat(0)).binary(
        .and, p.compare(.lessOrEqual, p.splat(1)))
      return unit(p.shape, .float32).compare(.less, p.required(.probability, where: isProbability)).cast(
        dtype)
    }
  }

  /// Whole numbers of a range, all equally likely.
  /// - Parameters:
  ///   - shape: The result's.
  ///   - range: The numbers, at least one and at most 2^31; all must fit the type.
  ///   - dtype: The result's type, one of whole numbers.
  ///   - file: The caller's file, which errors name.
  ///   - line: The caller's line, which errors name.
  /// - Returns: Numbers of the given shape.
  public func randint(
    _ shape: Shape, in range: Range<Int>, dtype: DType = .int32, file: StaticString = #fileID,
    line: Int = #line
  ) -> Tensor {
    building([], file, line) { () throws(GraphError) in
      try shape.requireSizes("randint")
      let (size, overflow) = range.upperBound.subtractingReportingOverflow(range.lowerBound)
      guard !range.isEmpty, !overflow, size <= 1 << 31 else {
        throw GraphError(
          .argument, "randint", "range \(range) must hold at least one and at most 2^31 numbers")
      }
      _ = try Number.integer(Int64(range.lowerBound)).literal(dtype, "randint")
      _ = try Number.integer(Int64(range.upperBound - 1)).literal(dtype, "randint")
      // The high half of word · count; Lemire, arXiv:1805.10941.
      let wide = bits(shape).cast(.int64)
      let scaled = (wide * .constant(Literal([Int64(size)], shape: .scalar)))
        .binary(.shiftRight, wide.splat(32))
      return (scaled + .constant(Literal([Int64(range.lowerBound)], shape: .scalar))).cast(dtype)
    }
  }

  /// Class indices (`int32`) drawn with the probabilities softmax(logits).
  /// - Parameters:
  ///   - logits: `[…, classes]`
  ///   - count: Draws from each row; they form a new last axis. When left out there is one draw and no axis.
  ///   - file: The caller's file, which errors name.
  ///   - line: The caller's line, which errors name.
  /// - Returns: `[…]`, or `[…, count]`.
  public func categorical(
    logits: Tensor, count: Int? = nil, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor {
    building([logits], file, line) { () throws(GraphError) in
      let x = logits.value.floating
      let last = try x.axis(-1, "categorical")
      guard count.map({ $0 >= 0 }) ?? true else {
        throw GraphError(.argument, "categorical", "count \(count ?? 0) must be 0 or more")
      }
      // The largest of logits with Gumbel noise: Gumbel, 1954.
      let rows = Array(x.shape.dimensions.dropLast())
      let shape = Shape(rows + (count.map { [$0] } ?? []) + [x.shape[last]])
      try shape.requireSizes("categorical")
      let noise = -((-openUnit(shape, .float32).log()).log())
      let spread = count == nil ? x : x.expanded(axis: last)
      return (spread.cast(.float32) + noise).argmax(axis: shape.rank - 1)
    }
  }

  /// The numbers 0 ..< count in random order (`int32`).
  public func permutation(_ count: Int, file: StaticString = #fileID, line: Int = #line) -> Tensor {
    building([], file, line) { () throws(GraphError) in
      try Shape([count]).requireSizes("permutation")
      return order(count)
    }
  }

  /// A tensor with the slices of an axis in random order.
  public func shuffled(
    _ tensor: Tensor, axis: Int = 0, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor {
    building([tensor], file, line) { () throws(GraphError) in
      let axis = try tensor.value.axis(axis, "shuffle")
      return tensor.value.gather(order(tensor.shape[axis]), axis: axis)
    }
  }

  // MARK: - The words behind them

  private func bits(_ shape: Shape) -> Value {
    let draw = draw(words: shape.elementCount)
    return .apply(.randomBits(shape: shape), [draw.key, draw.counter])
  }

  /// Sorts by 63-bit keys, of which two are hardly ever equal.
  private func order(_ count: Int) -> Value {
    let words = bits(Shape([2, count])).cast(.int64)
    let high = words.slice(axis: 0, 0..<1).binary(.shiftRight, words.splat(1))
      .binary(.shiftLeft, words.splat(32))
    return (high + words.slice(axis: 0, 1..<2)).reshaped(Shape([count])).sorted(axis: 0).order
  }

  /// Uniform in [0, 1): 24 random bits for `float32`, 53 for `float64`.
  private func unit(_ shape: Shape, _ dtype: DType) -> Value {
    guard dtype == .float64 else {
      let words = bits(shape)
      let unit = words.binary(.shiftRight, words.splat(8)).cast(.float32) * 0x1p-24
      return unit.cast(dtype)
    }
    return wholeBits(shape, kept: 53) * 0x1p-53
  }

  /// Uniform in (0, 1), neither end included: the middles of 2^23 or 2^52 equal parts.
  private func openUnit(_ shape: Shape, _ dtype: DType) -> Value {
    guard dtype == .float64 else {
      let words = bits(shape)
      return words.binary(.shiftRight, words.splat(9)).cast(.float32) * 0x1p-23 + 0x1p-24
    }
    return wholeBits(shape, kept: 52) * 0x1p-52 + 0x1p-53
  }

  /// Whole numbers of so many random bits, as `float64`.
  private func wholeBits(_ shape: Shape, kept: Int) -> Value {
    let words = bits(Shape([2] + shape.dimensions))
    func half(_ index: Int, dropped: Int) -> Value {
      words.slice(axis: 0, index..<(index + 1)).binary(.shiftRight, words.splat(Double(dropped)))
        .reshaped(shape).cast(.float64)
    }
    return half(0, dropped: 32 - (kept - 27)) * 0x1p27 + half(1, dropped: 5)
  }

  private func require(
    standardDeviation: Double, _ mean: Double, _ operation: String
  ) throws(GraphError) {
    guard standardDeviation >= 0, standardDeviation.isFinite, mean.isFinite else {
      throw GraphError(
        .argument, operation,
        "mean \(mean) and standard deviation \(standardDeviation) must be finite, and the latter 0 or more")
    }
  }

  private func require(_ shape: Shape, _ dtype: DType, _ operation: String) throws(GraphError) {
    try shape.requireSizes(operation)
    guard dtype.isFloating else {
      throw GraphError(
        .dtype, operation, "random real numbers cannot be \(dtype)", advice: "use randint for whole numbers")
    }
  }
}

extension DType {
  /// The type in which arithmetic is done.
  fileprivate var computing: DType { self == .float64 ? .float64 : .float32 }
}
