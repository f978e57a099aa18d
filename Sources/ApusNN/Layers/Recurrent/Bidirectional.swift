import ApusGraph
import ApusTensor

/// Two recurrent layers over the same steps, one in each direction. Schuster and Paliwal, 1997.
///
///     Bidirectional { LSTM(64, returnSequences: true) }
///
/// `[batch, time, features]` → `[batch, 2 · units]`, with `returnSequences` `[batch, time, 2 · units]`.
public struct Bidirectional: Layer {
  /// How the two results become one.
  public enum Merge: Sendable {
    /// Side by side, forward first.
    case concatenate
    /// Added.
    case sum
    /// Half of that.
    case average
    /// Multiplied.
    case multiply
  }

  /// The layer that runs from the first step to the last.
  public let forward: any RecurrentLayer
  /// The layer that runs from the last step to the first.
  public let backward: any RecurrentLayer
  /// How the two results become one.
  public let merge: Merge

  /// Two layers made alike.
  public init(merge: Merge = .concatenate, _ make: () -> any RecurrentLayer) {
    self.init(forward: make(), backward: make(), merge: merge)
  }

  /// Two layers with the same units; the directions that they have of their own do not matter.
  public init(forward: any RecurrentLayer, backward: any RecurrentLayer, merge: Merge = .concatenate) {
    self.forward = forward
    self.backward = backward
    self.merge = merge
  }

  /// `[batch, time, features]` → `[batch, 2 · units]`, with `returnSequences` `[batch, time, 2 · units]`.
  public func callAsFunction(_ x: Tensor) -> Tensor { callAsFunction(x, mask: nil) }

  /// The same with a mask `bool[batch, time]`.
  public func callAsFunction(_ x: Tensor, mask: Tensor?) -> Tensor {
    guard forward.returnSequences == backward.returnSequences else {
      return Tensor(
        .failed(
          GraphError(
            .argument, "Bidirectional",
            "one of its layers returns sequences and the other the last state", advice: "make both alike")))
    }
    let ahead = forward.run(x, mask: mask, initialState: nil, reverse: false)
    let back = backward.run(x, mask: mask, initialState: nil, reverse: true)
    return forward.returnSequences
      ? merged(ahead.sequence, back.sequence) : merged(ahead.last, back.last)
  }

  private func merged(_ ahead: Tensor, _ back: Tensor) -> Tensor {
    switch merge {
    case .concatenate: concatenated([ahead, back], axis: -1)
    case .sum: ahead + back
    case .average: (ahead + back) * 0.5
    case .multiply: ahead * back
    }
  }
}
