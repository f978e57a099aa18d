import ApusData
import ApusIO
import Foundation

/// Predictions as lines of comma-separated values (RFC 4180): what names an example, what is predicted, and the
/// probability of each class or label.
public struct PredictionCSV: Sendable {
  private let target: (any Target)?

  /// - Parameter target: What is predicted, for names and scales; nil for models without a target.
  public init(target: (any Target)?) { self.target = target }

  /// The line of column names, without a line end.
  /// - Parameter name: What the column of the examples' names is called.
  /// - Returns: Such as `id,prediction,probability cat,probability dog`.
  public func header(_ name: String) -> String {
    let names = target?.names ?? []
    let columns: [String] =
      switch target {
      case is Classification: ["prediction"] + names.map { "probability \($0)" }
      case is MultiLabel: ["labels"] + names.map { "probability \($0)" }
      case let target as Regression:
        names.flatMap { name in
          let suffix = names.count == 1 ? "" : " \(name)"
          return ["prediction" + suffix]
            + (target.marginOf90 == nil ? [] : ["lower 90 %" + suffix, "upper 90 %" + suffix])
        }
      default: ["prediction"]
      }
    return CSVLine.text([name] + columns)
  }

  /// The line of an example, without a line end.
  /// - Parameters:
  ///   - name: What names the example.
  ///   - prediction: What is predicted for it.
  /// - Returns: The name, the prediction, and the probabilities in the order of the classes.
  public func line(_ name: String, _ prediction: Prediction) -> String {
    let json = prediction.json(target: target)
    func number(_ value: JSON?) -> String {
      guard let value = value?.doubleValue, value.isFinite else { return "" }
      return value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
    }
    let names = target?.names ?? []
    let cells: [String] =
      switch prediction {
      case .category: [json["class"]?.stringValue ?? ""] + names.map { number(json["probabilities"]?[$0]) }
      case .labels:
        [(json["labels"]?.arrayValue ?? []).compactMap(\.stringValue).joined(separator: ";")]
          + names.map { number(json["probabilities"]?[$0]) }
      case .numbers:
        names.flatMap { name in
          [number(json["numbers"]?[name])]
            + (json["intervals_90"]?[name]?.arrayValue ?? []).map { number($0) }
        }
      case .mask, .text: [prediction.text(target: target).joined(separator: "; ")]
      }
    return CSVLine.text([name] + cells)
  }
}
