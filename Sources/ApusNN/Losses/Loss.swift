import ApusGraph
import ApusTensor

/// A loss to minimize: a number for each sample from a prediction and a target.
///
/// Your own is one line, and may return a number for each sample, for each element, or one in all:
///
/// ```swift
/// let loss = Loss("cubic") { prediction, target in power(abs(prediction - target), 3) }
/// ```
public struct Loss: Sendable {
  /// What turns the model's output into what a person wants to see.
  public enum OutputActivation: String, Sendable {
    /// The output is the prediction.
    case none
    /// Logits of classes: softmax gives their probabilities.
    case softmax
    /// Logits of yes or no: sigmoid gives the probability of yes.
    case sigmoid
  }

  /// What a target looks like.
  public enum TargetKind: String, Sendable {
    /// Class indices, one a prediction's row.
    case indices
    /// A probability for each class, such as one-hot rows.
    case distribution
    /// Class indices or probabilities for each class; the targets' type says which.
    case indicesOrDistribution
    /// 0 or 1 for each output.
    case binary
    /// −1 or 1 for each output (0 counts as −1).
    case sign
    /// Numbers like the predictions.
    case values

    /// What targets of the given type look like.
    package func resolved(for dtype: DType) -> TargetKind {
      guard self == .indicesOrDistribution else { return self }
      return dtype.isInteger ? .indices : .distribution
    }
  }

  /// A function of prediction and target.
  public typealias Body = @Sendable (Tensor, Tensor) -> Tensor

  /// The name in histories.
  public let name: String
  /// What the loss applies to the model's output by itself.
  public let activation: OutputActivation
  /// What targets look like.
  public let targetKind: TargetKind
  /// A label that says that nothing is known, such as 255 on the edges of things: it counts nowhere.
  public let ignoredLabel: Int?
  private let body: Body

  /// A loss of your own. Shapes of prediction and target are the same when `body` sees them, but for a
  /// target of indices, and unless `checksShapes` is false.
  public init(
    _ name: String, activation: OutputActivation = .none, targetKind: TargetKind = .values,
    checksShapes: Bool = true, ignoredLabel: Int? = nil, _ body: @escaping Body
  ) {
    self.name = name
    self.activation = activation
    self.targetKind = targetKind
    self.ignoredLabel = ignoredLabel
    if checksShapes {
      self.body = { prediction, target in
        TargetCheck.aligned(prediction, target, kind: targetKind, loss: name).map(body)
      }
    } else {
      self.body = body
    }
  }

  /// The mean over the batch; with weights Σ weight · loss / number of samples, as in Keras.
  /// - Parameters:
  ///   - prediction: The model's output, `[batch, …]`.
  ///   - target: What it should be, as `targetKind` says.
  ///   - weights: One number a sample, `[batch]`.
  /// - Returns: A scalar.
  public func callAsFunction(_ prediction: Tensor, _ target: Tensor, weights: Tensor? = nil) -> Tensor {
    let losses = perSample(prediction, target)
    if losses.failure != nil { return losses }
    guard let weights else { return Tensor(losses.value.mean()) }
    return Tensor(weighted(losses, weights).mean())
  }

  /// The loss of each sample, `[batch]`: the mean over further axes. A loss that gives one number in all
  /// gives that.
  /// - Parameters:
  ///   - prediction: The model's output, `[batch, …]`.
  ///   - target: What it should be, as `targetKind` says.
  /// - Returns: `[batch]`, or a scalar.
  public func perSample(_ prediction: Tensor, _ target: Tensor) -> Tensor {
    let losses = body(prediction, target).value
    if losses.failure != nil || losses.rank < 2 { return Tensor(losses) }
    return Tensor(losses.mean(axes: Array(1..<losses.rank)))
  }

  /// The loss of each sample times its weight.
  func weighted(_ losses: Tensor, _ weights: Tensor) -> Value {
    let weights = weights.value.cast(losses.dtype)
    guard losses.rank == 1, weights.shape == losses.shape else {
      return .failed(
        GraphError(
          .shape, name,
          losses.rank == 0
            ? "gives one number for the whole batch, so samples cannot be weighted"
            : "expects one weight for each of the \(losses.shape[0]) samples, got weights of shape \(weights.shape)"
        ), type: losses.value.type)
    }
    return losses.value * weights
  }

  /// What the model's output means: probabilities where the loss takes logits, otherwise the output itself.
  public func decoded(_ output: Tensor) -> Tensor {
    switch activation {
    case .none: output
    case .softmax: softmax(output)
    case .sigmoid: sigmoid(output)
    }
  }
}

/// Brings targets and predictions into the same shape, or says why that cannot be.
enum TargetCheck {
  /// Prediction and target of the shapes that a loss or metric needs, or the error.
  enum Outcome {
    case fits(Tensor, Tensor)
    case fails(Tensor)

    func map(_ body: (Tensor, Tensor) -> Tensor) -> Tensor {
      switch self {
      case .fits(let prediction, let target): body(prediction, target)
      case .fails(let failed): failed
      }
    }
  }

  static func aligned(
    _ prediction: Tensor, _ target: Tensor, kind: Loss.TargetKind, loss: String
  ) -> Outcome {
    if prediction.failure != nil { return .fails(prediction) }
    if target.failure != nil { return .fails(target) }
    func fail(_ kind: GraphError.Kind, _ message: String, _ advice: String) -> Outcome {
      .fails(Tensor(.failed(GraphError(kind, loss, message, advice: advice), type: prediction.value.type)))
    }
    let kind = kind.resolved(for: target.dtype)
    if kind == .indices { return indices(prediction, target, fail) }
    var prediction = prediction.value, target = target.value
    if prediction.shape != target.shape {
      // (N) against (N, 1) would broadcast to (N, N) and train on the wrong number.
      if prediction.rank == target.rank + 1, prediction.shape.dimensions == target.shape.dimensions + [1] {
        prediction = prediction.reshaped(target.shape)
      } else if target.rank == prediction.rank + 1,
        target.shape.dimensions == prediction.shape.dimensions + [1]
      {
        target = target.reshaped(prediction.shape)
      } else {
        let looksLikeIndices = kind == .distribution && target.rank == prediction.rank - 1
        return fail(
          .shape,
          "predictions of shape \(prediction.shape) need targets of the same shape, got \(target.shape)",
          looksLikeIndices
            ? "targets look like class indices: use .crossEntropy, or target.oneHot(classes:)" : "")
      }
    }
    return .fits(Tensor(prediction), Tensor(target.cast(prediction.dtype)))
  }

  private static func indices(
    _ prediction: Tensor, _ target: Tensor, _ fail: (GraphError.Kind, String, String) -> Outcome
  ) -> Outcome {
    guard prediction.rank >= 1 else {
      return fail(.shape, "predictions must be [batch, classes], got a scalar", "")
    }
    let rows = Shape(Array(prediction.shape.dimensions.dropLast()))
    let classes = prediction.shape[prediction.rank - 1]
    var labels = target.value
    guard labels.shape == rows || labels.shape.dimensions == rows.dimensions + [1] else {
      let isOneHot = labels.shape == prediction.shape
      return fail(
        .shape,
        "logits of shape \(prediction.shape) need class indices of shape \(rows), got \(labels.shape)",
        isOneHot || (labels.rank == prediction.rank && labels.dtype.isFloating)
          ? "targets look one-hot: use .categoricalCrossEntropy (.mixedCrossEntropy with MixUp or CutMix), or pass target.argmax(axis: -1)"
          : "")
    }
    guard labels.dtype.isInteger else {
      return fail(
        .dtype, "class indices must be whole numbers, got \(labels.dtype)",
        "convert with .cast(to: .int32), or use another loss if these are values")
    }
    guard classes >= 2 else {
      return fail(
        .shape, "one output a row cannot tell classes apart: logits have shape \(prediction.shape)",
        "use .binaryCrossEntropy, or as many outputs as classes")
    }
    labels = labels.reshaped(rows)
    if labels.dtype != .int64 { labels = labels.cast(.int32) }
    return .fits(prediction, Tensor(labels))
  }
}
