extension Report {
  /// A table of texts and numbers. The first cell of each row is its header.
  public struct Table: Sendable {
    /// To which side of a column its cells are set.
    public enum Alignment: String, Sendable {
      /// To the left: for text.
      case leading
      /// To the right: for numbers.
      case trailing
    }

    /// How much of the page's width a table takes.
    public enum Width: String, Sendable {
      /// As much as its cells need, up to 620 pixels: for two or three columns.
      case narrow
      /// All of it.
      case wide
    }

    /// A column.
    public struct Column: Sendable, Equatable, ExpressibleByStringInterpolation {
      /// The header.
      public var title: String
      /// To which side its cells are set; if nil, the first column's to the left and the others' to the right.
      public var alignment: Alignment?

      /// A column.
      ///
      /// - Parameters:
      ///   - title: The header.
      ///   - alignment: To which side its cells are set; if nil, the first column's to the left and the others' to
      ///     the right.
      public init(_ title: String, _ alignment: Alignment? = nil) {
        self.title = title
        self.alignment = alignment
      }

      /// A column with a header.
      public init(stringLiteral value: String) { self.init(value) }
    }

    /// The content of a cell.
    public struct Cell: Sendable, Equatable, ExpressibleByStringInterpolation {
      /// What is read first.
      public var text: String
      /// Small print below it, such as a confidence interval.
      public var detail: String
      /// The length of a bar beside the text, 0...1; nil for no bar.
      public var bar: Double?

      /// The content of a cell.
      ///
      /// - Parameters:
      ///   - text: What is read first.
      ///   - detail: Small print below it.
      ///   - bar: The length of a bar beside the text, 0...1; nil for no bar.
      public init(_ text: String, detail: String = "", bar: Double? = nil) {
        self.text = text
        self.detail = detail
        self.bar = bar
      }

      /// A cell of text.
      public init(stringLiteral value: String) { self.init(value) }

      /// An integer with its thousands grouped: `12,345`.
      public static func count(_ value: Int) -> Cell { Cell(Format.grouped(value)) }

      /// A share of 0...1 in percent with an interval in small print; `–` if it is not finite.
      ///
      /// - Parameters:
      ///   - share: The share, 0...1.
      ///   - interval: The ends of a confidence interval; not shown if nil or not finite.
      ///   - hasBar: Whether a bar shows the share, too.
      /// - Returns: The cell.
      public static func percent(
        _ share: Double, interval: (lower: Double, upper: Double)? = nil, hasBar: Bool = false
      ) -> Cell {
        guard share.isFinite else { return "–" }
        return Cell(
          Format.percent(share), detail: interval.map { Format.percentRange($0.lower, $0.upper) } ?? "",
          bar: hasBar ? share : nil)
      }

      /// A number of any size with an interval in small print; `–` if it is not finite.
      ///
      /// - Parameters:
      ///   - value: The number.
      ///   - interval: The ends of a confidence interval; not shown if nil or not finite.
      ///   - decimals: Digits after the point; four significant digits if nil.
      /// - Returns: The cell.
      public static func number(
        _ value: Double, interval: (lower: Double, upper: Double)? = nil, decimals: Int? = nil
      ) -> Cell {
        guard value.isFinite else { return "–" }
        func text(_ value: Double) -> String {
          decimals.map { Format.fixed(value, $0) } ?? Format.number(value)
        }
        guard let interval, interval.lower.isFinite, interval.upper.isFinite else { return Cell(text(value)) }
        return Cell(text(value), detail: "\(text(interval.lower)) – \(text(interval.upper))")
      }
    }

    /// The columns, the first of which holds the rows' headers.
    public var columns: [Column]
    /// The rows; cells that are missing at a row's end stay empty.
    public var rows: [[Cell]]
    /// How much of the page's width it takes.
    public var width: Width

    /// A table.
    ///
    /// - Parameters:
    ///   - columns: The columns, the first of which holds the rows' headers.
    ///   - rows: The rows, one cell a column.
    ///   - width: How much of the page's width it takes.
    public init(_ columns: [Column], rows: [[Cell]], width: Width = .wide) {
      self.columns = columns
      self.rows = rows
      self.width = width
    }

    /// To which side the cells of a column are set.
    func alignment(_ column: Int) -> Alignment {
      (columns.indices.contains(column) ? columns[column].alignment : nil)
        ?? (column == 0 ? .leading : .trailing)
    }
  }
}
