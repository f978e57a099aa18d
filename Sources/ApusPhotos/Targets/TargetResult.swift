/// What came of a training on labels or numbers of photos, for reports.
public struct TargetResult: Sendable {
  /// The trained network.
  public let predictor: TargetPredictor
  /// The photos.
  public let photos: TabledPhotos
  /// The photos that were learned from.
  public let training: TabledPhotos.Part
  /// How they were learned.
  public let recipe: PhotoRecipe
  /// What all randomness depended on.
  public let seed: UInt64
  /// The stretches of training, in their order.
  public let phases: [PhotoResult.Phase]
  /// What the network says of the photos that decided, with the thresholds that they gave.
  public let validation: TargetAnswers
  /// What it says of the photos that nothing depended on.
  public let test: TargetAnswers
  /// Seconds from the first photo to the last.
  public let seconds: Double
}
