import Foundation

/// The text of progress on a terminal and in log files.
enum ProgressLine {
  /// The line of a finished epoch.
  static func epoch(_ progress: EpochProgress) -> String {
    "Epoch \(progress.epoch + 1)/\(progress.epochCount) · \(time(progress.seconds)) · "
      + "\(text(progress.quantities)) · \(count(progress.samplesPerSecond)) samples/s"
  }

  /// The line of an epoch at work, with a bar, as wide as `columns` at most.
  static func batch(_ progress: EpochProgress, columns: Int) -> String {
    // A model that waits deserves a word: a faster one would change nothing.
    let waiting = progress.waitingShare
    let note = waiting > 0.2 ? " · \(Int(waiting * 100))% waiting for data" : ""
    let head = "Epoch \(progress.epoch + 1)/\(progress.epochCount) "
    let start = " \(progress.batch)/\(progress.batchCount) · \(text(progress.quantities)) · "
    let end = "\(time(progress.secondsLeft)) left\(note)"
    let tails = [start + "\(count(progress.samplesPerSecond)) samples/s · " + end, start + end]
    let share = Double(progress.batch) / Double(max(1, progress.batchCount))
    return line(head, tails, share: share, columns: columns)
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

  /// Loss and metrics with four decimal places.
  static func text(_ quantities: [String: Double]) -> String {
    History.ordered(Array(quantities.keys))
      .map { "\($0) \(String(format: "%.4f", quantities[$0] ?? .nan))" }.joined(separator: " · ")
  }

  /// `4.2 s`, `1:15` or `1:02:05`.
  static func time(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e7 else { return "?" }
    if seconds < 60 { return String(format: "%.1f s", seconds) }
    let whole = Int(seconds.rounded())
    if whole < 3600 { return String(format: "%d:%02d", whole / 60, whole % 60) }
    return String(format: "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
  }

  /// `12,345`.
  static func grouped(_ number: Int) -> String {
    number.formatted(.number.locale(Locale(identifier: "en_US")))
  }

  private static func count(_ number: Double) -> String {
    number >= 10_000 ? String(format: "%.1fk", number / 1000) : String(format: "%.0f", number)
  }
}
