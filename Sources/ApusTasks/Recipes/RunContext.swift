import ApusIO
import ApusTrain
import Foundation
import Synchronization

/// What a recipe may use of its surroundings: where to write, what chance depends on, whom to tell, and the best model so
/// far, which is in the folder whenever there is one, however training is cut off.
public final class RunContext: Sendable {
  /// The folder of the recipe's own files.
  public let folder: String
  /// What all randomness depends on.
  public let seed: UInt64
  /// Whether training goes on where a checkpoint in the folder is.
  public let resumes: Bool
  /// Who is told how it goes.
  public let reporter: Reporter
  /// The registered kinds, by which the kept model is read again.
  public let registry: any KindReader
  /// Steps between two checkpoints.
  public let checkpointInterval: Int
  private let observe: @Sendable (_ loss: Double, _ epoch: Int) throws -> Void
  private let kept: Mutex<KeptLoss?>

  /// Steps between two checkpoints unless a person asks for others.
  public static let usualInterval = 100

  /// A context that writes to a folder.
  public convenience init(
    folder: String, seed: UInt64 = 0, resumes: Bool = false, reporter: Reporter = .silent,
    registry: any KindReader, checkpointInterval: Int = RunContext.usualInterval
  ) {
    self.init(
      folder: folder, seed: seed, resumes: resumes, reporter: reporter, registry: registry,
      checkpointInterval: checkpointInterval, observe: { _, _ in })
  }

  /// A context that writes to a folder.
  /// - Parameters:
  ///   - folder: The folder of the recipe's own files.
  ///   - seed: What all randomness depends on.
  ///   - resumes: Whether training goes on where a checkpoint in the folder is.
  ///   - reporter: Who is told how it goes.
  ///   - registry: The registered kinds.
  ///   - checkpointInterval: Steps between two checkpoints.
  ///   - observe: Called with the validation loss after each epoch, counted from 0; throws to end the training.
  init(
    folder: String, seed: UInt64, resumes: Bool, reporter: Reporter, registry: any KindReader,
    checkpointInterval: Int = RunContext.usualInterval,
    observe: @escaping @Sendable (_ loss: Double, _ epoch: Int) throws -> Void
  ) {
    self.observe = observe
    self.folder = folder
    self.seed = seed
    self.resumes = resumes
    self.reporter = reporter
    self.registry = registry
    self.checkpointInterval = checkpointInterval
    let saved = resumes ? try? ModelPackage(path: folder + "/" + ModelPackage.fileName).manifest.kept : nil
    kept = Mutex(saved ?? nil)
  }

  /// How good the kept model is; nil where none is kept.
  var keptLoss: KeptLoss? { kept.withLock { $0 } }

  /// Where the kept model is.
  public var modelPath: String { folder + "/" + ModelPackage.fileName }

  /// Where and how often the state of a phase of training is written.
  public func checkpointing(_ phase: String) -> Checkpointing {
    Checkpointing(directory: folder + "/checkpoint/" + phase, everySteps: checkpointInterval)
  }

  /// Where a recipe keeps a part of its work, which a run that goes on finds there; it is removed when the run has ended.
  /// - Parameter name: What the part is called, without slashes.
  /// - Returns: The path of a file that may not exist; its folder is made with it.
  public func scratchPath(_ name: String) -> String { folder + "/checkpoint/" + name + Self.scratchEnding }

  private static let scratchEnding = ".part"

  /// Whether `fit` takes up a saved state.
  public var resume: Resume { resumes ? .automatic : .never }

  /// The loss of the kept model; nil where none is kept or it was measured otherwise.
  public func keptLoss(measure: String) -> Double? {
    kept.withLock { $0.flatMap { $0.measure == measure ? $0.loss : nil } }
  }

  /// Keeps a model that is better than the one that is kept, or than none.
  ///
  /// - Parameters:
  ///   - model: The model; it is written as it is now.
  ///   - loss: Its loss on the validation set.
  ///   - measure: What the loss is; losses of other measures are not compared, and the later model is kept.
  /// - Returns: Whether it was kept.
  /// - Throws: `FileError` where it cannot be written.
  @discardableResult
  public func keep(_ model: any Model, loss: Double, measure: String) throws -> Bool {
    // A kept loss that is none is worse than any other.
    if let best = keptLoss(measure: measure), best <= loss { return false }
    guard loss.isFinite || kept.withLock({ $0 == nil }) else { return false }
    let value = KeptLoss(loss: loss, measure: measure)
    var package = try model.package()
    package.manifest.kept = value
    try package.write(to: modelPath)
    kept.withLock { $0 = value }
    return true
  }

  /// A callback that keeps a model after each epoch that made it better.
  /// - Parameters:
  ///   - model: The model whose parameters are trained.
  ///   - measure: What the validation loss is.
  /// - Returns: The callback.
  public func keeping(_ model: any Model, measure: String) -> any Callback {
    KeepBest { [self] loss, epoch in
      try keep(model, loss: loss, measure: measure)
      if loss.isFinite { try observe(loss, epoch) }
    }
  }

  /// The kept model.
  /// - Throws: `FileError` where none is kept.
  public func best() throws -> any Model { try registry.open(modelPath) }

  /// Removes what only an unfinished run needs, and nothing else.
  public func removeCheckpoints() {
    let root = folder + "/checkpoint"
    for phase in (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? [] {
      guard !phase.hasSuffix(Self.scratchEnding) else {
        try? FileManager.default.removeItem(atPath: root + "/" + phase)
        continue
      }
      let checkpointing = checkpointing(phase)
      try? FileManager.default.removeItem(atPath: checkpointing.path)
      rmdir(checkpointing.directory)
    }
    rmdir(root)
  }
}

/// Keeps a model after each epoch that made it better.
private final class KeepBest: Callback {
  private let keep: (_ loss: Double, _ epoch: Int) throws -> Void
  init(_ keep: @escaping (Double, Int) throws -> Void) { self.keep = keep }

  func afterEpoch(_ context: TrainingContext) throws {
    guard let loss = context.logs["val_loss"] else { return }
    try keep(loss, context.epoch)
  }
}
