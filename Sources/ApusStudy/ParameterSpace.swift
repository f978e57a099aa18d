import ApusIO
import Foundation

/// How a range is searched.
public enum ParameterScale: String, Sendable {
  /// Equal differences are equally likely.
  case linear
  /// Equal ratios are equally likely; for learning rates, penalties and widths.
  case log
}

/// The value of a parameter in a trial.
public enum ParameterValue: Sendable, Equatable, CustomStringConvertible {
  /// A real number.
  case float(Double)
  /// A whole number.
  case int(Int)
  /// One of several choices.
  case choice(String)

  /// The value as text, with the digits that read back as the same number.
  public var description: String {
    switch self {
    case .float(let value): "\(value)"
    case .int(let value): "\(value)"
    case .choice(let value): value
    }
  }

  /// The value as JSON.
  public var json: JSON {
    switch self {
    case .float(let value): .number(value)
    case .int(let value): .integer(value)
    case .choice(let value): .string(value)
    }
  }
}

/// The values that a parameter may have.
public enum ParameterSpace: Sendable, Equatable, CustomStringConvertible {
  /// Real numbers of a range with both ends.
  case float(ClosedRange<Double>, ParameterScale)
  /// Whole numbers of a range with both ends.
  case int(ClosedRange<Int>, ParameterScale)
  /// One of several choices without an order.
  case categorical([String])

  /// The space in the words of the command line.
  public var description: String {
    switch self {
    case .float(let range, let scale):
      "float \(range.lowerBound)..\(range.upperBound)\(scale == .log ? ":log" : "")"
    case .int(let range, let scale):
      "int \(range.lowerBound)..\(range.upperBound)\(scale == .log ? ":log" : "")"
    case .categorical(let choices): "choice \(choices.joined(separator: ","))"
    }
  }

  /// The ends on the scale of the search. Whole numbers reach half a step beyond theirs, so that each is equally wide.
  var bounds: (low: Double, high: Double) {
    switch self {
    case .float(let range, let scale):
      scale == .log
        ? (Foundation.log(range.lowerBound), Foundation.log(range.upperBound))
        : (range.lowerBound, range.upperBound)
    case .int(let range, let scale):
      scale == .log
        ? (Foundation.log(Double(range.lowerBound) - 0.5), Foundation.log(Double(range.upperBound) + 0.5))
        : (Double(range.lowerBound) - 0.5, Double(range.upperBound) + 0.5)
    case .categorical(let choices): (0, Double(choices.count))
    }
  }

  /// The value at a place on the scale of the search; places beyond the ends give the ends.
  func value(at place: Double) -> ParameterValue {
    switch self {
    case .float(let range, let scale):
      let value = scale == .log ? exp(place) : place
      return .float(min(max(value, range.lowerBound), range.upperBound))
    case .int(let range, let scale):
      let value = (scale == .log ? exp(place) : place).rounded()
      return .int(Int(min(max(value, Double(range.lowerBound)), Double(range.upperBound))))
    case .categorical(let choices):
      return .choice(choices[min(max(Int(place), 0), choices.count - 1)])
    }
  }

  /// The value at a fraction of the scale, from 0 to 1.
  func value(atFraction fraction: Double) -> ParameterValue {
    let (low, high) = bounds
    return value(at: low + fraction * (high - low))
  }

  /// The place of a value on the scale of the search; nil where the space does not hold it.
  func place(of value: ParameterValue) -> Double? {
    switch (self, value) {
    case (.float(let range, let scale), .float(let number)):
      range.contains(number) ? (scale == .log ? Foundation.log(number) : number) : nil
    case (.float, .int(let number)): place(of: .float(Double(number)))
    case (.int(let range, let scale), .int(let number)):
      range.contains(number) ? (scale == .log ? Foundation.log(Double(number)) : Double(number)) : nil
    case (.categorical(let choices), .choice(let choice)): choices.firstIndex(of: choice).map(Double.init)
    default: nil
    }
  }

  /// Ends the search where a space cannot be searched.
  func check(_ name: String) throws {
    func fail(_ problem: String, _ advice: String) -> StudyError {
      StudyError(problem, advice: advice, place: "parameter \(name)")
    }
    switch self {
    case .float(let range, let scale):
      guard (range.upperBound - range.lowerBound).isFinite else {
        throw fail("a range has finite ends, and \(range) came", "Give finite ends.")
      }
      if scale == .log, range.lowerBound <= 0 {
        throw fail(
          "a logarithmic range lies above 0, and \(range) came", "Raise its lower end, or search linearly.")
      }
    case .int(let range, let scale):
      let limit = 1 << 52
      guard range.lowerBound >= -limit, range.upperBound <= limit else {
        throw fail("whole numbers lie within ±2^52, and \(range) came", "Take a smaller range.")
      }
      if scale == .log, range.lowerBound < 1 {
        throw fail(
          "a logarithmic range of whole numbers starts at 1 or above, and \(range) came",
          "Raise its lower end, or search linearly.")
      }
    case .categorical(let choices):
      guard !choices.isEmpty, Set(choices).count == choices.count else {
        throw fail("choices are one or more different ones, and \(choices) came", "Name each choice once.")
      }
    }
  }
}
