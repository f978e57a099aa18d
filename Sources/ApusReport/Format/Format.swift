import Foundation

/// Numbers as people read them, the same in reports, in the terminal and in messages. What is not finite is `–`.
package enum Format {
  /// What stands for a number that is not known.
  package static let unknown = "–"

  /// With so many digits after the point: `0.250`. A zero has no sign.
  ///
  /// - Parameters:
  ///   - value: The number.
  ///   - digits: Digits after the point.
  /// - Returns: The text.
  package static func fixed(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite else { return unknown }
    let text = String(format: "%.\(max(0, digits))f", value)
    return text.hasPrefix("-") && text.allSatisfy({ "-0.".contains($0) }) ? String(text.dropFirst()) : text
  }

  /// With so many significant digits, trailing zeros dropped: `0.25`, `1.235e+09`.
  ///
  /// - Parameters:
  ///   - value: The number.
  ///   - digits: Significant digits.
  /// - Returns: The text, `–` where the number is not finite.
  package static func number(_ value: Double, digits: Int = 4) -> String {
    guard value.isFinite else { return unknown }
    return value == 0 ? "0" : String(format: "%.\(max(1, digits))g", value)
  }

  /// A share in percent: 0.952 is `95.2 %`.
  ///
  /// - Parameters:
  ///   - share: The share, 1 for all.
  ///   - digits: Digits after the point.
  /// - Returns: The text, `–` where the share is not finite.
  package static func percent(_ share: Double, digits: Int = 1) -> String {
    share.isFinite ? fixed(share * 100, digits) + " %" : unknown
  }

  /// A range of shares in percent: `93.1 – 96.8 %`; empty if an end is not finite.
  ///
  /// - Parameters:
  ///   - lower: The lower end, 1 for all.
  ///   - upper: The upper end.
  ///   - digits: Digits after the point.
  /// - Returns: The text.
  package static func percentRange(_ lower: Double, _ upper: Double, digits: Int = 1) -> String {
    guard lower.isFinite, upper.isFinite else { return "" }
    return "\(fixed(lower * 100, digits)) – \(fixed(upper * 100, digits)) %"
  }

  /// An integer with its thousands grouped: 421642 is `421,642`.
  package static func grouped(_ number: Int) -> String {
    let digits = Array(String(number.magnitude))
    var result = number < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index).isMultiple(of: 3) { result += "," }
      result.append(digit)
    }
    return result
  }

  /// A number of things: `1 image`, `2,000 images`.
  ///
  /// - Parameters:
  ///   - number: How many.
  ///   - singular: What one is called.
  ///   - plural: What several are called; the singular with an s if nil.
  /// - Returns: The text.
  package static func count(_ number: Int, _ singular: String, _ plural: String? = nil) -> String {
    "\(grouped(number)) \(number == 1 ? singular : plural ?? singular + "s")"
  }

  /// A time: `12 ms`, `3.4 s`, `2 min 5 s`, `1 h 30 min`, `2 d 3 h`.
  ///
  /// - Parameter seconds: The time in seconds.
  /// - Returns: The text.
  package static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, abs(seconds) < 1e15 else { return unknown }
    if seconds < 0 { return "-" + duration(-seconds) }
    if seconds == 0 { return "0 s" }
    if seconds < 0.000_999_5 { return number(seconds * 1e6, digits: 3) + " µs" }
    if seconds < 0.999_5 { return number(seconds * 1e3, digits: 3) + " ms" }
    if seconds < 59.95 { return fixed(seconds, 1) + " s" }
    let whole = Int(seconds.rounded())
    switch whole {
    case ..<3600: return "\(whole / 60) min \(whole % 60) s"
    case ..<86400: return "\(whole / 3600) h \(whole / 60 % 60) min"
    default: return "\(grouped(whole / 86400)) d \(whole / 3600 % 24) h"
    }
  }

  /// A size of memory or of a file in powers of 1024: `512 bytes`, `98.0 KiB`, `1.2 GiB`.
  ///
  /// - Parameter count: The size in bytes.
  /// - Returns: The text.
  package static func bytes(_ count: Int) -> String {
    var value = Double(count.magnitude)
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    guard value >= 1024 else { return self.count(count, "byte") }
    var unit = -1
    // What would round to 1024.0 belongs to the next unit.
    while value >= 1023.95, unit + 1 < units.count {
      value /= 1024
      unit += 1
    }
    return "\(count < 0 ? "-" : "")\(fixed(value, 1)) \(units[unit])"
  }

  /// Names in a sentence: `a`, `a and b`, `a, b and c`, `a, b and 3 more`.
  ///
  /// - Parameters:
  ///   - names: The names.
  ///   - limit: How many are named at most, at least one; all if nil.
  ///   - conjunction: The word before the last.
  /// - Returns: The text.
  package static func list(_ names: [String], limit: Int? = nil, conjunction: String = "and") -> String {
    var shown = names
    if let limit, names.count > max(1, limit) {
      shown = Array(names.prefix(max(1, limit)))
      shown.append("\(grouped(names.count - shown.count)) more")
    }
    guard shown.count > 1, let last = shown.last else { return shown.first ?? "" }
    return "\(shown.dropLast().joined(separator: ", ")) \(conjunction) \(last)"
  }
}
