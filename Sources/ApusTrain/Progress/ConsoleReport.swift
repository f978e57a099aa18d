import Foundation
import Synchronization

/// A reporter's lines on standard error, of which the last may be one that is drawn over.
final class ConsoleReport: Sendable {
  private struct State {
    /// Whether the last line is not finished.
    var isDrawing = false
    /// What is being counted, and since when.
    var counted = ""
    var start = ContinuousClock.now
    var lastDrawn = ContinuousClock.now
  }

  private let state = Mutex(State())
  private let drawsBar: Bool
  private let showsEpochs: Bool
  /// The terminal's width now: it may change while training.
  private let columns: @Sendable () -> Int
  private let write: @Sendable (String) -> Void
  private static let clearLine = "\r\u{1B}[2K"
  /// A count is drawn anew after this time.
  private static let interval = Duration.milliseconds(200)

  /// Writes to standard error.
  convenience init(_ progress: Progress) {
    let drawsBar =
      switch progress {
      case .bar: true
      case .automatic, .none: isatty(STDERR_FILENO) == 1
      case .lines: false
      }
    let showsEpochs = if case .none = progress { false } else { true }
    self.init(drawsBar: drawsBar, showsEpochs: showsEpochs, columns: Self.terminalColumns) {
      // A closed standard error is no reason to stop.
      try? FileHandle.standardError.write(contentsOf: Data($0.utf8))
    }
  }

  init(
    drawsBar: Bool, showsEpochs: Bool = true, columns: @escaping @Sendable () -> Int = { 120 },
    write: @escaping @Sendable (String) -> Void
  ) {
    self.drawsBar = drawsBar
    self.showsEpochs = showsEpochs
    self.columns = columns
    self.write = write
  }

  var reporter: Reporter {
    var reporter = Reporter(
      say: { self.finish(with: $0) }, warn: { self.finish(with: $0.description) },
      count: { self.count($0, $1, $2) }, end: { self.end() })
    guard showsEpochs else { return reporter }
    reporter.epoch = { self.finish(with: ProgressLine.epoch($0)) }
    if drawsBar { reporter.batch = { self.draw(ProgressLine.batch($0, columns: self.columns())) } }
    return reporter
  }

  /// Writes a line in the place of one that is drawn over.
  private func finish(with line: String) {
    state.withLock { state in
      write((state.isDrawing ? Self.clearLine : "") + line + "\n")
      state.isDrawing = false
    }
  }

  private func draw(_ line: String) {
    state.withLock { state in
      write(Self.clearLine + line)
      state.isDrawing = true
    }
  }

  /// Leaves a bar that was cut off on a line of its own.
  private func end() {
    state.withLock { state in
      if state.isDrawing { write("\n") }
      state.isDrawing = false
    }
  }

  private func count(_ what: String, _ done: Int, _ total: Int) {
    let now = ContinuousClock.now
    let (seconds, isDue) = state.withLock { state in
      if state.counted != what { (state.counted, state.start, state.lastDrawn) = (what, now, now) }
      let isDue = now - state.lastDrawn >= Self.interval
      if isDue { state.lastDrawn = now }
      // The next count may be of the same things again.
      if done >= total { state.counted = "" }
      return ((now - state.start) / .seconds(1), isDue)
    }
    if done >= total {
      finish(with: "\(ProgressLine.grouped(total)) \(what): \(ProgressLine.time(seconds))")
    } else if drawsBar, isDue {
      let left = Double(total - done) * seconds / Double(max(1, done))
      draw(
        "\(ProgressLine.grouped(done)) of \(ProgressLine.grouped(total)) \(what) · \(ProgressLine.time(left)) left"
      )
    }
  }

  /// Columns of the terminal on standard error; 80 if it does not say.
  @Sendable private static func terminalColumns() -> Int {
    var size = winsize()
    let answered = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0
    return answered && size.ws_col > 0 ? Int(size.ws_col) : 80
  }
}
