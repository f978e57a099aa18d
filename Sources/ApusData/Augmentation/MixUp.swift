import ApusGraph

/// Blends every sample with another one of its batch, features and targets alike.
///
/// Zhang et al., "mixup: beyond empirical risk minimization", arXiv:1710.09412; the same arithmetic as torchvision's
/// MixUp: one share for a batch, and each sample's partner is the one before it.
public struct MixUp: BatchAugmentation {
  /// The shares are drawn from the beta distribution with this parameter twice: small values keep samples almost
  /// as they are, 1 makes all shares equally likely.
  public let alpha: Double
  /// The probability that a batch is mixed, in 0...1.
  public let probability: Double

  /// - Parameters:
  ///   - alpha: The parameter of the beta distribution that shares are drawn from; 0.2 is the paper's for
  ///     photos.
  ///   - probability: The probability that a batch is mixed, in 0...1.
  /// - Throws: `DataError` for an alpha that is not above 0 and finite, and for a probability outside 0...1.
  public init(alpha: Double = 0.2, probability: Double = 1) throws {
    try checkMixing(alpha: alpha, probability: probability)
    self.alpha = alpha
    self.probability = probability
  }

  /// Mixes the batch, or leaves it.
  /// - Parameters:
  ///   - batch: The batch; its memory is changed in place.
  ///   - random: The source of all random numbers.
  /// - Throws: `DataError` for features or targets that cannot be mixed.
  public func augment(_ batch: inout Batch, random: inout PhiloxGenerator) throws {
    guard Double(random.uniform()) < probability else { return }
    try Self.mix(&batch, share: Float(random.beta(alpha, alpha)))
  }

  static func mix(_ batch: inout Batch, share: Float) throws {
    for feature in batch.features { try Batch.mix(feature, share: share) }
    try batch.mixTargets(share: share)
  }
}

func checkMixing(alpha: Double, probability: Double) throws {
  guard alpha > 0, alpha.isFinite, 0...1 ~= probability else {
    throw DataError(
      .setting,
      "a positive alpha and a probability from 0 to 1 were expected, \(alpha) and \(probability) came")
  }
}
