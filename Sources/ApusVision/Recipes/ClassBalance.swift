import ApusData

/// What is done about classes of unequal size.
public enum ClassBalance: String, Sendable, Codable, CaseIterable {
  /// Images of rarer classes weigh more in the loss.
  case weights
  /// Images of rarer classes are drawn more often, each time with other augmentation; of the others not all are drawn
  /// in each epoch.
  case sampling
  /// Nothing: common classes weigh most.
  case none
}

/// How the classes of a training are balanced.
struct ClassBalancing {
  /// Which samples an epoch consists of.
  let sampling: Sampling
  /// The weight of each class in the loss; nil where all weigh the same.
  let weights: [Double]?
  /// What a person is told; nil where there is nothing to balance.
  let sentence: String?

  /// One class has this many times as many images as another before anything is done.
  static let imbalance = 1.5

  /// Balance by a method for the number of images of each class.
  init(_ method: ClassBalance, counts: [Int]) {
    let isUneven =
      counts.min().map { $0 > 0 && Double(counts.max() ?? 0) > Self.imbalance * Double($0) } ?? false
    let total = Double(counts.reduce(0, +))
    switch method {
    case .weights where isUneven:
      // All classes weigh the same in sum.
      (sampling, weights) = (.everySample, counts.map { total / (Double(counts.count) * Double($0)) })
      sentence = "The classes are of unequal size: rarer ones weigh more in the loss."
    case .sampling where isUneven:
      (sampling, weights) = (.balanced, nil)
      sentence = "The classes are of unequal size: rarer ones are drawn more often."
    case .weights, .sampling, .none: (sampling, weights, sentence) = (.everySample, nil, nil)
    }
  }
}
