import ApusData
import ApusGraph
import ApusNN
import ApusTrain

/// How a small network is trained from scratch: Nesterov momentum with one cycle of a high learning rate, label smoothing,
/// and augmentation, of which photos get more than small images.
///
/// After Page, "How to train your ResNet" (2018), and Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU",
/// arXiv:2404.00498, on a network that two processors can train: `VisionArchitecture.resNet9`.
public struct ScratchTraining: Sendable, Codable, Equatable {
  /// Passes over the training set.
  public var epochs: Int
  /// Images in each step.
  public var batchSize: Int
  /// The highest learning rate of the cycle.
  public var learningRate: Double
  /// Weight decay.
  public var weightDecay: Double
  /// Label smoothing: the share of the probability that is spread evenly over all classes.
  public var labelSmoothing = 0.1
  /// The largest shift, as a share of the sides; where `smallestArea` is 1.
  public var shift = 1.0 / 16
  /// The smallest share of an image's area in a random crop; 1 takes all of each.
  public var smallestArea = 1.0
  /// The largest change of brightness, contrast and saturation.
  public var colorChange = 0.0
  /// The probability that the images of a batch are mixed, by MixUp or CutMix.
  public var mixing = 0.0
  /// The share of the sides that images have in the first third of the epochs. They grow in the second, and have their
  /// full size in the last: `ProgressiveResizing`.
  public var firstSide = 1.0
  /// Whether an image and its horizontal flip mean the same.
  public var flips: Bool

  /// The settings for a number of small images, framed alike: as many steps for few as a network needs.
  public init(imageCount: Int, flips: Bool = true) {
    let count = max(1, imageCount)
    batchSize = min(250, max(16, count / 100))
    epochs = min(60, max(12, 400_000 / count))
    // Larger batches are surer of their direction and can take longer steps.
    learningRate = 0.4 * Double(batchSize) / 250
    weightDecay = 4e-3
    self.flips = flips
  }

  /// The settings for a number of photos, whose subjects are in different places and sizes: many epochs, and never the
  /// same image twice.
  public init(photoCount: Int, flips: Bool = true) {
    let count = max(1, photoCount)
    batchSize = 32
    epochs = min(100, max(12, 96_000 / count))
    learningRate = 0.05
    weightDecay = 4e-3
    smallestArea = 0.35
    colorChange = 0.2
    mixing = 0.5
    firstSide = 0.625
    self.flips = flips
  }

  /// The loss to minimize.
  public var loss: Loss {
    mixing > 0
      ? .mixedCrossEntropy(labelSmoothing: labelSmoothing) : .crossEntropy(labelSmoothing: labelSmoothing)
  }

  /// The optimizer for a training set of a size.
  public func optimizer(imageCount: Int) -> Optimizer {
    let steps = epochs * max(1, DataLoader.batchCount(samples: imageCount, batchSize: batchSize))
    return .sgd(
      schedule: .oneCycle(peak: learningRate, steps: steps, initialDivisor: 10), momentum: 0.9,
      nesterov: true,
      weightDecay: weightDecay)
  }

  /// Augmentation of images of a size, numbers in 0...1.
  /// - Throws: `DataError` for a `smallestArea` that is no share.
  public func augmentations(for size: ImageSize) throws -> [any Augmentation] {
    var changes: [any Augmentation] = []
    if smallestArea < 1 {
      changes.append(try RandomResizedCrop(size, area: smallestArea...1))
    } else {
      let share = shift > 0 ? min(shift, 1) : 0
      func pixels(_ side: Int) -> Int { Int((Double(side) * share).rounded()) }
      // What comes in from outside is a medium gray, which is nothing after normalization.
      changes.append(RandomShift(vertical: pixels(size.height), horizontal: pixels(size.width), fill: 0.47))
    }
    if flips { changes.append(RandomHorizontalFlip()) }
    if colorChange > 0 {
      let amount = Float(colorChange)
      changes.append(ColorJitter(brightness: amount, contrast: amount, saturation: amount))
    }
    return changes
  }

  /// Augmentation of batches.
  /// - Throws: `DataError` for a `mixing` that is no probability.
  public func batchAugmentations() throws -> [any BatchAugmentation] {
    guard mixing > 0 else { return [] }
    return [RandomChoice([try MixUp(alpha: 0.4, probability: mixing), try CutMix(probability: mixing)])]
  }

  /// The sizes of images over the epochs; nil where they stay as they are.
  /// - Throws: `DataError` for settings that make no sense.
  public func resizing(to size: ImageSize) throws -> ProgressiveResizing? {
    guard firstSide < 1, epochs > 1 else { return nil }
    // Pooling thrice leaves nothing of fewer pixels.
    func first(_ side: Int) -> Int { min(side, max(8, Int(Double(side) * max(0, firstSide)))) }
    return try ProgressiveResizing(
      from: ImageSize(width: first(size.width), height: first(size.height)), to: size, epochs: epochs)
  }
}
