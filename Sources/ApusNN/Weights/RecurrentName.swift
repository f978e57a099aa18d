import ApusGraph
import ApusTensor

/// PyTorch's name of a recurrent layer's tensor: `encoder.weight_ih_l0_reverse`.
struct RecurrentName {
  /// What the tensor is multiplied with or added to.
  enum Role: String {
    case inputKernel = "weight_ih"
    case stateKernel = "weight_hh"
    case inputBias = "bias_ih"
    case stateBias = "bias_hh"
  }

  /// The dotted path of the layer, "" for the model itself.
  let path: String
  let role: Role
  /// Which of the layers on top of each other.
  let level: Int
  /// Whether it belongs to the layer that walks backward.
  let isReverse: Bool

  init?(_ name: String) {
    var parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard var last = parts.popLast() else { return nil }
    isReverse = last.hasSuffix("_reverse")
    if isReverse { last.removeLast("_reverse".count) }
    let words = last.split(separator: "_")
    guard words.count == 3, words[2].first == "l", let level = Int(words[2].dropFirst()),
      let role = Role(rawValue: "\(words[0])_\(words[1])")
    else { return nil }
    self.role = role
    self.level = level
    path = parts.joined(separator: ".")
  }

  /// The paths that the layer here may have: the layer itself, an array of layers, and either in a `Bidirectional`.
  var ownPaths: [String] {
    let direction = isReverse ? "backward" : "forward"
    let levels = level == 0 ? [path, joined(path, "0")] : [joined(path, String(level))]
    return levels.flatMap { isReverse ? [joined($0, direction)] : [$0, joined($0, direction)] }
  }

  private func joined(_ path: String, _ part: String) -> String { path.isEmpty ? part : "\(path).\(part)" }
}

/// The four tensors of PyTorch's recurrent layers, brought to the gates' order and the biases of the layers here.
struct RecurrentParts {
  var tensors: [RecurrentName.Role: Literal] = [:]
  var names: [String] = []

  /// Kernel, recurrent kernel and bias of a layer here, by their names; nil where the tensors do not fit each other.
  func converted(for layer: any Module) -> [String: Tensor]? {
    let order: [Int]
    switch layer {
    case is LSTM: order = [0, 1, 2, 3]
    // Ours are update, reset, proposal; PyTorch's reset, update, proposal.
    case is GRU: order = [1, 0, 2]
    case is SimpleRNN: order = [0]
    default: return nil
    }
    guard let input = tensors[.inputKernel], let state = tensors[.stateKernel], input.shape.rank == 2,
      state.shape.rank == 2, input.shape[0] == state.shape[0], input.shape[0] % order.count == 0
    else { return nil }
    let rows = input.shape[0], units = rows / order.count
    func ordered(_ literal: Literal) -> Value {
      let value = Value.constant(literal)
      return .concatenate(
        order.map { value.slice(axis: 0, $0 * units..<($0 + 1) * units) }, axis: 0)
    }
    var result = [
      "kernel": Tensor(ordered(input).transposed([1, 0])),
      "recurrentKernel": Tensor(ordered(state).transposed([1, 0])),
    ]
    if let first = tensors[.inputBias], let second = tensors[.stateBias], first.shape == [rows],
      second.shape == [rows]
    {
      let (own, stateOwn) = (ordered(first), ordered(second))
      result["bias"] = Tensor(
        (layer as? GRU)?.resetAfter == true
          ? .concatenate([own.expanded(axis: 0), stateOwn.expanded(axis: 0)], axis: 0) : own + stateOwn)
    }
    return result
  }
}
