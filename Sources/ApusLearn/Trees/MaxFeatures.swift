import ApusData

/// How many columns each split chooses from.
public enum MaxFeatures: Codable, Sendable, Equatable {
  /// All.
  case all
  /// The square root of their number.
  case squareRoot
  /// A share of them, above 0 and at most 1.
  case share(Double)
  /// So many, at least 1; all where there are fewer.
  case count(Int)

  /// How many of `count` columns.
  /// - Throws: `DataError` for a share or a number out of range.
  func of(_ count: Int) throws -> Int {
    switch self {
    case .all: return count
    case .squareRoot: return max(1, Int(Double(count).squareRoot()))
    case .share(let share):
      guard share > 0, share <= 1 else {
        throw DataError(.setting, "a share of the columns above 0 and at most 1 was expected, \(share) came")
      }
      return max(1, Int(share * Double(count)))
    case .count(let some):
      guard some >= 1 else { throw DataError(.setting, "at least 1 column was expected, \(some) came") }
      return min(some, count)
    }
  }
}
