extension Format {
  /// Rows of cells as columns of text for a terminal, two spaces apart, without spaces at the ends of lines.
  ///
  /// - Parameters:
  ///   - rows: The rows, the header among them; they may differ in length.
  ///   - leading: The columns whose cells are set to the left, counted from 0; the others are set to the right.
  /// - Returns: The cell.
  package static func table(_ rows: [[String]], leading: Set<Int> = [0]) -> String {
    let columnCount = rows.map(\.count).max() ?? 0
    let widths = (0..<columnCount).map { column in
      rows.map { column < $0.count ? columns(of: $0[column]) : 0 }.max() ?? 0
    }
    return rows.map { row in
      let line = row.enumerated().map { column, cell in
        let blanks = String(repeating: " ", count: widths[column] - columns(of: cell))
        return leading.contains(column) ? cell + blanks : blanks + cell
      }.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }.joined(separator: "\n")
  }

  /// How many columns of a terminal a text takes: East Asian wide characters and emoji take two.
  static func columns(of text: String) -> Int {
    text.reduce(0) { sum, character in
      guard let scalar = character.unicodeScalars.first else { return sum }
      return sum + (isWide(scalar) || scalar.properties.isEmojiPresentation ? 2 : 1)
    }
  }

  /// The ranges of Unicode Standard Annex #11 that hold wide and full-width letters.
  private static func isWide(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x1100...0x115f, 0x2e80...0x303e, 0x3041...0xa4cf, 0xa960...0xa97f, 0xac00...0xd7a3,
      0xf900...0xfaff, 0xfe30...0xfe6f, 0xff00...0xff60, 0xffe0...0xffe6, 0x20000...0x3fffd:
      true
    default: false
    }
  }
}
