import ApusIO
import ApusReport
import ApusTrain
import Foundation

// What lies beside model, report and result.
extension RunFolder {
  /// Writes what was measured in each epoch as a table, the phases one after the other.
  func writeLog(_ phases: [TrainingPhase]) throws {
    let names = phases.flatMap { $0.history.epochs.flatMap(\.values.keys) }
    let columns = Set(names).sorted()
    var lines = [["phase", "epoch", "learning_rate", "seconds"] + columns]
    for phase in phases {
      for epoch in phase.history.epochs {
        let numbers = columns.map { name in epoch.values[name].map { "\($0)" } ?? "" }
        lines.append(
          [phase.name, "\(epoch.number + 1)", "\(epoch.learningRate)", "\(epoch.seconds)"] + numbers)
      }
    }
    guard lines.count > 1 else { return }
    let text = lines.map { $0.map(Self.field).joined(separator: ",") }.joined(separator: "\n")
    try AtomicFile.write(text + "\n", to: logPath)
  }

  private static func field(_ text: String) -> String {
    guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
    return "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\""
  }

  /// Classes of which an example is written at most.
  private static let exampleLimit = 12

  /// Writes the first example of each class as a file that is called as the class.
  /// - Returns: The first file; nil where the input has no files for examples, or the target no classes.
  func writeExamples(_ data: TaskData, _ rows: [Int], _ input: any InputEncoder) throws -> String? {
    guard let names = data.target?.classNames, let strata = data.target?.strata(data.examples) else {
      return nil
    }
    var first: String?
    for label in names.indices.prefix(Self.exampleLimit) {
      guard let row = rows.first(where: { strata[$0] == label }),
        let file = try input.file(data.examples, row: row)
      else { continue }
      let name = names[label].lowercased().map { $0.isLetter || $0.isNumber ? $0 : "-" }
      let path = "\(examplesPath)/\(String(name)).\(file.fileExtension)"
      try FileManager.default.createDirectory(atPath: examplesPath, withIntermediateDirectories: true)
      try AtomicFile.write(file.bytes, to: path)
      first = first ?? path
    }
    return first
  }
}
