/// How `fit` shows its progress.
public enum Progress: Sendable {
  /// As the learner's reporter does: by default a bar when standard error is a terminal, else one plain line an
  /// epoch.
  case automatic
  /// A bar on standard error that is drawn over, and a line an epoch.
  case bar
  /// One plain line an epoch on standard error.
  case lines
  /// Not at all.
  case none
}

/// How far an epoch of training is.
public struct EpochProgress: Sendable, Equatable {
  /// The epoch, counted from 0.
  public var epoch: Int
  /// Epochs that this fit ends with.
  public var epochCount: Int
  /// Batches of the epoch done so far.
  public var batch: Int
  /// Batches in an epoch.
  public var batchCount: Int
  /// Loss and metrics by name: means over the epoch's training batches so far; at the end of the epoch those of the
  /// validation set, too, whose names begin with `val_`.
  public var quantities: [String: Double]
  /// Seconds since the epoch began, or since training resumed inside of it.
  public var seconds: Double
  /// Training samples a second.
  public var samplesPerSecond: Double
  /// Seconds until the last batch of the epoch, at the speed so far; 0 at its end.
  public var secondsLeft: Double
  /// The share of the time that the model has waited for data, in 0...1.
  public var waitingShare: Double

  /// Progress with its parts.
  /// - Parameters:
  ///   - epoch: The epoch, counted from 0.
  ///   - epochCount: Epochs that the fit ends with.
  ///   - batch: Batches of the epoch done so far.
  ///   - batchCount: Batches in an epoch.
  ///   - quantities: Loss and metrics by name.
  ///   - seconds: Seconds since the epoch began.
  ///   - samplesPerSecond: Training samples a second.
  ///   - secondsLeft: Seconds until the last batch of the epoch.
  ///   - waitingShare: The share of the time that the model has waited for data, in 0...1.
  public init(
    epoch: Int, epochCount: Int, batch: Int, batchCount: Int, quantities: [String: Double], seconds: Double,
    samplesPerSecond: Double, secondsLeft: Double = 0, waitingShare: Double = 0
  ) {
    self.epoch = epoch
    self.epochCount = epochCount
    self.batch = batch
    self.batchCount = batchCount
    self.quantities = quantities
    self.seconds = seconds
    self.samplesPerSecond = samplesPerSecond
    self.secondsLeft = secondsLeft
    self.waitingShare = waitingShare
  }
}
