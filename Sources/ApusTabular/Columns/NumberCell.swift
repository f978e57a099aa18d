import Foundation

/// Numbers as tables write them: with thousands marks, decimal commas, currency signs, per cent, and parentheses for
/// negative amounts.
enum NumberCell {
  /// A number with what stood around it.
  struct Reading: Equatable {
    /// The number as written: 77.3 for `77.3%`.
    var value: Double
    /// A currency sign or code, or `%`; empty for none.
    var unit = ""
  }

  private static let signs: [Unicode.Scalar: String] = [
    "$": "$", "€": "€", "£": "£", "¥": "¥", "₹": "₹", "₽": "₽", "₩": "₩", "%": "%",
  ]
  private static let codes = ["USD", "EUR", "GBP", "CHF", "JPY", "CAD", "AUD", "SEK", "NOK", "DKK", "PLN"]

  /// The finite number that a cell stands for; nil for any other text.
  /// - Parameters:
  ///   - text: The cell.
  ///   - decimalComma: Whether a comma stands before the fraction, and points between thousands.
  /// - Returns: The number and its unit.
  static func read(_ text: String, decimalComma: Bool) -> Reading? {
    if let value = plain(text, decimalComma: decimalComma) { return Reading(value: value) }
    guard text.utf8.count <= 64, text.utf8.contains(where: { (48...57).contains($0) }) else { return nil }
    var body: [UInt8] = []
    var unit = ""
    for scalar in text.unicodeScalars {
      if let sign = signs[scalar] {
        guard unit.isEmpty else { return nil }
        unit = sign
      } else if scalar == "\u{2212}" {
        body.append(UInt8(ascii: "-"))
      } else if scalar.properties.isWhitespace {
        body.append(UInt8(ascii: " "))
      } else if scalar.isASCII {
        body.append(UInt8(scalar.value))
      } else {
        return nil
      }
    }
    trim(&body)
    if unit.isEmpty { unit = takeCode(&body) }
    var isNegative = false
    if body.first == UInt8(ascii: "("), body.last == UInt8(ascii: ")") {
      body = Array(body.dropFirst().dropLast())
      isNegative = true
      trim(&body)
    }
    if let first = body.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
      guard !isNegative else { return nil }
      isNegative = first == UInt8(ascii: "-")
      body.removeFirst()
      trim(&body)
    }
    guard let value = ungrouped(body, decimalComma: decimalComma) else { return nil }
    return Reading(value: isNegative ? -value : value, unit: unit)
  }

  /// Digits, sign, point and exponent alone.
  private static func plain(_ text: String, decimalComma: Bool) -> Double? {
    for byte in text.utf8 {
      switch byte {
      case 48...57, UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "e"), UInt8(ascii: "E"): continue
      case UInt8(ascii: "."): if decimalComma { return nil }
      default: return nil
      }
    }
    guard let value = Double(text), value.isFinite else { return nil }
    return value
  }

  private static func trim(_ body: inout [UInt8]) {
    while body.last == UInt8(ascii: " ") { body.removeLast() }
    body = Array(body.drop { $0 == UInt8(ascii: " ") })
  }

  private static func takeCode(_ body: inout [UInt8]) -> String {
    for code in codes {
      let bytes = Array(code.utf8)
      if body.starts(with: bytes) {
        body.removeFirst(bytes.count)
      } else if body.count > bytes.count, body.suffix(bytes.count).elementsEqual(bytes) {
        body.removeLast(bytes.count)
      } else {
        continue
      }
      trim(&body)
      return code
    }
    return ""
  }

  /// Digits in groups of three, a fraction and an exponent, without a sign.
  private static func ungrouped(_ body: [UInt8], decimalComma: Bool) -> Double? {
    let decimal = UInt8(ascii: decimalComma ? "," : ".")
    let marks: Set<UInt8> = [UInt8(ascii: decimalComma ? "." : ","), UInt8(ascii: "'"), UInt8(ascii: " ")]
    let end = body.firstIndex { $0 == decimal || $0 | 0x20 == UInt8(ascii: "e") } ?? body.count
    let whole = body[..<end]
    guard whole.first.map({ (48...57).contains($0) }) ?? (end < body.count) else { return nil }
    var digits: [UInt8] = []
    if let mark = whole.first(where: marks.contains) {
      let groups = whole.split(separator: mark, omittingEmptySubsequences: false)
      guard (1...3).contains(groups[0].count), groups.dropFirst().allSatisfy({ $0.count == 3 }) else {
        return nil
      }
      digits = groups.flatMap { $0 }
    } else {
      digits = Array(whole)
    }
    guard digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
    let rest = body[end...].map { $0 == decimal ? UInt8(ascii: ".") : $0 }
    return plain(String(decoding: digits + rest, as: UTF8.self), decimalComma: false)
  }
}
