/// Names that a person may have meant.
package enum NearestName {
  /// The name that differs from another by the fewest changes, upper and lower case being the same.
  /// - Parameters:
  ///   - name: What came.
  ///   - names: What there is.
  /// - Returns: The nearest; nil where all differ by more than half of the letters.
  package static func of(_ name: String, in names: [String]) -> String? {
    let wanted = Array(name.lowercased())
    let ranked = names.map { (name: $0, distance: distance(wanted, Array($0.lowercased()))) }
    guard let best = ranked.min(by: { $0.distance < $1.distance }),
      best.distance <= max(wanted.count, best.name.count) / 2
    else { return nil }
    return best.name
  }

  /// Insertions, deletions and replacements that make one text of the other: Levenshtein's distance.
  private static func distance(_ left: [Character], _ right: [Character]) -> Int {
    var row = Array(0...right.count)
    for (place, letter) in left.enumerated() {
      var diagonal = row[0]
      row[0] = place + 1
      for index in right.indices {
        let replaced = diagonal + (letter == right[index] ? 0 : 1)
        diagonal = row[index + 1]
        row[index + 1] = min(replaced, row[index] + 1, diagonal + 1)
      }
    }
    return row[right.count]
  }
}
