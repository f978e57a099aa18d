import ApusGraph
import ApusIO

/// Code that runs at given moments of training. Every method does nothing by default; all may throw, and
/// throwing a `Cancellation` skips the rest of a batch, an epoch, a phase or the whole fit.
///
/// In the order of one fit:
///
/// ```
/// beforeFit
///   beforeEpoch
///     beforeTraining
///       beforeBatch                      (may look at the batch, or throw Cancellation.batch)
///         …the compiled step: prediction, loss, backward, optimizer…
///       afterCancelBatch?  afterBatch
///     afterCancelTraining?  afterTraining
///     beforeValidation
///       beforeValidationBatch  afterValidationBatch
///     afterCancelValidation?  afterValidation
///   afterCancelEpoch?  afterEpoch
/// afterCancelFit?  afterFit
/// ```
///
/// An "after" event always follows its "before", whether the part ran, was cancelled or failed: `afterFit` is
/// where things are put back. The step itself is one compiled program, so nothing on the host can look
/// inside; a `StepTransform` becomes part of the program instead. Callbacks run in the order in which they
/// are given.
public protocol Callback: AnyObject {
  /// The key under which a checkpoint keeps the callback's state; the type's name by default. Two callbacks
  /// of one type are told apart by their order.
  var name: String { get }
  /// Names of quantities among the logs that the callback needs. `fit` refuses those that nobody measures before
  /// the first step. None by default.
  var monitoredQuantities: [String] { get }
  /// Names of quantities that the callback adds to the logs, so that others can monitor them. None by default.
  var addedQuantities: [String] { get }

  /// Before anything else; the model is built.
  func beforeFit(_ context: TrainingContext) throws
  /// Before an epoch.
  func beforeEpoch(_ context: TrainingContext) throws
  /// Before an epoch's first training batch.
  func beforeTraining(_ context: TrainingContext) throws
  /// Before a training batch, which is in `context.batch`.
  func beforeBatch(_ context: TrainingContext) throws
  /// After a training batch that was cancelled.
  func afterCancelBatch(_ context: TrainingContext) throws
  /// After a training batch, whose loss is in `context.batchLoss`.
  func afterBatch(_ context: TrainingContext) throws
  /// After training was cancelled in an epoch.
  func afterCancelTraining(_ context: TrainingContext) throws
  /// After an epoch's last training batch, with the training quantities in `context.logs`.
  func afterTraining(_ context: TrainingContext) throws
  /// Before validation; not called where there is no validation data.
  func beforeValidation(_ context: TrainingContext) throws
  /// Before a validation batch, which is in `context.batch`.
  func beforeValidationBatch(_ context: TrainingContext) throws
  /// After a validation batch.
  func afterValidationBatch(_ context: TrainingContext) throws
  /// After validation was cancelled.
  func afterCancelValidation(_ context: TrainingContext) throws
  /// After validation, with the validation quantities in `context.logs`.
  func afterValidation(_ context: TrainingContext) throws
  /// After an epoch was cancelled.
  func afterCancelEpoch(_ context: TrainingContext) throws
  /// After an epoch, with everything that was measured in `context.logs`.
  func afterEpoch(_ context: TrainingContext) throws
  /// After the fit was cancelled by a callback.
  func afterCancelFit(_ context: TrainingContext) throws
  /// At the end of training, however it ended.
  func afterFit(_ context: TrainingContext) throws

  /// What a checkpoint must hold for the callback to continue after a restart as if it had never stopped.
  func state() throws -> CallbackState
  /// Restores the state from a checkpoint, before `beforeFit`.
  func restore(_ state: CallbackState) throws
}

extension Callback {
  /// The type's name.
  public var name: String { String(describing: type(of: self)) }
  /// None.
  public var monitoredQuantities: [String] { [] }
  /// None.
  public var addedQuantities: [String] { [] }

  /// Does nothing.
  public func beforeFit(_ context: TrainingContext) throws {}
  /// Does nothing.
  public func beforeEpoch(_ context: TrainingContext) throws {}
  /// Does nothing.
  public func beforeTraining(_ context: TrainingContext) throws {}
  /// Does nothing.
  public func beforeBatch(_ context: TrainingContext) throws {}
  /// Does nothing.
  public func afterCancelBatch(_ context: TrainingContext) throws {}
  /// Does nothing.
  public func afterBatch(_ context: TrainingContext) throws {}
  /// Does nothing.
  public func afterCancelTraining(_ context: TrainingContext) throws {}
  /// Does nothing.
  public func afterTraining(_ context: TrainingContext) throws {}
  /// Does nothing.
  public func beforeValidation(_ context: TrainingContext) throws {}
  /// Does nothing.
  public func beforeValidationBatch(_ context: TrainingContext) throws {}
  /// Does nothing.
  public func afterValidationBatch(_ context: TrainingContext) throws {}
  /// Does nothing.
  public func afterCancelValidation(_ context: TrainingContext) throws {}
  /// Does nothing.
  public func afterValidation(_ context: TrainingContext) throws {}
  /// Does nothing.
  public func afterCancelEpoch(_ context: TrainingContext) throws {}
  /// Does nothing.
  public func afterEpoch(_ context: TrainingContext) throws {}
  /// Does nothing.
  public func afterCancelFit(_ context: TrainingContext) throws {}
  /// Does nothing.
  public func afterFit(_ context: TrainingContext) throws {}
  /// Nothing to keep.
  public func state() throws -> CallbackState { CallbackState() }
  /// Nothing to restore.
  public func restore(_ state: CallbackState) throws {}
}

/// What a callback puts into a checkpoint.
public struct CallbackState: Sendable {
  /// Numbers and words by name.
  public var values: [String: JSON]
  /// Tensors by name, such as the best weights so far.
  public var tensors: [String: Literal]

  /// A state with its parts.
  public init(values: [String: JSON] = [:], tensors: [String: Literal] = [:]) {
    self.values = values
    self.tensors = tensors
  }
}

/// Thrown by a callback to skip a part of training; what follows the part goes on as usual.
public enum Cancellation: Error, Sendable {
  /// The rest of this batch: thrown before the step, the batch is not trained on.
  case batch
  /// The rest of this epoch's training batches.
  case training
  /// The rest of this epoch's validation.
  case validation
  /// The rest of this epoch, validation included. It is not recorded.
  case epoch
  /// Everything that is left. The history says that training stopped early.
  case fit
}
