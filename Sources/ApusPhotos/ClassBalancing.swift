import ApusData

/// What is done where there are many photos of some classes and few of others.
public enum ClassBalance: String, Sendable, Codable, CaseIterable {
  /// Photos of rarer classes count for more in the loss.
  case weights
  /// Photos of rarer classes come more often, changed by chance in another way each time; of the others not all come in
  /// each epoch.
  case sampling
  /// Nothing: the common classes are learned best.
  case none
}

/// How the classes of a training are balanced.
struct ClassBalancing {
  /// Which samples an epoch consists of.
  let sampling: Sampling
  /// How much the photos of each class count in the loss; nil where all count the same.
  let weights: [Double]?
  /// What is to be said of it; nil where there is nothing to balance.
  let sentence: String?

  /// Photos of one class are this many times as many as of another before anything is done.
  static let imbalance = 1.5

  /// Balance by a method for numbers of photos, class by class.
  init(_ method: ClassBalance, counts: [Int]) {
    let isUneven =
      counts.min().map { $0 > 0 && Double(counts.max() ?? 0) > Self.imbalance * Double($0) } ?? false
    let total = Double(counts.reduce(0, +))
    switch method {
    case .weights where isUneven:
      // All classes count the same in all.
      (sampling, weights) = (.everySample, counts.map { total / (Double(counts.count) * Double($0)) })
      sentence = "The classes are of unequal size: photos of the rarer ones count for more."
    case .sampling where isUneven:
      (sampling, weights) = (.balanced, nil)
      sentence = "The classes are of unequal size: photos of the rarer ones come more often."
    case .weights, .sampling, .none: (sampling, weights, sentence) = (.everySample, nil, nil)
    }
  }
}
