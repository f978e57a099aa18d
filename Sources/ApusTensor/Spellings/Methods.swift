import ApusGraph

// Methods for the free functions, for who writes `x.exp()` where NumPy has `np.exp(x)` and PyTorch both. They are the
// same operations, and results have the shape of the tensor. Within an extension of `Tensor` a free function of the same
// name is called as `ApusTensor.exp(x)`.

extension Tensor {
  /// Absolute value of each element.
  public func abs() -> Tensor { ApusTensor.abs(self) }
  /// −1, 0 or 1 for each element.
  public func sign() -> Tensor { ApusTensor.sign(self) }
  /// The largest whole number not above each element.
  public func floor() -> Tensor { ApusTensor.floor(self) }
  /// The smallest whole number not below each element.
  public func ceil() -> Tensor { ApusTensor.ceil(self) }
  /// The nearest whole number to each element, halves to the even one.
  public func round() -> Tensor { ApusTensor.round(self) }
  /// The whole number next towards 0 of each element.
  public func trunc() -> Tensor { ApusTensor.trunc(self) }
  /// e to the power of each element.
  public func exp() -> Tensor { ApusTensor.exp(self) }
  /// e to the power of each element, less 1; exact near 0.
  public func expm1() -> Tensor { ApusTensor.expm1(self) }
  /// Natural logarithm of each element.
  public func log() -> Tensor { ApusTensor.log(self) }
  /// Natural logarithm of 1 + x for each element x; exact near 0.
  public func log1p() -> Tensor { ApusTensor.log1p(self) }
  /// Logarithm to base 2 of each element.
  public func log2() -> Tensor { ApusTensor.log2(self) }
  /// Logarithm to base 10 of each element.
  public func log10() -> Tensor { ApusTensor.log10(self) }
  /// Square root of each element.
  public func sqrt() -> Tensor { ApusTensor.sqrt(self) }
  /// 1 / square root of each element.
  public func rsqrt() -> Tensor { ApusTensor.rsqrt(self) }
  /// Each element times itself.
  public func square() -> Tensor { ApusTensor.square(self) }
  /// 1 / x for each element x.
  public func reciprocal() -> Tensor { ApusTensor.reciprocal(self) }
  /// Sine of each element.
  public func sin() -> Tensor { ApusTensor.sin(self) }
  /// Cosine of each element.
  public func cos() -> Tensor { ApusTensor.cos(self) }
  /// Tangent of each element.
  public func tan() -> Tensor { ApusTensor.tan(self) }
  /// Hyperbolic tangent of each element.
  public func tanh() -> Tensor { ApusTensor.tanh(self) }
  /// The error function of each element.
  public func erf() -> Tensor { ApusTensor.erf(self) }
  /// max(x, 0) for each element x.
  public func relu() -> Tensor { ApusTensor.relu(self) }
  /// x · sigmoid(x) for each element x, also called swish.
  public func silu() -> Tensor { ApusTensor.silu(self) }
  /// 1 / (1 + e^−x) for each element x.
  public func sigmoid() -> Tensor { ApusTensor.sigmoid(self) }
  /// log(1 + e^x) for each element x.
  public func softplus() -> Tensor { ApusTensor.softplus(self) }
  /// x Φ(x) for each element x, with Φ the normal distribution's; see `gelu(_:approximate:)`.
  public func gelu(approximate: Bool = true) -> Tensor { ApusTensor.gelu(self, approximate: approximate) }
  /// x where positive, `negativeSlope` · x elsewhere.
  public func leakyRelu(negativeSlope: Double = 0.2) -> Tensor {
    ApusTensor.leakyRelu(self, negativeSlope: negativeSlope)
  }

  /// e^x / Σ e^x along an axis.
  public func softmax(
    axis: Int = -1, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor { ApusTensor.softmax(self, axis: axis, file: file, line: line) }
  /// log(softmax(x)) along an axis.
  public func logSoftmax(
    axis: Int = -1, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor { ApusTensor.logSoftmax(self, axis: axis, file: file, line: line) }

  /// Each element to the power of a number.
  public func power(_ exponent: some TensorNumber) -> Tensor { ApusTensor.power(self, exponent) }
  /// Each element to the power of another tensor's, with broadcasting.
  public func power(_ exponent: Tensor) -> Tensor { ApusTensor.power(self, exponent) }

  /// Elements limited to `low`…`high`; where `low` is above `high`, all are `high`.
  public func clip(_ low: some TensorNumber, _ high: some TensorNumber) -> Tensor {
    ApusTensor.clip(self, low, high)
  }

  /// Matrix product: `[…, m, k]` times `[…, k, n]` is `[…, m, n]`; see the free `matmul`.
  public func matmul(
    _ other: Tensor, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor { ApusTensor.matmul(self, other, file: file, line: line) }

  /// The product summed over this tensor's last axis and the other's second last (or only) one.
  public func dot(
    _ other: Tensor, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor { ApusTensor.dot(self, other, file: file, line: line) }

  /// The same numbers as a constant: no gradient flows through.
  public func stopGradient() -> Tensor { ApusTensor.stopGradient(self) }
}
