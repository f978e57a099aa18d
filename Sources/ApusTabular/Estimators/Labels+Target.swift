import ApusData
import ApusLearn
import ApusTasks

extension Labels {
  /// What is known of some rows as estimators take it: classes, or numbers on the scale of the target's outputs.
  /// - Parameters:
  ///   - target: A classification, or a regression of one number.
  ///   - examples: The examples.
  ///   - rows: Which of them, in this order.
  /// - Throws: `DataError` for other targets, and for a row whose target is not known.
  init(_ target: any Target, _ examples: Examples, rows: [Int]) throws {
    let values = try rows.map { row -> Double in
      guard let label = try target.encode(examples, row: row), label.shape.elementCount == 1 else {
        throw DataError(
          .classes, "example \(examples.names[row]) has no class or number that is known", samples: [row])
      }
      return label.doubles[0]
    }
    if target.classNames == nil {
      self = .numbers(values)
    } else {
      self = .classes(values.map { Int32($0) }, count: target.outputCount)
    }
  }
}
