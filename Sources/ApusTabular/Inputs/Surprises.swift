import ApusReport

/// How often rows have what no training row had.
struct Surprises {
  private struct Count {
    var count = 0
    var first = ""
    var name = ""
  }

  /// The kinds, in the order in which they are told.
  enum Kind: Int, CaseIterable {
    case unseen, outside, odd, missing
  }

  private var counts: [Kind: [String: Count]] = [:]

  /// Counts a cell.
  /// - Parameters:
  ///   - kind: What is odd about it.
  ///   - column: Its column.
  ///   - text: The cell.
  ///   - name: What people call the row.
  mutating func add(_ kind: Kind, column: String, text: String, name: String) {
    var count = counts[kind]?[column] ?? Count(first: text, name: name)
    count.count += 1
    counts[kind, default: [:]][column] = count
  }

  /// Sentences, one for each column and kind.
  var notes: [String] {
    Kind.allCases.flatMap { kind in
      (counts[kind] ?? [:]).sorted { $0.key < $1.key }.map { column, count in
        let rows = Format.count(count.count, "row")
        let first = "“\(count.first)” first, in \(count.name)"
        return switch kind {
        case .unseen: "column \"\(column)\": \(rows) with a value that no training row had, \(first)"
        case .outside: "column \"\(column)\": \(rows) outside of the training set's range, \(first)"
        case .odd:
          "column \"\(column)\": \(rows) with a value that cannot be read, counted as missing, \(first)"
        case .missing:
          "column \"\(column)\": \(rows) without a value, which no training row lacked, in \(count.name) first"
        }
      }
    }
  }
}
