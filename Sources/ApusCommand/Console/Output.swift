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

  /// How the user called this program.
  static var program: String {
    let name = CommandLine.arguments.first ?? "apus"
    let here = FileManager.default.currentDirectoryPath + "/"
    return name.hasPrefix(here) ? String(name.dropFirst(here.count)) : name
  }

  private static func write(_ text: String, to handle: FileHandle) {
    // A reader that has gone away is no reason to fail.
    try? handle.write(contentsOf: Data(text.utf8))
  }
}
