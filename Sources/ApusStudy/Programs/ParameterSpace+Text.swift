import Foundation

extension ParameterSpace {
  /// The name and space that a person wrote: `rate=1e-4..0.3:log` for numbers, `act=relu,gelu` for choices.
  /// - Parameters:
  ///   - text: What was written.
  ///   - kind: `float`, `int` or `choice`.
  /// - Throws: `StudyError` that says what was expected.
  /// - Returns: The name and the space.
  public static func parsed(_ text: String, kind: String) throws -> (name: String, space: ParameterSpace) {
    let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
    func refusal(_ expected: String) -> StudyError {
      StudyError("--\(kind) \(text): \(expected) was expected", advice: "See apus help study run.")
    }
    guard parts.count == 2, !parts[0].isEmpty else { throw refusal("NAME=VALUES") }
    if kind == "choice" {
      let choices = parts[1].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      guard choices.count >= 2, Set(choices).count == choices.count else {
        throw refusal("at least two different choices with commas between them")
      }
      return (parts[0], .categorical(choices))
    }
    let ends = parts[1].split(separator: ":", maxSplits: 1).map(String.init)
    guard let range = ends.first, ends.count == 1 || ends[1] == "log" || ends[1] == "linear" else {
      throw refusal("FROM..TO, with :log behind it for equal ratios,")
    }
    let scale: ParameterScale = ends.count == 2 && ends[1] == "log" ? .log : .linear
    let numbers = range.components(separatedBy: "..")
    if kind == "int" {
      guard numbers.count == 2, let low = Int(numbers[0]), let high = Int(numbers[1]), low <= high else {
        throw refusal("FROM..TO of whole numbers")
      }
      return (parts[0], .int(low...high, scale))
    }
    guard numbers.count == 2, let low = Double(numbers[0]), let high = Double(numbers[1]), low <= high else {
      throw refusal("FROM..TO of numbers")
    }
    return (parts[0], .float(low...high, scale))
  }
}
