import ApusData

/// The first model of a neuron: it fires where the weights of the inputs that fire reach a threshold. Nothing is learned.
/// McCulloch and Pitts, Bulletin of Mathematical Biophysics 5, 1943.
public struct McCullochPittsNeuron: Sendable, Equatable {
  /// The weight of each input: above 0 excites, below 0 inhibits.
  public let weights: [Int]
  /// The least sum with which it fires.
  public let threshold: Int

  /// A neuron.
  public init(weights: [Int], threshold: Int) {
    self.weights = weights
    self.threshold = threshold
  }

  /// Fires where all inputs do.
  public static func and(_ count: Int = 2) -> McCullochPittsNeuron {
    McCullochPittsNeuron(weights: Array(repeating: 1, count: max(0, count)), threshold: count)
  }

  /// Fires where any input does.
  public static func or(_ count: Int = 2) -> McCullochPittsNeuron {
    McCullochPittsNeuron(weights: Array(repeating: 1, count: max(0, count)), threshold: 1)
  }

  /// Fires where its input does not.
  public static let not = McCullochPittsNeuron(weights: [-1], threshold: 0)

  /// Whether it fires.
  /// - Parameter inputs: Whether each input fires.
  /// - Returns: Whether the weights of those that do reach the threshold.
  /// - Throws: `DataError` for another number of inputs than of weights.
  public func fires(_ inputs: [Bool]) throws -> Bool {
    guard inputs.count == weights.count else {
      throw DataError(.shape, "a neuron of \(weights.count) inputs was given \(inputs.count)")
    }
    return zip(weights, inputs).reduce(0) { $0 + ($1.1 ? $1.0 : 0) } >= threshold
  }
}
