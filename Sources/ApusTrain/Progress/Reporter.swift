/// Where notes, warnings and progress go. Nothing in the library prints by itself: it calls a reporter, which a program
/// replaces or silences.
///
/// ```swift
/// var reporter = Reporter.silent
/// reporter.warn = { logger.warning("\($0.message)") }
/// reporter.epoch = { window.show($0.quantities) }
/// let learner = Learner(model, loss: .crossEntropy, reporter: reporter)
/// ```
///
/// The functions may be called from any thread.
public struct Reporter: Sendable {
  /// Shows a note: one line for a person to read.
  public var say: @Sendable (_ line: String) -> Void
  /// Shows a warning.
  public var warn: @Sendable (_ warning: TrainingWarning) -> Void
  /// Shows how many of some things are done: what they are, how many are done, how many there are.
  public var count: @Sendable (_ what: String, _ done: Int, _ total: Int) -> Void
  /// Shows a finished epoch.
  public var epoch: @Sendable (_ progress: EpochProgress) -> Void
  /// Shows how far an epoch is, at most ten times a second. Where it is nil, the quantities of unfinished epochs
  /// are not computed.
  public var batch: (@Sendable (_ progress: EpochProgress) -> Void)?
  /// Called when training ends, however it ends: a line that is still drawn over is to be finished.
  public var end: @Sendable () -> Void

  /// A reporter with its functions; those that are not given do nothing.
  /// - Parameters:
  ///   - say: Shows a note of one line.
  ///   - warn: Shows a warning.
  ///   - count: Shows how many of some things are done.
  ///   - epoch: Shows a finished epoch.
  ///   - batch: Shows how far an epoch is; nil spares computing that.
  ///   - end: Called when training ends.
  public init(
    say: @escaping @Sendable (_ line: String) -> Void = { _ in },
    warn: @escaping @Sendable (_ warning: TrainingWarning) -> Void = { _ in },
    count: @escaping @Sendable (_ what: String, _ done: Int, _ total: Int) -> Void = { _, _, _ in },
    epoch: @escaping @Sendable (_ progress: EpochProgress) -> Void = { _ in },
    batch: (@Sendable (_ progress: EpochProgress) -> Void)? = nil,
    end: @escaping @Sendable () -> Void = {}
  ) {
    self.say = say
    self.warn = warn
    self.count = count
    self.epoch = epoch
    self.batch = batch
    self.end = end
  }

  /// Shows nothing.
  public static let silent = Reporter()

  /// Writes to standard error, so that standard output stays free for results: on a terminal with a progress bar, else
  /// in plain lines.
  public static let standard = console()

  /// Writes to standard error.
  /// - Parameter progress: Whether a bar is drawn: `.automatic` draws one on a terminal; `.none` leaves out epochs, not
  ///   notes, counts and warnings.
  /// - Returns: A reporter with lines of its own; `standard` is shared.
  public static func console(_ progress: Progress = .automatic) -> Reporter {
    ConsoleReport(progress).reporter
  }

  /// This reporter, or another one where progress is to be shown in a particular way.
  func showing(_ progress: Progress) -> Reporter {
    switch progress {
    case .automatic: return self
    case .bar, .lines: return .console(progress)
    case .none:
      var reporter = self
      reporter.epoch = { _ in }
      reporter.batch = nil
      reporter.end = {}
      return reporter
    }
  }
}
