import ApusData

/// Named settings as a person gives them, of which each source and recipe takes those that it describes.
public struct Options: Sendable, Codable, Equatable {
  /// The values by name; a flag's value is `true` or `false`.
  public var values: [String: String]

  /// Settings by name.
  public init(_ values: [String: String] = [:]) { self.values = values }

  /// A text, or nil where it was not given.
  public func text(_ name: String) -> String? { values[name] }

  /// A list of texts with commas between them, or nil where it was not given.
  public func list(_ name: String) -> [String]? {
    values[name].map { text in
      text.split(separator: ",").map { String($0).trimmed }.filter { !$0.isEmpty }
    }
  }

  /// A whole number in a range, or nil where it was not given.
  /// - Throws: `DataError` for other texts.
  public func integer(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
    try values[name].map { text in
      guard let value = Int(text), range.contains(value) else {
        throw DataError(
          .setting,
          "--\(name): a whole number from \(range.lowerBound) to \(range.upperBound) was expected, \"\(text)\" came"
        )
      }
      return value
    }
  }

  /// A number above `lower` and up to `upper`, or nil where it was not given.
  /// - Throws: `DataError` for other texts.
  public func number(_ name: String, above lower: Double, to upper: Double) throws -> Double? {
    try values[name].map { text in
      guard let value = Double(text), value > lower, value <= upper else {
        throw DataError(
          .setting, "--\(name): a number above \(lower) and up to \(upper) was expected, \"\(text)\" came")
      }
      return value
    }
  }

  /// Whether a flag was set, or nil where nothing was said.
  public func flag(_ name: String) -> Bool? { values[name].map { $0 == "true" } }

  /// One of a type's names, or nil where it was not given.
  /// - Throws: `DataError` that lists the names.
  public func choice<Choice: RawRepresentable & CaseIterable>(
    _ name: String, of type: Choice.Type
  ) throws -> Choice? where Choice.RawValue == String {
    try values[name].map { text in
      guard let choice = Choice(rawValue: text) else {
        throw DataError(
          .setting,
          "--\(name) is one of \(Choice.allCases.map(\.rawValue).joined(separator: ", ")), \"\(text)\" came")
      }
      return choice
    }
  }
}

/// An option that a source or a recipe takes, for help and completion.
public struct OptionDescription: Sendable, Hashable {
  /// The name, without the dashes.
  public let name: String
  /// What its value is called in help; nil for a flag.
  public let valueName: String?
  /// Whether a flag can be set to no as well: `--no-NAME`.
  public let isInvertible: Bool
  /// What it does, in a sentence or two.
  public let help: String
  /// Which values make sense, as far as that can be told before any data are looked at.
  public let values: Values

  /// Which values make sense.
  public enum Values: Sendable, Hashable {
    /// Any text.
    case text
    /// Whole numbers of a range.
    case whole(ClosedRange<Int>)
    /// Numbers above the first and up to the second.
    case number(above: Double, to: Double)
    /// Units of hidden layers.
    case units
  }

  /// An option with a value.
  public init(_ name: String, _ valueName: String, _ help: String, values: Values = .text) {
    (self.name, self.valueName, self.isInvertible, self.help, self.values) = (
      name, valueName, false, help, values
    )
  }

  /// A flag.
  public init(flag name: String, isInvertible: Bool = false, _ help: String) {
    (self.name, self.valueName, self.isInvertible, self.help) = (name, nil, isInvertible, help)
    values = .text
  }
}

extension Options {
  /// Refuses values that make no sense, before any data are looked at.
  /// - Throws: `DataError` for the first of them.
  func check(_ descriptions: [OptionDescription]) throws {
    for description in descriptions {
      switch description.values {
      case .text: break
      case .whole(let range): _ = try integer(description.name, in: range)
      case .number(let lower, let upper): _ = try number(description.name, above: lower, to: upper)
      case .units: _ = try units(description.name)
      }
    }
  }
}

extension String {
  /// Without blanks at the ends.
  var trimmed: String {
    var text = Substring(self)
    while text.first?.isWhitespace ?? false { text = text.dropFirst() }
    while text.last?.isWhitespace ?? false { text = text.dropLast() }
    return String(text)
  }
}

extension Options {
  /// Units of hidden layers, whole numbers with commas between them; nil where they were not given.
  /// - Throws: `DataError` for anything else.
  public func units(_ name: String) throws -> [Int]? {
    try list(name).map { texts in
      let units = texts.map { Int($0) ?? 0 }
      guard !units.isEmpty, units.count <= 64, units.allSatisfy({ (1...16_384).contains($0) }) else {
        throw DataError(
          .setting,
          "--\(name): 1 to 64 whole numbers from 1 to 16384 were expected, \"\(values[name] ?? "")\" came")
      }
      return units
    }
  }
}
