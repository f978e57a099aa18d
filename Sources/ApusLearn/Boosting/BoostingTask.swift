import ApusData
import Foundation

/// What boosted trees are fitted to.
enum BoostingTask: Sendable, Codable, Equatable {
  /// A number, its logarithm where the trees add up to that.
  case number(isLogarithm: Bool)
  /// Two classes: the trees add up to the logit of the second.
  case binary
  /// More classes: trees for the logit of each.
  case multiclass(Int)

  /// Outputs of the trees.
  var treeOutputs: Int {
    switch self {
    case .number, .binary: 1
    case .multiclass(let count): count
    }
  }

  /// Outputs of the model.
  var outputCount: Int {
    switch self {
    case .number: 1
    case .binary: 2
    case .multiclass(let count): count
    }
  }

  /// What the sums of the trees mean for a model's outputs.
  func outputs(_ sums: [Double]) -> [Double] {
    switch self {
    case .number(let isLogarithm): isLogarithm ? sums.map(exp) : sums
    case .binary: sums.flatMap { [0, $0] }
    case .multiclass: sums
    }
  }
}

/// What boosted trees minimize.
public enum BoostingLoss: String, Sendable, Codable, CaseIterable {
  /// The squared error of numbers, the log loss of classes.
  case standard
  /// The absolute error of numbers, which large errors do not rule.
  case absolute
  /// The Poisson deviance of counts, at least 0.
  case poisson

  func task(_ labels: Labels) throws -> BoostingTask {
    switch labels {
    case .classes(_, let count):
      guard self == .standard else {
        throw DataError(.setting, "the loss \(rawValue) is for numbers, the labels are classes")
      }
      return count == 2 ? .binary : .multiclass(count)
    case .numbers(let all):
      if self == .poisson, let row = all.firstIndex(where: { $0 < 0 }) {
        throw DataError(
          .sample, "counts of at least 0 were expected, \(all[row]) came in row \(row), counted from 0",
          samples: [row])
      }
      return .number(isLogarithm: self == .poisson)
    }
  }
}

extension Labels {
  /// Refuses training rows of one class, or of one number alone: there is nothing to learn.
  func requireVariety() throws {
    switch self {
    case .classes(let all, _):
      guard Set(all).count > 1 else {
        throw DataError(.classes, "the training rows are all of one class: there is nothing to tell apart")
      }
    case .numbers(let all):
      guard Set(all).count > 1 else {
        throw DataError(.classes, "the label is the same in all training rows: there is nothing to learn")
      }
    }
  }

  /// The labels as the libraries take them.
  var floats: [Float] {
    switch self {
    case .numbers(let all): all.map { Float($0) }
    case .classes(let all, _): all.map { Float($0) }
    }
  }
}

extension LabeledRows {
  /// Threads that boosting uses: one for small tables, where waiting for one another costs more than it saves and, on a
  /// machine that has other work as well, many times more; nil for all.
  var boostingThreads: Int? { count * features.columnCount < 1_000_000 ? 1 : nil }
}
