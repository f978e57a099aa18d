import ApusNN
import ApusTrain

/// Unfreezes a pretrained network from its end to its beginning: at first the head and the last group of layers are
/// trained, later one more group at a time. Howard and Ruder, arXiv:1801.06146.
public final class GradualUnfreezing: Callback {
  /// The groups, from the input to the head.
  public let groups: [LayerGroup]
  /// Epochs after which one more group is trained; 0 trains all from the start.
  public let epochsPerGroup: Int
  /// Whether the running statistics of batch normalization stay as they are, also in layers that are trained. Batches of
  /// few images measure them badly.
  public let keepsStatistics: Bool
  private let model: VisionModel

  /// Groups of a model that are unfrozen one after the other.
  /// - Parameters:
  ///   - model: The network.
  ///   - epochsPerGroup: Epochs after which one more group is trained; 0 trains all from the start.
  ///   - keepsStatistics: Whether the running statistics of batch normalization stay as they are.
  /// - Throws: `DiscoveryError` for networks whose layers cannot be found.
  public init(_ model: VisionModel, epochsPerGroup: Int = 1, keepsStatistics: Bool = true) throws {
    self.model = model
    self.epochsPerGroup = max(0, epochsPerGroup)
    self.keepsStatistics = keepsStatistics
    groups = try model.layerGroups()
  }

  /// Number of groups, counted from the end, that are trained in an epoch.
  public func trainedCount(epoch: Int) -> Int {
    epochsPerGroup == 0 ? groups.count : min(groups.count, 2 + epoch / epochsPerGroup)
  }

  /// Freezes the other groups, and nothing else.
  public func beforeEpoch(_ context: TrainingContext) throws {
    try apply(trainedCount(epoch: context.epoch))
  }

  /// Unfreezes everything, for whoever trains the model next.
  public func afterFit(_ context: TrainingContext) throws { try model.unfreeze() }

  func apply(_ trained: Int) throws {
    let frozen = Set(groups.dropLast(trained).flatMap(\.layers))
    for node in model.network.nodes {
      for (_, parameter) in try node.module.parameters() {
        parameter.isFrozen = frozen.contains(node.name) || keepsStatistics && parameter.kind == .state
      }
    }
  }
}
