import ApusGraph
import ApusTensor

extension Loss {
  /// Cross-entropy of class indices under the softmax of logits. A label out of range stops the run with an
  /// error.
  public static let crossEntropy = crossEntropy(labelSmoothing: 0)

  /// Cross-entropy of class indices under the softmax of logits.
  /// - Parameter labelSmoothing: The part of the probability that is spread evenly over all classes, in 0…1.
  ///   Szegedy et al., arXiv:1512.00567.
  /// - Returns: A loss of logits.
  public static func crossEntropy(labelSmoothing: Double) -> Loss {
    Loss("crossEntropy", activation: .softmax, targetKind: .indices) { logits, labels in
      softmaxCrossEntropy(logits: logits, labels: labels, labelSmoothing: labelSmoothing)
    }
  }

  /// Cross-entropy of rows of probabilities, such as one-hot rows, under the softmax of logits.
  public static let categoricalCrossEntropy = categoricalCrossEntropy(labelSmoothing: 0)

  /// Cross-entropy of rows of probabilities under the softmax of logits.
  /// - Parameter labelSmoothing: The part of the probability that is spread evenly over all classes, in 0…1.
  /// - Returns: A loss of logits.
  public static func categoricalCrossEntropy(labelSmoothing: Double) -> Loss {
    Loss("categoricalCrossEntropy", activation: .softmax, targetKind: .distribution) { logits, target in
      distributionCrossEntropy(logits, target, labelSmoothing, "categoricalCrossEntropy")
    }
  }

  /// Cross-entropy of class indices or of rows of probabilities, whichever come: for training in which `MixUp` or
  /// `CutMix` make probabilities of classes, while validation data keep theirs.
  public static let mixedCrossEntropy = mixedCrossEntropy(labelSmoothing: 0)

  /// Cross-entropy of class indices or of rows of probabilities, whichever come, under the softmax of logits.
  /// - Parameter labelSmoothing: The part of the probability that is spread evenly over all classes, in 0…1.
  /// - Returns: A loss of logits.
  public static func mixedCrossEntropy(labelSmoothing: Double) -> Loss {
    Loss("mixedCrossEntropy", activation: .softmax, targetKind: .indicesOrDistribution) { logits, target in
      target.dtype.isInteger
        ? softmaxCrossEntropy(logits: logits, labels: target, labelSmoothing: labelSmoothing)
        : distributionCrossEntropy(logits, target, labelSmoothing, "mixedCrossEntropy")
    }
  }

  /// Cross-entropy of 0 or 1 under the sigmoid of logits, mean over the outputs.
  public static let binaryCrossEntropy = binaryCrossEntropy(labelSmoothing: 0)

  /// Cross-entropy of 0 or 1 under the sigmoid of logits, mean over the outputs.
  /// - Parameters:
  ///   - labelSmoothing: Targets are moved towards ½ by this part, in 0…1.
  ///   - positiveWeight: How much more a target of 1 counts than one of 0; at least 0.
  /// - Returns: A loss of logits.
  public static func binaryCrossEntropy(labelSmoothing: Double = 0, positiveWeight: Double = 1) -> Loss {
    Loss("binaryCrossEntropy", activation: .sigmoid, targetKind: .binary) { logits, target in
      if let failed = smoothingFailure(labelSmoothing, "binaryCrossEntropy") { return failed }
      if let problem = ArgumentCheck.firstProblem([
        ArgumentCheck.isAtLeastZero(positiveWeight, "weight of positive targets")
      ]) {
        return Tensor(.failed(GraphError(.argument, "binaryCrossEntropy", problem)))
      }
      let x = logits.value
      let y = labelSmoothing == 0 ? target.value : target.value * (1 - labelSmoothing) + labelSmoothing / 2
      // log(1 + e^−|x|) never overflows.
      let softplus = (-x.unary(.absolute)).exp().unary(.log1p)
      let positive = x.maximum(x.splat(0))
      guard positiveWeight != 1 else { return Tensor(positive - x * y + softplus) }
      let weight = y * (positiveWeight - 1) + 1
      return Tensor((1 - y) * x + weight * (softplus + positive - x))
    }
  }
}

private func distributionCrossEntropy(
  _ logits: Tensor, _ target: Tensor, _ labelSmoothing: Double, _ loss: String
) -> Tensor {
  if let failed = smoothingFailure(labelSmoothing, loss) { return failed }
  let logs = logSoftmax(logits).value
  guard logs.failure == nil, logs.rank >= 1 else { return Tensor(logs) }
  let classes = Double(max(1, logs.shape[logs.rank - 1]))
  let smooth =
    labelSmoothing == 0
    ? target.value : target.value * (1 - labelSmoothing) + labelSmoothing / classes
  return Tensor(-(smooth * logs).sum(axes: [logs.rank - 1]))
}

private func smoothingFailure(_ smoothing: Double, _ loss: String) -> Tensor? {
  guard !(0...1 ~= smoothing) else { return nil }
  return Tensor(
    .failed(GraphError(.argument, loss, "label smoothing \(smoothing) must lie in 0…1")))
}
