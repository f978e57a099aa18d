/// The sum of the gradients that arrive at one value, nil for none.
func accumulated(_ contributions: [Value]) -> Value? {
  guard let first = contributions.first else { return nil }
  if contributions.count > 1, let joined = joinedPieces(contributions) { return joined }
  return contributions.dropFirst().reduce(first, +)
}

/// The gradients of the pieces that a value was cut into are each padded with zeros to the whole. Where they
/// are exactly the pieces along one axis they are put side by side instead of being added.
private func joinedPieces(_ contributions: [Value]) -> Value? {
  var pieces: [(start: Int, value: Value)] = []
  var axis: Int?
  for contribution in contributions {
    guard case .pad(let low, let high, let interior) = contribution.node.op,
      let operands = contribution.node.pendingInputs, operands[1].isZeroConstant,
      interior.allSatisfy({ $0 == 0 }), low.allSatisfy({ $0 >= 0 }), high.allSatisfy({ $0 >= 0 })
    else { return nil }
    let padded = low.indices.filter { low[$0] != 0 || high[$0] != 0 }
    guard padded.count == 1, axis == nil || axis == padded[0] else { return nil }
    axis = padded[0]
    pieces.append((low[padded[0]], operands[0]))
  }
  guard let axis else { return nil }
  pieces.sort { $0.start < $1.start }
  var end = 0
  for piece in pieces {
    guard piece.start == end else { return nil }
    end += piece.value.shape[axis]
  }
  guard end == contributions[0].shape[axis] else { return nil }
  return .concatenate(pieces.map(\.value), axis: axis)
}

extension Value {
  /// Whether this is a known scalar zero.
  var isZeroConstant: Bool {
    rank == 0 && result.map { $0.doubles == [0] } == true
  }
}
