/// Writes lines of comma-separated values (RFC 4180).
package enum CSVLine {
  /// A line, without its end.
  /// - Parameter cells: The fields; those with commas, quotes or line breaks are quoted.
  /// - Returns: The text.
  package static func text(_ cells: [String]) -> String {
    cells.map { cell in
      guard cell.contains(where: { ",\"\r\n".contains($0) || $0 == "\r\n" }) else { return cell }
      return "\"\(cell.replacing("\"", with: "\"\""))\""
    }.joined(separator: ",")
  }
}
