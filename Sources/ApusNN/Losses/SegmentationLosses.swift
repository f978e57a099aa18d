import ApusGraph
import ApusTensor

// Losses of a class for each pixel: logits [batch, height, width, classes], labels [batch, height, width]. They serve
// one class a sample as well.
extension Loss {
  /// Cross-entropy of class indices where some places have no known class, and classes may count differently.
  ///
  /// The mean is Σ weight · loss / Σ weight over the places that count, as PyTorch has it.
  /// - Parameters:
  ///   - ignoredLabel: The label of places that do not count, such as 255; none when nil.
  ///   - classWeights: How much each class counts; all the same when nil.
  ///   - labelSmoothing: The part of the probability that is spread evenly over all classes, in 0…1.
  /// - Returns: A loss of logits.
  public static func crossEntropy(
    ignoring ignoredLabel: Int?, classWeights: [Double]? = nil, labelSmoothing: Double = 0
  ) -> Loss {
    perPlace("crossEntropy", ignoring: ignoredLabel, classWeights: classWeights) { logits, labels in
      softmaxCrossEntropy(logits: Tensor(logits), labels: Tensor(labels), labelSmoothing: labelSmoothing)
        .value
    }
  }

  /// Cross-entropy in which places that are right already count little: (1 − p)^gamma · −log p of the right class's
  /// probability p. Lin et al., arXiv:1708.02002.
  /// - Parameters:
  ///   - gamma: How little; 0 is cross-entropy, otherwise at least 1.
  ///   - ignoredLabel: The label of places that do not count; none when nil.
  ///   - classWeights: How much each class counts; all the same when nil.
  /// - Returns: A loss of logits.
  public static func focal(
    gamma: Double = 2, ignoring ignoredLabel: Int? = nil, classWeights: [Double]? = nil
  ) -> Loss {
    perPlace("focal", ignoring: ignoredLabel, classWeights: classWeights) { logits, labels in
      guard gamma == 0 || (gamma >= 1 && gamma.isFinite) else {
        return .failed(GraphError(.argument, "focal", "gamma \(gamma) must be 0 or at least 1"))
      }
      let entropy = softmaxCrossEntropy(logits: Tensor(logits), labels: Tensor(labels)).value
      guard entropy.failure == nil, gamma > 0 else { return entropy }
      let wrong = -((-entropy).unary(.expm1))
      return wrong.maximum(wrong.splat(0)).power(wrong.splat(gamma)) * entropy
    }
  }

  /// 1 − the overlap of predicted and true areas, class by class: 2 Σ p y / (Σ p + Σ y), which small classes weigh as
  /// much in as large ones. Milletari et al., arXiv:1606.04797.
  /// - Parameters:
  ///   - smoothing: Added above and below, so that classes that are nowhere cost little.
  ///   - ignoredLabel: The label of places that do not count; none when nil.
  /// - Returns: A loss of logits.
  public static func dice(smoothing: Double = 1, ignoring ignoredLabel: Int? = nil) -> Loss {
    overlap(
      "dice", falsePositives: 0.5, falseNegatives: 0.5, gamma: 1, smoothing: smoothing / 2,
      ignoring: ignoredLabel)
  }

  /// The Dice loss with false positives and false negatives of different cost, to a power: 1 − TP / (TP + a FP + b FN).
  /// Salehi et al., arXiv:1706.05721; with a `gamma` Abraham and Khan, arXiv:1810.07842.
  /// - Parameters:
  ///   - falsePositives: What the probability counts that lies outside of a class.
  ///   - falseNegatives: What a missing probability counts inside; larger finds more of small things.
  ///   - gamma: The power that 1 − overlap is taken to.
  ///   - smoothing: Added above and below, so that classes that are nowhere cost little.
  ///   - ignoredLabel: The label of places that do not count; none when nil.
  /// - Returns: A loss of logits.
  public static func tversky(
    falsePositives: Double = 0.3, falseNegatives: Double = 0.7, gamma: Double = 1, smoothing: Double = 1,
    ignoring ignoredLabel: Int? = nil
  ) -> Loss {
    overlap(
      "tversky", falsePositives: falsePositives, falseNegatives: falseNegatives, gamma: gamma,
      smoothing: smoothing, ignoring: ignoredLabel)
  }

  /// The weighted sum of losses that take the same outputs and targets: cross-entropy and Dice, say.
  ///
  /// - Parameter parts: Losses and how much each counts.
  /// - Returns: A loss of what the parts take.
  public static func sum(_ parts: [(loss: Loss, weight: Double)]) -> Loss {
    let first = parts.first?.loss
    let name = parts.map(\.loss.name).joined(separator: "+")
    return Loss(
      name, activation: first?.activation ?? .none, targetKind: first?.targetKind ?? .values,
      checksShapes: false,
      ignoredLabel: first?.ignoredLabel
    ) { prediction, target in
      guard let first,
        parts.allSatisfy({
          $0.loss.activation == first.activation && $0.loss.targetKind == first.targetKind
            && $0.loss.ignoredLabel == first.ignoredLabel
        })
      else {
        return Tensor(
          .failed(
            GraphError(
              .argument, "sum",
              "expects losses that take the same outputs and targets, and ignore the same label, got '\(name)'"
            )))
      }
      let terms = parts.map { $0.loss.perSample(prediction, target).value * $0.weight }
      return Tensor(terms.dropFirst().reduce(terms[0], +))
    }
  }

  /// A loss for each place, in proportion to what the place counts, so that the mean is Σ weight · loss / Σ weight.
  private static func perPlace(
    _ name: String, ignoring ignored: Int?, classWeights: [Double]?,
    _ body: @escaping @Sendable (_ logits: Value, _ labels: Value) -> Value
  ) -> Loss {
    Loss(name, activation: .softmax, targetKind: .indices, ignoredLabel: ignored) { logits, target in
      let x = logits.value
      let classes = x.shape[x.rank - 1]
      if let weights = classWeights {
        guard weights.count == classes, weights.allSatisfy({ $0 >= 0 && $0.isFinite }) else {
          return Tensor(
            .failed(
              GraphError(
                .argument, name, "expects a weight from 0 up for each of \(classes) classes, got \(weights)"))
          )
        }
      }
      let (labels, isKnown) = known(target.value, ignoring: ignored)
      let losses = body(x, labels)
      if losses.failure != nil { return Tensor(losses) }
      var weight: Value?
      if let weights = classWeights {
        let table = Value.constant(Literal(weights.map { Float($0) }, shape: [classes])).cast(losses.dtype)
        weight = table.gather(labels, axis: 0)
      }
      if let isKnown {
        let one = weight ?? losses.filled(1)
        weight = isKnown.select(one, one.splat(0))
      }
      guard let weight else { return Tensor(losses) }
      // A batch in which nothing is known has the loss 0.
      let mean = weight.mean()
      return Tensor(losses * (weight / mean.maximum(mean.splat(1e-12))))
    }
  }

  /// Labels that all are classes, and where they are known.
  private static func known(_ labels: Value, ignoring ignored: Int?) -> (labels: Value, isKnown: Value?) {
    guard let ignored else { return (labels, nil) }
    let isKnown = labels.compare(.notEqual, labels.splat(Double(ignored)))
    return (isKnown.select(labels, labels.splat(0)), isKnown)
  }

  private static func overlap(
    _ name: String, falsePositives: Double, falseNegatives: Double, gamma: Double, smoothing: Double,
    ignoring ignored: Int?
  ) -> Loss {
    Loss(name, activation: .softmax, targetKind: .indices, ignoredLabel: ignored) { logits, target in
      guard falsePositives >= 0, falseNegatives >= 0, gamma > 0, smoothing > 0 else {
        return Tensor(
          .failed(
            GraphError(.argument, name, "costs from 0 up, and a power and smoothing above 0 are expected")))
      }
      var p = softmax(logits).value
      guard p.failure == nil else { return Tensor(p) }
      guard p.rank >= 2 else {
        return Tensor(
          .failed(GraphError(.shape, name, "expects logits of a batch and its classes, got shape \(p.shape)"))
        )
      }
      let classes = p.shape[p.rank - 1]
      let (labels, isKnown) = known(target.value, ignoring: ignored)
      var y = labels.oneHot(depth: classes, dtype: p.dtype)
      if let isKnown {
        let mask = isKnown.broadcast(to: p.shape, axes: Array(0..<p.rank - 1))
        (p, y) = (mask.select(p, p.splat(0)), mask.select(y, y.splat(0)))
      }
      let places = Array(1..<p.rank - 1)
      let (hits, predicted, actual) = (
        (p * y).sum(axes: places), p.sum(axes: places), y.sum(axes: places)
      )
      let cost = (predicted - hits) * falsePositives + (actual - hits) * falseNegatives
      let rest = cost / (hits + cost + smoothing)
      // The root's slope at 0 is infinite: what is that near to perfect is left alone.
      return Tensor(gamma == 1 ? rest : rest.maximum(rest.splat(1e-7)).power(rest.splat(gamma)))
    }
  }
}
