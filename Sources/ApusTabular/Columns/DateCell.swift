import Foundation

/// Which of two numbers in front of a year is the day.
public enum DateOrder: String, Sendable, Codable {
  /// 31/12/2024.
  case dayFirst = "day first"
  /// 12/31/2024.
  case monthFirst = "month first"
}

/// A date, and perhaps a time, as tables write them.
struct DateCell: Equatable {
  /// Day and month where the order is known, otherwise the numbers in their order.
  var first: Int
  var second: Int
  var year: Int
  /// Whether the order of day and month is left to the column.
  var isOpen: Bool
  /// Seconds since midnight, in UTC where a zone is named.
  var secondsOfDay = 0.0
  var hasTime = false

  /// Seconds since 1970-01-01; nil where there is no such day.
  func seconds(_ order: DateOrder) -> Double? {
    let isDayFirst = !isOpen || order == .dayFirst
    let (day, month) = isDayFirst ? (first, second) : (second, first)
    guard let days = Self.days(year: year, month: month, day: day) else { return nil }
    return Double(days) * 86_400 + secondsOfDay
  }

  /// The date that a text stands for: ISO 8601, numbers with `/`, `-` or `.` between them, months by name, each with or
  /// without a time. Nil for any other text.
  init?(_ text: String) {
    guard (6...40).contains(text.utf8.count) else { return nil }
    var cursor = Cursor(bytes: Array(text.utf8))
    guard let date = cursor.date() else { return nil }
    self = date
    guard !cursor.isAtEnd else { return }
    guard cursor.skipBeforeTime(), let time = cursor.time(), cursor.isAtEnd else { return nil }
    secondsOfDay = time
    hasTime = true
  }

  init(day: Int, month: Int, year: Int, isOpen: Bool = false) {
    (first, second, self.year, self.isOpen) = (day, month, year, isOpen)
  }

  /// Days since 1970-01-01 in the Gregorian calendar; nil where there is no such day.
  static func days(year: Int, month: Int, day: Int) -> Int? {
    guard (1...9999).contains(year), (1...12).contains(month), day >= 1 else { return nil }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    guard day <= lengths[month - 1] else { return nil }
    let before = year - 1
    let leaps = before / 4 - before / 100 + before / 400
    return before * 365 + leaps + lengths[..<(month - 1)].reduce(0, +) + day - 1 - 719_162
  }

  /// The calendar's parts of a number of days since 1970-01-01.
  static func calendar(days: Int) -> (year: Int, month: Int, day: Int) {
    var year = 1970 + Int((Double(days) / 365.2425).rounded(.down))
    while let next = Self.days(year: year + 1, month: 1, day: 1), next <= days { year += 1 }
    while let start = Self.days(year: year, month: 1, day: 1), start > days { year -= 1 }
    var month = 12
    while month > 1, let start = Self.days(year: year, month: month, day: 1), start > days { month -= 1 }
    return (year, month, days - (Self.days(year: year, month: month, day: 1) ?? 0) + 1)
  }
}

/// Reads a date from left to right.
private struct Cursor {
  let bytes: [UInt8]
  var place = 0

  var isAtEnd: Bool { place == bytes.count }
  private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

  private static let months = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
  ]
  private static let longMonths = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
    "november", "december",
  ]

  private mutating func take(_ allowed: String) -> UInt8? {
    guard let next, allowed.utf8.contains(next) else { return nil }
    place += 1
    return next
  }

  private mutating func number() -> (value: Int, digits: Int)? {
    let start = place
    var value = 0
    while let next, (48...57).contains(next), place - start < 5 {
      value = value * 10 + Int(next) - 48
      place += 1
    }
    return place > start ? (value, place - start) : nil
  }

  private mutating func month() -> Int? {
    let start = place
    while let next, (97...122).contains(next | 0x20) { place += 1 }
    let word = String(decoding: bytes[start..<place], as: UTF8.self).lowercased()
    let found =
      Self.months.firstIndex(of: word) ?? Self.longMonths.firstIndex(of: word)
      ?? (word == "sept" ? 8 : nil)
    return found.map { $0 + 1 }
  }

  private func fullYear(_ number: (value: Int, digits: Int)) -> Int? {
    switch number.digits {
    case 4: number.value
    case 2: number.value + (number.value < 69 ? 2000 : 1900)
    default: nil
    }
  }

  mutating func date() -> DateCell? {
    guard let first = number() else {
      // March 5, 2024
      guard let month = month() else { return nil }
      while take(" .") != nil {}
      guard let day = number() else { return nil }
      while take(" ,") != nil {}
      guard let year = number(), year.digits == 4 else { return nil }
      return DateCell(day: day.value, month: month, year: year.value)
    }
    guard let separator = take("-/. ") else { return nil }
    if let byte = next, (97...122).contains(byte | 0x20) {
      // 5-Mar-24
      guard first.digits <= 2, let month = month() else { return nil }
      while take("-/. ,") != nil {}
      guard let year = number().flatMap(fullYear) else { return nil }
      return DateCell(day: first.value, month: month, year: year)
    }
    guard separator != UInt8(ascii: " "), let second = number(), second.digits <= 2,
      take(String(decoding: [separator], as: UTF8.self)) != nil, let third = number()
    else { return nil }
    if first.digits == 4 {
      guard third.digits <= 2 else { return nil }
      return DateCell(day: third.value, month: second.value, year: first.value)
    }
    guard first.digits <= 2, let year = fullYear(third) else { return nil }
    return DateCell(
      day: first.value, month: second.value, year: year, isOpen: separator != UInt8(ascii: "."))
  }

  mutating func skipBeforeTime() -> Bool {
    let start = place
    if take("Tt") == nil { while take(" ,") != nil {} }
    return place > start
  }

  /// Seconds since midnight, less the zone's offset.
  mutating func time() -> Double? {
    guard let hour = number(), hour.digits <= 2, take(":") != nil, let minute = number(), minute.digits == 2,
      minute.value < 60
    else { return nil }
    var seconds = 0.0, hours = hour.value
    if take(":") != nil {
      guard let second = number(), second.digits == 2, second.value <= 60 else { return nil }
      seconds = Double(second.value)
      if take(".,") != nil {
        var scale = 0.1
        while let next, (48...57).contains(next) {
          seconds += Double(next - 48) * scale
          scale /= 10
          place += 1
        }
      }
    }
    while take(" ") != nil {}
    if let half = take("AaPp") {
      guard take("Mm") != nil, (1...12).contains(hours) else { return nil }
      hours = hours % 12 + (half | 0x20 == UInt8(ascii: "p") ? 12 : 0)
    }
    guard hours < 24 else { return nil }
    return Double(hours * 3600 + minute.value * 60) + seconds - (zone() ?? 0)
  }

  private mutating func zone() -> Double? {
    if take("Zz") != nil { return 0 }
    for name in ["UTC", "GMT"] where bytes[place...].elementsEqual(name.utf8) {
      place = bytes.count
      return 0
    }
    let start = place
    guard let sign = take("+-"), let hours = number() else { return nil }
    var (hour, minute) = (hours.value, 0)
    if hours.digits == 4 {
      (hour, minute) = (hours.value / 100, hours.value % 100)
    } else if take(":") != nil {
      minute = number()?.value ?? 60
    }
    guard hour <= 14, minute < 60 else {
      place = start
      return nil
    }
    return Double(hour * 3600 + minute * 60) * (sign == UInt8(ascii: "-") ? -1 : 1)
  }
}
