import ApusData
import ApusGraph
import ApusVision

/// How a folder of photos is learned: which network, of which size, and by which steps. The one place where that is
/// decided.
public struct PhotoRecipe: Sendable, Codable, Equatable {
  /// Where the weights begin.
  public enum Start: String, Sendable, Codable {
    /// What the network learned from ImageNet; a new classifier behind it.
    case imageNet = "imagenet"
    /// By chance.
    case random
  }

  /// The network's name.
  public var architecture: String
  /// The size of the pictures that it sees.
  public var size: ImageSize
  /// Where its weights begin.
  public var start: Start
  /// Whether a photo and its mirror image mean the same, so that both are learned from and asked about.
  public var mirrors: Bool
  /// What is done about classes of unequal size.
  public var balance: ClassBalance
  /// How the classifier alone learns from what the frozen body makes of the photos; nil where all learns at once.
  public var classifier: ClassifierTraining?
  /// How all layers learn, after the classifier where that learns alone first; nil where they do not.
  public var network: NetworkTraining?
  /// How a small network learns from nothing; nil where it does not.
  public var scratch: ScratchTraining?

  /// How a classifier learns from features.
  public struct ClassifierTraining: Sendable, Codable, Equatable {
    /// How often all features are seen at most.
    public var epochs = 60
    /// Photos in each step.
    public var batchSize = 64
    /// The highest learning rate of one cycle; found by trying when nil.
    public var learningRate: Double?
    /// How strongly kernels are held small (AdamW).
    public var weightDecay = 0.05
    /// Epochs without a better validation loss after which it ends.
    public var patience = 10

    /// The usual settings.
    public init() {}
  }

  /// How all layers learn.
  public struct NetworkTraining: Sendable, Codable, Equatable {
    /// Epochs, rates and groups.
    public var tuning: FineTuning
    /// The smallest share of a photo's area that is looked at in training.
    public var smallestArea: Double
    /// Whether colours are changed by chance.
    public var changesColours: Bool
    /// Whether the rate of `tuning` is replaced by one that is found by trying.
    public var findsRate: Bool
    /// After a classifier alone: not done where that is right about at least this share of the validation photos.
    public var neededBelow: Double

    /// Settings, with those of natural photos.
    public init(
      tuning: FineTuning, smallestArea: Double = 0.35, changesColours: Bool = true, findsRate: Bool = false,
      neededBelow: Double = 1
    ) {
      self.tuning = tuning
      self.smallestArea = smallestArea
      self.changesColours = changesColours
      self.findsRate = findsRate
      self.neededBelow = neededBelow
    }
  }

  /// What somebody asked for.
  public struct Wishes: Sendable, Equatable {
    /// The network's name.
    public var architecture: String?
    /// Whether nothing that was learned before is used.
    public var fromScratch = false
    /// The side of the pictures that the network sees.
    public var side: Int?
    /// Epochs of all layers.
    public var epochs: Int?
    /// Whether all layers learn after the classifier; by how well that does when nil.
    public var fineTunes: Bool?
    /// Whether a photo and its mirror image mean the same.
    public var mirrors = true
    /// What is done about classes of unequal size.
    public var balance = ClassBalance.weights

    /// No wishes.
    public init() {}
  }

  /// Pictures of a shorter side below this have too few pixels for networks of photos.
  public static let smallSide = 64
  /// The side of the pictures in which a small network learns photos from nothing.
  static let scratchSide = 64

  /// The recipe for a folder.
  ///
  /// - Parameters:
  ///   - side: The median of the photos' shorter sides.
  ///   - count: Number of photos to learn from.
  ///   - wishes: What somebody asked for.
  ///   - hasWeights: Whether the file of an architecture's weights is there.
  /// - Throws: `DataError` for wishes that cannot be met.
  public init(
    side: Int, count: Int, wishes: Wishes = Wishes(),
    hasWeights: (VisionArchitecture) -> Bool = { $0.pretrained?.find() != nil }
  ) throws {
    if let side = wishes.side, !(16...1024).contains(side) {
      throw DataError(.setting, "a picture's side from 16 to 1024 pixels was expected, \(side) came")
    }
    if let epochs = wishes.epochs, !(1...10_000).contains(epochs) {
      throw DataError(.setting, "1 to 10,000 epochs were expected, \(epochs) came")
    }
    let network: VisionArchitecture
    if let name = wishes.architecture {
      guard let found = VisionArchitecture.named(name) else {
        throw DataError(
          .setting, "no network is called \"\(name)\"", advice: "`apus models` lists those that there are.")
      }
      network = found
    } else if (side < Self.smallSide && wishes.side == nil) || wishes.fromScratch
      || !hasWeights(.efficientNetLite0)
    {
      network = .resNet9
    } else {
      network = .efficientNetLite0
    }
    let isKnown = !wishes.fromScratch && hasWeights(network)
    architecture = network.name
    mirrors = wishes.mirrors
    balance = wishes.balance
    start = isKnown ? .imageNet : .random
    if isKnown {
      size = ImageSize(wishes.side ?? network.inputShape[0])
      classifier = ClassifierTraining()
      var tuning = FineTuning()
      if let epochs = wishes.epochs { tuning.epochs = epochs }
      self.network =
        wishes.fineTunes == false
        ? nil : NetworkTraining(tuning: tuning, neededBelow: wishes.fineTunes == true ? 2 : 0.98)
    } else {
      // What is not known from before is learned from fewer pixels, as more epochs tell more than they.
      let isSmall = network.name == VisionArchitecture.resNet9.name
      size = ImageSize(
        wishes.side ?? (side < Self.smallSide ? max(32, side) : isSmall ? Self.scratchSide : 112))
      classifier = nil
      guard !isSmall else {
        self.network = nil
        scratch =
          side < Self.smallSide
          ? ScratchTraining(pictureCount: count, mirrors: wishes.mirrors)
          : ScratchTraining(photoCount: count, mirrors: wishes.mirrors)
        if let epochs = wishes.epochs { scratch?.epochs = epochs }
        return
      }
      // As many steps as a network needs, whatever the number of photos.
      let epochs = wishes.epochs ?? min(60, max(12, 40_000 / max(1, count)))
      self.network = NetworkTraining(
        tuning: FineTuning(
          epochs: epochs, batchSize: 32, learningRate: 2e-3, rateFactor: 1, epochsPerGroup: 0,
          keepsStatistics: false, weightDecay: 0.05, patience: max(5, epochs / 2)),
        smallestArea: side < Self.smallSide ? 0.6 : 0.35, findsRate: wishes.epochs == nil)
    }
  }

  /// A sentence or two for a person.
  public var summary: String {
    let sees = "\(architecture) on pictures of \(size) pixels"
    if let scratch { return "\(sees), from scratch: \(scratch.epochs) epochs" }
    guard let classifier else {
      return "\(sees), from scratch: up to \(network?.tuning.epochs ?? 0) epochs"
    }
    let all =
      network.map {
        $0.neededBelow > 1
          ? ", then all layers for up to \($0.tuning.epochs) epochs"
          : ", then all layers if it is right about less than \(Int($0.neededBelow * 100)) %"
      } ?? ""
    return "\(sees), which knows ImageNet: a new classifier for up to \(classifier.epochs) epochs\(all)"
  }
}
