import Foundation

/// Where and how often the whole state of training is saved.
public struct Checkpointing: Sendable, Hashable {
  /// The folder that `training.safetensors` goes to; it is created.
  public var directory: String
  /// Batches between two checkpoints; nil saves at the end of epochs alone.
  public var everySteps: Int?
  /// Whether each epoch's end is saved.
  public var everyEpoch: Bool

  /// - Parameters:
  ///   - directory: The folder that `training.safetensors` goes to.
  ///   - everySteps: Batches between two checkpoints, at least 1; nil saves at the end of epochs alone.
  ///   - everyEpoch: Whether each epoch's end is saved. The end of the fit always is.
  public init(directory: String, everySteps: Int? = nil, everyEpoch: Bool = true) {
    self.directory = directory
    self.everySteps = everySteps.map { max(1, $0) }
    self.everyEpoch = everyEpoch
  }

  /// The file. It is replaced as a whole, so that a kill at any moment leaves a complete one.
  public var path: String { directory + "/training.safetensors" }
}

/// Whether `fit` resumes from a checkpoint.
public enum Resume: Sendable, Hashable {
  /// Starts from the learner as it is.
  case never
  /// Resumes from the checkpoint of `checkpointing`, if there is one yet.
  case automatic
  /// Resumes from the checkpoint at a path, which must exist.
  case from(String)

  /// The file to resume from; nil for none.
  /// - Throws: `TrainingError` where none is known.
  func path(_ checkpointing: Checkpointing?) throws -> String? {
    switch self {
    case .never: return nil
    case .from(let path): return path
    case .automatic:
      guard let checkpointing else {
        throw TrainingError(
          .setting, "`resume: .automatic` needs `checkpointing`, which says where the state is",
          advice: "Pass checkpointing: Checkpointing(directory: …).")
      }
      return FileManager.default.fileExists(atPath: checkpointing.path) ? checkpointing.path : nil
    }
  }
}
