import Apus
import Foundation
import Synchronization

/// Says on standard error how many of something are done: on a terminal in a line that is drawn over, else in one line
/// at the end.
final class CountProgress: Sendable {
  private struct State {
    var what = ""
    var start = ContinuousClock.now
    var drawn = ContinuousClock.now
  }
  private let state = Mutex(State())
  private let isTerminal = isatty(STDERR_FILENO) == 1

  func report(_ what: String, _ done: Int, _ total: Int) {
    let now = ContinuousClock.now
    let (seconds, isDue) = state.withLock { state in
      if state.what != what {
        state.what = what
        state.start = now
        state.drawn = now
      }
      let isDue = now - state.drawn >= .milliseconds(200)
      if isDue { state.drawn = now }
      // The next count may be of the same things again.
      if done >= total { state.what = "" }
      return ((now - state.start) / .seconds(1), isDue)
    }
    if done >= total {
      write(
        (isTerminal ? "\r\u{1B}[2K" : "") + "\(Format.grouped(total)) \(what): \(Format.duration(seconds))\n")
    } else if isTerminal, isDue {
      let rate = Double(done) / max(seconds, 1e-9)
      write(
        "\r\u{1B}[2K\(Format.grouped(done)) of \(Format.grouped(total)) \(what) · "
          + "\(Format.duration(Double(total - done) / max(rate, 1e-9))) left")
    }
  }

  private func write(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }
}
