import ApusData
import ApusIO
import ApusReport
import Foundation

/// A table opened in whatever form it comes: separator, header, compression and encoding are found out.
struct OpenedTable: Sendable {
  /// The path that stands for standard input.
  static let standardInput = "-"

  let table: CSVTable
  /// What was found out that a person may not expect.
  let notes: [String]

  /// Numbers that can be read in both ways have decimal commas where semicolons separate fields.
  var prefersComma: Bool { table.format.separator == ";" }

  /// Opens a table.
  /// - Parameters:
  ///   - path: A file, or `-` for standard input.
  ///   - hasHeader: Whether the first line names the columns; nil finds it out.
  /// - Throws: `FileError` for what cannot be read, with the line.
  init(path: String, hasHeader: Bool? = nil) throws {
    let (source, encoding) = try PlainText.open(path)
    var notes = encoding.map { [$0] } ?? []
    var format = try CSVFormat.found(in: source)
    if let hasHeader {
      format.hasHeader = hasHeader
    } else if try !Self.looksLikeHeader(source, format) {
      format.hasHeader = false
      notes.append(
        "the first line of \(source.path) holds values, no names: columns are called \"column 1\", \"column 2\" and "
          + "so on; --header takes it as names")
    }
    table = try CSVTable(source, format: format)
    self.notes = notes
  }

  /// Whether a first line names columns: no field of it is a number, years as in `country,2019,2020` apart, or a date.
  private static func looksLikeHeader(_ source: any ByteSource, _ format: CSVFormat) throws -> Bool {
    var format = format
    format.hasHeader = false
    var reader = try CSVReader(source, format: format)
    guard let fields = try reader.next()?.fields else { return true }
    let numbers = fields.compactMap { NumberCell.read($0, decimalComma: format.separator == ";")?.value }
    if fields.contains(where: { DateCell($0) != nil }) { return false }
    guard !numbers.isEmpty else { return true }
    // Two spreadsheet columns of years are names, if none is there twice.
    return numbers.count < fields.count && Set(numbers).count == numbers.count
      && numbers.allSatisfy { (1500...2500).contains($0) && $0 == $0.rounded() }
  }
}
