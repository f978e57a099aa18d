import ApusIO
import Foundation

/// Writes one line an epoch into a CSV file. The file is replaced whole after each epoch, so a reader never
/// sees half a line, and a resumed run does not repeat epochs.
public final class CSVLogger: Callback {
  /// The file.
  public let path: String

  /// Logs to the file at `path`, which is replaced.
  public init(path: String) { self.path = path }

  /// Checks that the file can be written.
  /// - Throws: `FileError` for one that cannot.
  public func beforeFit(_ context: TrainingContext) throws { try OutputFiles.check(path) }

  /// Writes the history so far and this epoch.
  /// - Throws: `FileError` for a file that can no longer be written.
  public func afterEpoch(_ context: TrainingContext) throws {
    var rows = context.history.epochs.map { ($0.number, $0.learningRate, $0.seconds, $0.values) }
    if context.history.epochs.last?.number != context.epoch {
      rows.append((context.epoch, context.learningRate, .nan, context.logs))
    }
    let names = Set(rows.flatMap(\.3.keys)).sorted()
    var text = (["epoch", "learning_rate"] + names.map(Self.field)).joined(separator: ",") + "\n"
    for (epoch, rate, _, values) in rows {
      let numbers = [String(epoch), "\(rate)"] + names.map { name in values[name].map { "\($0)" } ?? "" }
      text += numbers.joined(separator: ",") + "\n"
    }
    try AtomicFile.write(text, to: path)
  }

  private static func field(_ text: String) -> String {
    guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
    return "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\""
  }
}
