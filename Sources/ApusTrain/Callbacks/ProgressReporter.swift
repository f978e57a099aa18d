import Foundation

/// How `fit` says where it is.
public enum Progress: Sendable {
  /// A bar when standard error is a terminal, else one plain line an epoch.
  case automatic
  /// A bar that is drawn over.
  case bar
  /// One plain line an epoch.
  case lines
  /// Nothing.
  case none
}

/// Writes progress to standard error, so that standard output stays free for results.
public final class ProgressReporter: Callback {
  private let drawsBar: Bool
  private let write: (String) -> Void
  /// The terminal's width now: it may change while training.
  private let columns: () -> Int
  private let clock = ContinuousClock()
  private var epochStart: ContinuousClock.Instant
  private var firstBatch = 0
  private var lastDrawn: ContinuousClock.Instant
  /// Drawing and reading the running means are left out if the last ones were this short ago.
  private static let interval = Duration.milliseconds(100)

  /// Reports to standard error.
  public convenience init(_ progress: Progress = .automatic) {
    let drawsBar =
      switch progress {
      case .bar: true
      case .automatic: isatty(STDERR_FILENO) == 1
      case .lines, .none: false
      }
    self.init(drawsBar: drawsBar, columns: Self.terminalColumns) {
      FileHandle.standardError.write(Data($0.utf8))
    }
  }

  init(drawsBar: Bool, columns: @escaping () -> Int = { 120 }, write: @escaping (String) -> Void) {
    self.drawsBar = drawsBar
    self.columns = columns
    self.write = write
    epochStart = clock.now
    lastDrawn = clock.now
  }

  /// Starts the epoch's clock.
  public func beforeEpoch(_ context: TrainingContext) throws {
    epochStart = clock.now
    firstBatch = context.batchIndex
  }

  /// Draws the bar anew.
  public func afterBatch(_ context: TrainingContext) throws {
    guard drawsBar else { return }
    let now = clock.now
    let done = context.batchIndex + 1
    guard now - lastDrawn >= Self.interval || done == context.batchCount else { return }
    lastDrawn = now
    let seconds = Self.seconds(now - epochStart)
    let rate = Double(done - firstBatch) / max(seconds, 1e-9)
    let left = Double(context.batchCount - done) / max(rate, 1e-9)
    let samples = rate * Double(context.sampleCount) / Double(max(1, context.batchCount))
    let waiting = Self.seconds(context.waitedForData) / max(seconds, 1e-9)
    // The starved case deserves a word: a faster model would change nothing.
    let note = waiting > 0.2 ? " · \(Int(waiting * 100))% waiting for data" : ""
    let quantities = Self.text(try context.runningQuantities())
    let head = "Epoch \(context.epoch + 1)/\(context.epochCount) "
    let start = " \(done)/\(context.batchCount) · \(quantities) · "
    let end = "\(Self.time(left)) left\(note)"
    let tails = [start + "\(Self.count(samples)) samples/s · " + end, start + end]
    let share = Double(done) / Double(max(1, context.batchCount))
    write("\r\u{1B}[2K" + Self.line(head, tails, share: share, columns: columns()))
  }

  /// A line that fits the terminal, for one that wraps could not be drawn over. It ends with the first of the texts
  /// that leaves room for a bar; where none does, the bar gives way and then the end of the last text.
  static func line(_ head: String, _ tails: [String], share: Double, columns: Int) -> String {
    func room(_ tail: String) -> Int { columns - 1 - head.count - tail.count }
    let tail = tails.first { room($0) >= 8 } ?? tails.last ?? ""
    let width = max(0, min(24, room(tail)))
    let filled = Int(Double(width) * min(max(share, 0), 1))
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    return String((head + bar + tail).prefix(max(0, columns - 1)))
  }

  /// Columns of the terminal on standard error; 80 if it does not say.
  private static func terminalColumns() -> Int {
    var size = winsize()
    let answered = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0
    return answered && size.ws_col > 0 ? Int(size.ws_col) : 80
  }

  /// Writes the epoch's line.
  public func afterEpoch(_ context: TrainingContext) throws {
    let seconds = Self.seconds(clock.now - epochStart)
    let share = Double(context.batchCount - firstBatch) / Double(max(1, context.batchCount))
    let rate = Double(context.sampleCount) * share / max(seconds, 1e-9)
    write(
      (drawsBar ? "\r\u{1B}[2K" : "")
        + "Epoch \(context.epoch + 1)/\(context.epochCount) · \(Self.time(seconds)) · "
        + "\(Self.text(context.logs)) · \(Self.count(rate)) samples/s\n")
  }

  /// Leaves a bar that was cut off on a line of its own.
  public func afterFit(_ context: TrainingContext) throws {
    if drawsBar, context.failure != nil { write("\n") }
  }

  static func text(_ quantities: [String: Double]) -> String {
    var history = History()
    history.epochs = [
      History.Epoch(number: 0, values: quantities, learningRate: 0, seconds: 0, samplesPerSecond: 0)
    ]
    return history.names.map { "\($0) \(String(format: "%.4f", quantities[$0] ?? .nan))" }
      .joined(separator: " · ")
  }

  static func time(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e7 else { return "?" }
    if seconds < 60 { return String(format: "%.1f s", seconds) }
    let whole = Int(seconds.rounded())
    if whole < 3600 { return String(format: "%d:%02d", whole / 60, whole % 60) }
    return String(format: "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
  }

  private static func count(_ number: Double) -> String {
    number >= 10_000 ? String(format: "%.1fk", number / 1000) : String(format: "%.0f", number)
  }

  private static func seconds(_ duration: Duration) -> Double { duration / .seconds(1) }
}
