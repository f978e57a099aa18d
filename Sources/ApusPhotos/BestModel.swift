import ApusTrain

/// Saves a model after each epoch that made it better, so that a process that is killed leaves it behind.
final class BestModel: Callback {
  private let save: () throws -> Void
  private var least: Double

  /// - Parameters:
  ///   - toBeat: The validation loss of what is saved already.
  ///   - save: Saves the model as it is.
  init(toBeat: Double? = nil, save: @escaping () throws -> Void) {
    self.save = save
    least = toBeat ?? .infinity
  }

  func afterEpoch(_ context: TrainingContext) throws {
    guard let loss = context.logs["val_loss"], loss < least else { return }
    least = loss
    try save()
  }
}
