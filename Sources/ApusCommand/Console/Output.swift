import Apus
import ArgumentParser
import Foundation

/// Who reads what the command writes.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Write one JSON document to standard output, for machines, and no progress.")
  var json = false
}

/// Standard output for results, standard error for everything else.
enum Console {
  /// Writes a line to standard output.
  static func say(_ text: String) { write(text + "\n", to: FileHandle.standardOutput) }

  /// Writes a line to standard error.
  static func remark(_ text: String) { write(text + "\n", to: FileHandle.standardError) }

  /// Writes a result: as JSON, or as text.
  static func result(_ json: JSON, asJSON: Bool, text: () -> String) {
    say(asJSON ? json.text(indented: true) : text())
  }

  private static func write(_ text: String, to handle: FileHandle) {
    // A reader that has gone away is no reason to fail.
    try? handle.write(contentsOf: Data(text.utf8))
  }
}

/// Numbers as people read them.
enum Format {
  static func percent(_ share: Double, digits: Int = 2) -> String {
    share.isFinite ? String(format: "%.\(digits)f %%", share * 100) : "–"
  }

  static func number(_ value: Double) -> String { value.isFinite ? String(format: "%.4g", value) : "–" }

  static func seconds(_ seconds: Double) -> String {
    if seconds < 60 { return String(format: "%.1f s", seconds) }
    let whole = Int(seconds.rounded())
    return whole < 3600
      ? "\(whole / 60) min \(whole % 60) s" : "\(whole / 3600) h \(whole / 60 % 60) min"
  }

  /// `421642` as `421,642`.
  static func grouped(_ number: Int) -> String {
    let digits = Array(String(number.magnitude))
    var result = number < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { result += "," }
      result.append(digit)
    }
    return result
  }

  /// Rows of cells in columns: the first to the left, the others to the right.
  static func table(_ rows: [[String]]) -> String {
    let columnCount = rows.map(\.count).max() ?? 0
    let widths = (0..<columnCount).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      row.enumerated().map { column, cell in
        let blanks = String(repeating: " ", count: widths[column] - cell.count)
        return column == 0 ? cell + blanks : blanks + cell
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }
}
