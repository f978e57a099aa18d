import ApusData

/// How impure rows of several classes are.
public enum Impurity: String, Codable, Sendable {
  /// The chance that two rows of a node differ in class.
  case gini
  /// The information of a class, in bits.
  case entropy
}

/// How much the rows of each class count, beside weights that the rows have.
public enum ClassWeights: Codable, Sendable, Equatable {
  /// All alike.
  case equal
  /// So that all classes together count alike: rows / (classes · rows of the class).
  case balanced
  /// As given, one for each class, at least 0.
  case given([Double])
}

/// Labels and weights as the tree grower reads them.
struct TreeTargets {
  /// Numbers less their mean, or for two classes whether a row is of the second one; empty for counted classes.
  var numbers: [Double] = []
  /// Classes that are counted.
  var classes: [Int32] = []
  /// Number of classes; 0 for numbers.
  let classCount: Int
  /// What was taken off the numbers, so that a large offset costs no digits.
  var offset = 0.0
  /// Nil for all alike.
  let weights: [Double]?

  init(_ rows: TrainingRows, impurity: Impurity, classWeights: ClassWeights) throws {
    switch rows.labels {
    case .numbers(let all):
      guard classWeights == .equal else {
        throw DataError(.setting, "weights of classes were given, the labels are numbers")
      }
      classCount = 0
      weights = rows.weights
      let first = all.reduce(0, +) / Double(all.count)
      offset = first + all.reduce(0) { $0 + ($1 - first) } / Double(all.count)
      numbers = all.map { [offset] in $0 - offset }
    case .classes(let all, let count):
      classCount = count
      if count == 2, impurity == .gini {
        numbers = all.map { Double($0) }
      } else {
        classes = all
      }
      guard let factors = try Self.factors(classWeights, all, count) else {
        weights = rows.weights
        return
      }
      let weights = all.indices.map { (rows.weights?[$0] ?? 1) * factors[Int(all[$0])] }
      guard weights.contains(where: { $0 > 0 }) else {
        throw DataError(.setting, "all weights are 0: no row counts")
      }
      self.weights = weights
    }
  }

  private static func factors(_ weights: ClassWeights, _ labels: [Int32], _ count: Int) throws -> [Double]? {
    switch weights {
    case .equal: return nil
    case .balanced:
      var rows = [Double](repeating: 0, count: count)
      for label in labels { rows[Int(label)] += 1 }
      return rows.map { $0 > 0 ? Double(labels.count) / (Double(count) * $0) : 0 }
    case .given(let all):
      guard all.count == count, all.allSatisfy({ $0 >= 0 && $0.isFinite }) else {
        throw DataError(
          .setting, "\(count) weights of classes were expected, at least 0 each, \(all.count) came: \(all)")
      }
      return all
    }
  }
}
