import Apus

/// The loss of each batch, for the report's curve. A checkpoint keeps it, so that a resumed run draws the whole.
final class LossTrace: Callback {
  private(set) var losses: [Double] = []

  func afterBatch(_ context: TrainingContext) throws { losses.append(context.batchLoss) }

  func state() throws -> CallbackState {
    CallbackState(tensors: ["losses": Literal(losses, shape: [losses.count])])
  }

  func restore(_ state: CallbackState) throws { losses = state.tensors["losses"]?.doubles ?? [] }

  /// At most `count` means of neighbouring batches, with the step at which each ends.
  func means(_ count: Int) -> [(step: Int, loss: Double)] {
    let size = max(1, (losses.count + count - 1) / count)
    return stride(from: 0, to: losses.count, by: size).map { start in
      let part = losses[start..<min(start + size, losses.count)]
      return (start + part.count, part.reduce(0, +) / Double(part.count))
    }
  }

  /// `means` smoothed by an exponential mean that starts without a bias.
  func smoothed(_ count: Int, keeping share: Double = 0.8) -> [(step: Int, loss: Double)] {
    var sum = 0.0, weight = 0.0
    return means(count).filter(\.loss.isFinite).map { step, loss in
      sum = share * sum + (1 - share) * loss
      weight = share * weight + (1 - share)
      return (step, sum / weight)
    }
  }
}
