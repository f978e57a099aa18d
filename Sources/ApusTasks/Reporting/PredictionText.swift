import ApusIO
import ApusReport
import Foundation

// Predictions for the terminal and for machines.
extension Prediction {
  /// The prediction as cells of a row of text.
  ///
  /// - Parameters:
  ///   - target: What was predicted, for names, thresholds and scales; nil for models without a target.
  ///   - top: How many classes are named at most, the most probable first.
  /// - Returns: One cell or more; such as `cat 98.2 %`, `dog 1.8 %`.
  public func text(target: (any Target)?, top: Int = 3) -> [String] {
    switch self {
    case .category(let probabilities):
      return Self.order(probabilities).prefix(max(1, top)).map {
        "\(Self.name($0, target)) \(Format.percent(probabilities[$0]))"
      }
    case .labels(let probabilities, let holds):
      let thresholds = (target as? MultiLabel)?.thresholds
      let cells = Self.order(probabilities).filter { holds.indices.contains($0) && holds[$0] }.map { place in
        let threshold = thresholds.flatMap { $0.indices.contains(place) ? $0[place] : nil }
        return "\(Self.name(place, target)) \(Format.percent(probabilities[place]))"
          + (threshold.map { " (threshold \(Format.percent($0)))" } ?? "")
      }
      return cells.isEmpty ? ["none of the labels"] : cells
    case .numbers(let numbers):
      return numbers.indices.map { place in
        let regression = (target as? Regression).flatMap { $0.names.indices.contains(place) ? $0 : nil }
        let interval = regression?.interval(numbers[place], place).map { ends in
          " (\(regression?.text(ends.lower, place) ?? "") – \(regression?.text(ends.upper, place) ?? ""))"
        }
        return
          "\(Self.name(place, target)) \(regression?.text(numbers[place], place) ?? Format.number(numbers[place]))"
          + (interval ?? "")
      }
    case .mask(_, _, let labels):
      let shares = Self.shares(labels, target)
      return Self.order(shares).filter { shares[$0] > 0 }.prefix(max(1, top)).map {
        "\(Self.name($0, target)) \(Format.percent(shares[$0]))"
      }
    case .text(let text): return [text]
    }
  }

  /// The prediction for machines: an object with `class`, `probability` and `probabilities` (the most probable first);
  /// `labels` and `probabilities`; `numbers` and, where they are known, `intervals_90`; `width`, `height` and `shares` of the classes of a mask; or `text`.
  ///
  /// Numbers are rounded to the seven digits that networks compute with; what is not finite is null in the text.
  /// - Parameter target: What was predicted, for names and scales; nil for models without a target.
  /// - Returns: An object.
  public func json(target: (any Target)?) -> JSON {
    func object(_ values: [Double], _ places: [Int]) -> JSON {
      .object(places.map { JSON.Member(Self.name($0, target), .number(Self.rounded(values[$0]))) })
    }
    switch self {
    case .category(let probabilities):
      let order = Self.order(probabilities)
      let best = order.first.map { place in
        [
          JSON.Member("class", .string(Self.name(place, target))),
          JSON.Member("probability", .number(Self.rounded(probabilities[place]))),
        ]
      }
      return .object((best ?? []) + [JSON.Member("probabilities", object(probabilities, order))])
    case .labels(let probabilities, let holds):
      let order = Self.order(probabilities)
      let found = order.filter { holds.indices.contains($0) && holds[$0] }
      return .object([
        JSON.Member("labels", .array(found.map { .string(Self.name($0, target)) })),
        JSON.Member("probabilities", object(probabilities, order)),
      ])
    case .numbers(let numbers):
      let members = numbers.indices.map { place in
        JSON.Member(Self.name(place, target), .number(Self.rounded(numbers[place], place, target)))
      }
      let intervals = numbers.indices.compactMap { place -> JSON.Member? in
        guard let regression = target as? Regression, regression.names.indices.contains(place),
          let ends = regression.interval(numbers[place], place)
        else { return nil }
        let values = [ends.lower, ends.upper].map { JSON.number(Self.rounded($0, place, target)) }
        return JSON.Member(Self.name(place, target), .array(values))
      }
      return .object(
        [JSON.Member("numbers", .object(members))]
          + (intervals.isEmpty ? [] : [JSON.Member("intervals_90", .object(intervals))]))
    case .mask(let width, let height, let labels):
      let shares = Self.shares(labels, target)
      return .object([
        JSON.Member("width", .integer(width)), JSON.Member("height", .integer(height)),
        JSON.Member("shares", object(shares, Array(shares.indices))),
      ])
    case .text(let text): return .object([JSON.Member("text", .string(text))])
    }
  }

  /// The places of numbers, the largest first; what is no number comes last.
  private static func order(_ values: [Double]) -> [Int] {
    func key(_ place: Int) -> Double { values[place].isNaN ? .infinity : -values[place] }
    return values.indices.sorted { (key($0), $0) < (key($1), $1) }
  }

  private static func name(_ place: Int, _ target: (any Target)?) -> String {
    guard let names = target?.names, names.indices.contains(place) else { return "\(place)" }
    return names[place]
  }

  /// The share of the pixels of each class, those of the target and any beyond.
  private static func shares(_ labels: [UInt8], _ target: (any Target)?) -> [Double] {
    var counts = [Int](repeating: 0, count: max(target?.names.count ?? 0, Int(labels.max() ?? 0) + 1))
    for label in labels { counts[Int(label)] += 1 }
    return counts.map { Double($0) / Double(max(1, labels.count)) }
  }

  /// Rounded to the digits of `Float`.
  private static func rounded(_ value: Double) -> Double { Double(String(format: "%.7g", value)) ?? value }

  /// A number rounded to a millionth of its standard deviation, as far as it is known: the mean may be far from zero.
  private static func rounded(_ value: Double, _ place: Int, _ target: (any Target)?) -> Double {
    guard let regression = target as? Regression, regression.names.indices.contains(place), value.isFinite,
      let decimals = regression.decimals(place, beyond: 6)
    else { return rounded(value) }
    return Double(String(format: "%.\(decimals)f", value)) ?? value
  }
}
