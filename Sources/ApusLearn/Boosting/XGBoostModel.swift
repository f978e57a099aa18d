import ApusData
import ApusIO
import Foundation

/// A model as XGBoost writes it, read from JSON.
struct XGBoostModel {
  /// The trees in their order.
  let trees: [TreeNodes]
  /// What is predicted before any tree, on the scale on which trees add up.
  let base: [Double]
  private let splits: [(column: Int, gain: Double)]

  /// - Parameters:
  ///   - bytes: The model.
  ///   - outputs: Trees of a round: 1, or one for each class.
  ///   - loss: What was minimized.
  ///   - isBinary: Whether the trees add up to the logit of the second of two classes.
  /// - Throws: `DataError` for a model that contradicts itself.
  init(json bytes: [UInt8], outputs: Int, loss: BoostingLoss, isBinary: Bool) throws {
    let json = try JSON(parsing: bytes)
    let learner = json["learner"]
    guard let model = learner?["gradient_booster"]?["model"], let all = model["trees"]?.arrayValue,
      let score = learner?["learner_model_param"]?["base_score"]?.stringValue
    else { throw Self.damaged("it has no trees") }
    // A number, or of later versions a list of them.
    let scores = score.split { "[], ".contains($0) }.compactMap { Double($0) }
    guard let first = scores.first, scores.count == 1 || scores.count == outputs else {
      throw Self.damaged("its base score is \(score)")
    }
    let margins = (scores.count == outputs ? scores : Array(repeating: first, count: outputs)).map { score in
      isBinary ? log(score / (1 - score)) : loss == .poisson ? log(score) : score
    }
    let places = (model["tree_info"]?.arrayValue ?? []).compactMap(\.integerValue)
    guard places.count == all.count else {
      throw Self.damaged("it does not say which class each tree is for")
    }
    var splits: [(column: Int, gain: Double)] = []
    trees = try zip(all, places).map { tree, place in
      func numbers(_ name: String) throws -> [Double] {
        guard let values = tree[name]?.arrayValue else { throw Self.damaged("a tree has no \(name)") }
        return values.map { $0.doubleValue ?? ($0.boolValue == true ? 1 : 0) }
      }
      let left = try numbers("left_children"), right = try numbers("right_children")
      let columns = try numbers("split_indices"), conditions = try numbers("split_conditions")
      let defaults = try numbers("default_left"), covers = try numbers("sum_hessian")
      let changes = try numbers("loss_changes")
      guard [right, columns, conditions, defaults, covers, changes].allSatisfy({ $0.count == left.count })
      else {
        throw Self.damaged("the lists of a tree differ in length")
      }
      let isLeaf = left.map { $0 < 0 }
      for node in left.indices where !isLeaf[node] {
        splits.append((Int(columns[node]), max(0, changes[node])))
      }
      return TreeNodes(
        features: left.indices.map { isLeaf[$0] ? -1 : Int32(columns[$0]) },
        // The library goes to the left below the threshold, trees here where a value is not above it.
        thresholds: left.indices.map { isLeaf[$0] ? 0 : Float(conditions[$0]).nextDown },
        left: left.map { Int32($0) }, right: right.map { Int32($0) },
        missingGoesLeft: defaults.map { $0 != 0 }, covers: covers.map { Float($0) },
        values: left.indices.map { isLeaf[$0] ? conditions[$0] : 0 }, output: place)
    }
    base = margins
    self.splits = splits
  }

  /// How much the splits by each column lower the loss.
  func gains(columnCount: Int) -> [Double] {
    splits.reduce(into: [Double](repeating: 0, count: columnCount)) { gains, split in
      if gains.indices.contains(split.column) { gains[split.column] += split.gain }
    }
  }

  private static func damaged(_ problem: String) -> DataError {
    DataError(.sample, "XGBoost's model cannot be read: \(problem)")
  }
}
