import ApusGraph
import ApusTensor

extension Initializer {
  /// What the variance is divided by.
  public enum FanMode: String, Sendable {
    /// The number of inputs: keeps the forward signal's variance.
    case input
    /// The number of outputs: keeps the gradient's variance.
    case output
    /// The mean of both.
    case average
  }

  /// The shape of a distribution with a given variance.
  public enum Distribution: String, Sendable {
    /// Normal, cut off at two deviations and widened to make up for it.
    case truncatedNormal
    /// Normal.
    case normal
    /// All numbers of a range equally likely.
    case uniform
  }

  /// Random with variance `scale` / fan, as in Keras.
  /// - Parameters:
  ///   - scale: Above 0.
  ///   - mode: What the variance is divided by.
  ///   - distribution: The shape of the distribution.
  ///   - name: The name in summaries.
  /// - Returns: An initializer.
  public static func varianceScaling(
    scale: Double = 1, mode: FanMode = .input, distribution: Distribution = .truncatedNormal,
    name: String = "varianceScaling"
  ) -> Initializer {
    Initializer(name) { shape, fans, dtype, source in
      if let problem = ArgumentCheck.firstProblem([ArgumentCheck.isPositive(scale, "scale")]) {
        return Tensor(.failed(GraphError(.argument, name, problem), type: TensorType(dtype, shape)))
      }
      let fan =
        switch mode {
        case .input: fans.input
        case .output: fans.output
        case .average: (fans.input + fans.output) / 2
        }
      let variance = scale / max(1, fan)
      switch distribution {
      case .truncatedNormal:
        // The deviation of the standard normal distribution cut off at ±2.
        let deviation = variance.squareRoot() / 0.87962566103423978
        return source.truncatedNormal(shape, standardDeviation: deviation, dtype: dtype)
      case .normal:
        return source.normal(shape, standardDeviation: variance.squareRoot(), dtype: dtype)
      case .uniform:
        let limit = (3 * variance).squareRoot()
        return source.uniform(shape, -limit, limit, dtype: dtype)
      }
    }
  }

  /// Glorot and Bengio, AISTATS 2010: variance 2 / (inputs + outputs). Keras's default for kernels.
  public static let glorotUniform = varianceScaling(
    mode: .average, distribution: .uniform, name: "glorotUniform")
  /// The normal form of `glorotUniform`.
  public static let glorotNormal = varianceScaling(mode: .average, name: "glorotNormal")
  /// He et al., arXiv:1502.01852: variance 2 / inputs, made for ReLU.
  public static let heNormal = varianceScaling(scale: 2, name: "heNormal")
  /// The uniform form of `heNormal`.
  public static let heUniform = varianceScaling(scale: 2, distribution: .uniform, name: "heUniform")
  /// LeCun et al., 1998: variance 1 / inputs, made for SELU.
  public static let lecunNormal = varianceScaling(name: "lecunNormal")
  /// The uniform form of `lecunNormal`.
  public static let lecunUniform = varianceScaling(distribution: .uniform, name: "lecunUniform")
}
