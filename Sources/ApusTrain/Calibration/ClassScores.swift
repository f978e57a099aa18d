import ApusGraph
import Foundation

/// A table of numbers, `[samples, classes]`, with the true class of each row: checked once, for whatever is measured
/// on it.
struct ClassScores {
  let rows: [[Double]]
  let labels: [Int]
  let classCount: Int

  /// - Throws: `TrainingError` for shapes, labels or numbers that do not fit.
  init(_ table: Literal, labels: [Int], of what: String) throws {
    let sizes = table.shape.dimensions
    guard sizes.count == 2, sizes[1] > 1, table.dtype.isFloating else {
      throw TrainingError(
        .data,
        "\(what) [samples, classes] of two classes or more were expected, \(table.dtype) \(table.shape) came")
    }
    guard sizes[0] == labels.count, sizes[0] > 0 else {
      throw TrainingError(.data, "\(labels.count) labels came for \(what) of \(sizes[0]) samples")
    }
    let classCount = sizes[1]
    if let bad = labels.firstIndex(where: { !(0..<classCount).contains($0) }) {
      throw TrainingError(
        .data, "label \(labels[bad]) of sample \(bad) is none of the \(classCount) classes", samples: [bad])
    }
    let numbers = table.doubles
    if let bad = numbers.firstIndex(where: { !$0.isFinite }) {
      throw TrainingError(
        .notFinite, "\(what) of sample \(bad / classCount) hold \(numbers[bad])", samples: [bad / classCount])
    }
    self.labels = labels
    self.classCount = classCount
    rows = labels.indices.map { Array(numbers[$0 * classCount..<($0 + 1) * classCount]) }
  }
}

/// exp(v) / Σ exp(v), safe from overflow.
package func softmax(_ values: [Double]) -> [Double] {
  let largest = values.max() ?? 0
  let powers = values.map { exp($0 - largest) }
  let sum = powers.reduce(0, +)
  return powers.map { $0 / sum }
}
