import ApusTrain
import Foundation

/// The folder in a training's output in which it writes what it goes on from.
struct CheckpointFolder {
  private let path: String
  /// Whether the folder is this training's own.
  private let isOwn: Bool

  /// The folder at a path, before training; what is there already is somebody else's, unless training goes on with it.
  init(_ path: String, resumes: Bool) {
    self.path = path
    isOwn = resumes || !FileManager.default.fileExists(atPath: path)
  }

  /// Where and how often the state of training is written.
  var checkpointing: Checkpointing { Checkpointing(directory: path, everySteps: 100) }

  /// Removes what this training wrote to go on from. A folder that was there before stays, and so does one in which
  /// something else lies.
  func remove() {
    try? FileManager.default.removeItem(atPath: checkpointing.path)
    if isOwn { rmdir(path) }
  }
}
