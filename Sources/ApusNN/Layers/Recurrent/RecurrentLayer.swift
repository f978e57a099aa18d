import ApusGraph
import ApusTensor

/// A layer that walks along the time axis of `[batch, time, features]` and hands a state on from step to step.
///
/// Called on a tensor alone it gives the last state `[batch, units]`, or those of all steps
/// `[batch, time, units]` with `returnSequences`, as in Keras. `run` gives both, takes a mask and a state to begin
/// with, and tells the state at the end.
public protocol RecurrentLayer: Layer {
  /// Size of the state, the last axis of the result.
  var units: Int { get }
  /// Whether the result has the states of all steps.
  var returnSequences: Bool { get }
  /// Whether steps run from the last to the first; the result's steps then stand in the order of the run.
  var goBackwards: Bool { get }

  /// Runs over all steps.
  /// - Parameters:
  ///   - x: `[batch, time, features]`, at least one step.
  ///   - mask: `bool[batch, time]`: where false, a sequence keeps its state; `sequenceMask(lengths:time:)` makes
  ///     one. Steps left out at the beginning have the initial state, as in Keras on JAX; on TensorFlow and
  ///     PyTorch, Keras has zeros in their place. The states after them are the same on all.
  ///   - initialState: Parts of the state before the first step, `[batch, units]` each; zeros when nil.
  ///   - reverse: Whether steps run from the last to the first. The result's steps keep their places.
  /// - Returns: The states of all steps and the last one.
  func run(_ x: Tensor, mask: Tensor?, initialState: [Tensor]?, reverse: Bool) -> RecurrentResult
}

/// What a recurrent layer found.
public struct RecurrentResult: Sendable {
  /// The states of all steps, `[batch, time, units]`.
  public let sequence: Tensor
  /// The state after the last step of the run, `[batch, units]`.
  public let last: Tensor
  /// All parts of that state, to go on from: `[h]`, of an LSTM `[h, c]`.
  public let state: [Tensor]

  /// A result.
  public init(sequence: Tensor, last: Tensor, state: [Tensor]) {
    self.sequence = sequence
    self.last = last
    self.state = state
  }
}

extension RecurrentLayer {
  /// Runs over all steps, in the layer's own direction unless told another.
  public func run(
    _ x: Tensor, mask: Tensor? = nil, initialState: [Tensor]? = nil, reverse: Bool? = nil
  ) -> RecurrentResult {
    run(x, mask: mask, initialState: initialState, reverse: reverse ?? goBackwards)
  }

  /// `[batch, time, features]` → `[batch, units]`, with `returnSequences` `[batch, time, units]`.
  public func callAsFunction(_ x: Tensor) -> Tensor { callAsFunction(x, mask: nil) }

  /// The same with a mask `bool[batch, time]`.
  public func callAsFunction(_ x: Tensor, mask: Tensor?) -> Tensor {
    let result = run(x, mask: mask)
    guard returnSequences else { return result.last }
    return goBackwards ? result.sequence.flipped(axis: 1) : result.sequence
  }
}

/// A mask `bool[batch, time]` that is true for the first steps of each sequence.
///
/// A length below 0 or above `time` stops the evaluation with an error.
/// - Parameters:
///   - lengths: Whole numbers `[batch]` in 0…time.
///   - time: Number of steps of the longest sequence.
/// - Returns: `bool[batch, time]`
public func sequenceMask(lengths: Tensor, time: Int) -> Tensor {
  if lengths.failure != nil { return lengths }
  guard lengths.rank == 1, lengths.dtype.isInteger, 0..<Shape.elementLimit ~= time else {
    return Tensor(
      .failed(
        GraphError(
          .shape, "sequenceMask",
          "needs whole numbers [batch] and a time of at least 0, got \(lengths.value.type) and \(time)")))
  }
  let checked = lengths.value.required(.length, below: time + 1)
  let places = Value.iota([1, time], axis: 1, dtype: checked.dtype)
  return Tensor(places.compare(.less, checked.expanded(axis: 1)))
}
