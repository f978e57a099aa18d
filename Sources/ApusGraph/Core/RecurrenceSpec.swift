/// A recurrent layer's loop over time, over inputs that were multiplied with their weights for all steps at once.
///
/// With p the projection of a step, U the recurrent kernel and h′, c′ the state before, gates side by side in the
/// order in which they are named (Keras's and PyTorch's):
///
/// | cell | formula |
/// | --- | --- |
/// | `simple` | h = tanh(p + h′U) |
/// | `gru` | z, r = σ(p + h′U + b), n = tanh(p + r (h′U + b)), h = z h′ + (1 − z) n |
/// | `lstm` | i, f, o = σ(p + h′U), g = tanh(p + h′U), c = f c′ + i g, h = o tanh(c) |
///
/// The operands of `Op.recurrence`: projection `[time, batch, gates · units]`, recurrent kernel
/// `[units, gates · units]`, initial state `[batch, units]`; the LSTM's initial cell `[batch, units]`; the GRU's
/// recurrent bias b `[3 · units]`; with a mask, `bool[time, batch]`: where it is false a row keeps its state.
///
/// The results: states `[time, batch, units]`, last state `[batch, units]`; of an LSTM also last cell, gates
/// `[time, batch, 4 · units]`, cells `[time, batch, units]`; of a GRU gates `[time, batch, 3 · units]` and
/// h′U + b of n `[time, batch, units]`. The gates and what follows are there for the gradient.
public struct RecurrenceSpec: Sendable, Hashable {
  /// What a step does with the state.
  public enum Cell: String, Sendable, Hashable, CaseIterable {
    /// One layer of tanh (Elman, 1990).
    case simple
    /// Gated recurrent unit (Cho et al., 2014), with the reset after the product.
    case gru
    /// Long short-term memory (Hochreiter and Schmidhuber, 1997; Gers et al., 2000).
    case lstm

    /// Number of vectors of `units` that a step's product gives.
    public var gateCount: Int {
      switch self {
      case .simple: 1
      case .gru: 3
      case .lstm: 4
      }
    }
  }

  /// What a step does with the state.
  public var cell: Cell
  /// Whether steps run from the last slice to the first. Results keep the slices' places.
  public var reverse: Bool
  /// Whether there is a mask.
  public var isMasked: Bool
  /// Whether one kernel does it all; set by `RecurrenceFusion`. Otherwise it becomes a scan.
  public var isFused = false

  /// A loop of one of the cells.
  public init(_ cell: Cell, reverse: Bool = false, isMasked: Bool = false) {
    self.cell = cell
    self.reverse = reverse
    self.isMasked = isMasked
  }

  /// The operand of `Op.recurrence` that is the LSTM's initial cell.
  public var initialCell: Int? { cell == .lstm ? 3 : nil }
  /// The GRU's recurrent bias.
  public var recurrentBias: Int? { cell == .gru ? 3 : nil }
  /// The mask.
  public var mask: Int? { isMasked ? (cell == .simple ? 3 : 4) : nil }
  var operandCount: Int { (cell == .simple ? 3 : 4) + (isMasked ? 1 : 0) }
  var resultCount: Int { cell == .simple ? 2 : cell == .gru ? 4 : 5 }
}

/// The gradient of a recurrence.
///
/// The operands of `Op.recurrenceGradient`: recurrent kernel; residuals, namely the states of a simple cell, the gates,
/// cells and initial cell of an LSTM, the gates, h′U + b of n, states and initial state of a GRU; the gradient of the last
/// state; the LSTM's of the last cell; the mask; the gradient of the states, if there is one.
///
/// The results: gradients of the projection and of the initial state; of an LSTM that of the initial cell; of a GRU that of
/// h′U + b of n `[time, batch, units]`. The recurrent kernel's is a product over all steps of these and the states.
public struct RecurrenceGradientSpec: Sendable, Hashable {
  /// The loop that is differentiated.
  public var forward: RecurrenceSpec
  /// Whether a gradient arrives at the states of all steps; otherwise only at the last.
  public var hasStateGradients: Bool

  /// The gradient of a loop.
  public init(_ forward: RecurrenceSpec, hasStateGradients: Bool) {
    self.forward = forward
    self.hasStateGradients = hasStateGradients
  }

  private var residualCount: Int {
    switch forward.cell {
    case .simple: 1
    case .gru: 4
    case .lstm: 3
    }
  }
  /// The operand of `Op.recurrenceGradient` that is the gradient of the last state.
  public var lastState: Int { 1 + residualCount }
  /// That of the LSTM's last cell.
  public var lastCell: Int? { forward.cell == .lstm ? lastState + 1 : nil }
  /// The mask.
  public var mask: Int? { forward.isMasked ? (lastCell ?? lastState) + 1 : nil }
  /// The gradient of the states of all steps.
  public var stateGradients: Int? { hasStateGradients ? (mask ?? lastCell ?? lastState) + 1 : nil }
  var operandCount: Int { (stateGradients ?? mask ?? lastCell ?? lastState) + 1 }
  var resultCount: Int { forward.cell == .simple ? 2 : 3 }
}
