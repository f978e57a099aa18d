import ApusIO

extension CSVFormat {
  /// The format of a file whose first line names its columns: what most often stands between names there, a comma, a
  /// semicolon or a tab, separates its fields. Spreadsheets write semicolons where numbers have a decimal comma.
  /// - Parameter path: The file.
  /// - Returns: The format.
  /// - Throws: `FileError` for files that cannot be read.
  public static func found(inFile path: String) throws -> CSVFormat {
    let file = try FileReader(path: path)
    var counts: [UInt8: Int] = [:]
    var isQuoted = false
    for byte in try file.bytes(at: 0, count: min(file.byteCount, 1 << 16)) {
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      guard !isQuoted else { continue }
      if byte == 0x0a || byte == 0x0d {
        // Blank lines in front are none.
        if counts.isEmpty { continue }
        break
      }
      counts[byte, default: 0] += 1
    }
    let separators: [Character] = [",", ";", "\t"]
    func count(_ separator: Character) -> Int { separator.asciiValue.flatMap { counts[$0] } ?? 0 }
    let most = separators.map(count).max() ?? 0
    return CSVFormat(separator: String(separators.first { count($0) == most } ?? ","))
  }
}
