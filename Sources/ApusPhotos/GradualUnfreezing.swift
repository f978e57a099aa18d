import ApusNN
import ApusTrain
import ApusVision

/// Lets a network that has learned something else learn from its end to its beginning: at first the classifier and the
/// last group of layers, later one group more at a time. Howard and Ruder, arXiv:1801.06146.
public final class GradualUnfreezing: Callback {
  /// The groups, from the picture to the classifier.
  public let groups: [LayerGroup]
  /// Epochs after which one group more learns; 0 lets all learn from the start.
  public let epochsPerGroup: Int
  /// Whether the running statistics of batch normalisation stay as they are, also where weights learn. Batches of few
  /// photos measure them badly.
  public let keepsStatistics: Bool
  private let model: VisionModel

  /// Groups of a model that are unfrozen one after the other.
  /// - Parameters:
  ///   - model: The network.
  ///   - epochsPerGroup: Epochs after which one group more learns; 0 lets all learn from the start.
  ///   - keepsStatistics: Whether the running statistics of batch normalisation stay as they are.
  public init(_ model: VisionModel, epochsPerGroup: Int = 1, keepsStatistics: Bool = true) throws {
    self.model = model
    self.epochsPerGroup = max(0, epochsPerGroup)
    self.keepsStatistics = keepsStatistics
    groups = try model.layerGroups()
  }

  /// Number of groups, counted from the end, that learn in an epoch.
  public func learningCount(epoch: Int) -> Int {
    epochsPerGroup == 0 ? groups.count : min(groups.count, 2 + epoch / epochsPerGroup)
  }

  /// Freezes what does not learn in the epoch, and nothing else.
  public func beforeEpoch(_ context: TrainingContext) throws {
    try apply(learningCount(epoch: context.epoch))
  }

  /// Lets everything learn again, for whoever trains the model next.
  public func afterFit(_ context: TrainingContext) throws { try model.unfreeze() }

  func apply(_ learning: Int) throws {
    let still = Set(groups.dropLast(learning).flatMap(\.layers))
    for node in model.network.nodes {
      for (_, parameter) in try node.module.parameters() {
        parameter.isFrozen = still.contains(node.name) || keepsStatistics && parameter.kind == .state
      }
    }
  }
}
