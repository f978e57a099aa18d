import ApusGraph
import ApusTensor

/// The keys and values of the positions that a sequence has so far, so that a further position costs one step
/// instead of all. Inside a compiled function it is updated in place.
///
/// Not a part of a model: one is made for each attention layer and each sequence that is being generated.
public final class KeyValueCache: Sendable {
  /// The most positions that it holds.
  public let capacity: Int
  /// Keys and values, `[batch, capacity, heads, size]`.
  public let keys: Variable, values: Variable
  /// What is wrong with the sizes that were asked for; thrown at the first use.
  private let problem: String?

  /// An empty cache.
  /// - Parameters:
  ///   - batch: Number of sequences.
  ///   - capacity: The most positions that it holds; more stop the evaluation with an error.
  ///   - heads: Number of heads of the keys and values.
  ///   - size: Size of one head.
  public init(batch: Int = 1, capacity: Int, heads: Int, size: Int) {
    self.capacity = capacity
    problem = ArgumentCheck.firstProblem([
      ArgumentCheck.isCount(batch, "batch"), ArgumentCheck.isCount(capacity, "capacity"),
      ArgumentCheck.isCount(heads, "number of heads"), ArgumentCheck.isCount(size, "size"),
    ])
    let shape: Shape = problem == nil ? [batch, capacity, heads, size] : [0, 0, 0, 0]
    func cell(_ name: String) -> Variable {
      Variable(Tensor.zeros(shape), name: "cache." + name)
    }
    keys = cell("keys")
    values = cell("values")
  }

  /// Puts the keys and values of new positions, `[batch, new, heads, size]`, behind the `position` ones that are
  /// there.
  /// - Returns: All keys and values; those beyond `position + new` mean nothing.
  func append(
    _ newKeys: Tensor, _ newValues: Tensor, at position: Tensor
  ) throws(GraphError) -> (keys: Tensor, values: Tensor) {
    if let problem { throw GraphError(.argument, "cache", problem) }
    let expected = keys.shape, new = newKeys.shape
    guard new[0] == expected[0], new[1] <= capacity, new[2] == expected[2], new[3] == expected[3] else {
      throw GraphError(
        .shape, "cache", "a cache of \(expected) cannot take keys of \(new)",
        advice: "axes are [batch, positions, heads, size]")
    }
    guard position.rank == 0, position.dtype.isInteger else {
      throw GraphError(
        .shape, "cache", "the position must be a whole number, got \(position.value.type)")
    }
    // Looked up among the places where the new positions have room, so that others are found.
    let place = Value.iota([capacity - new[1] + 1], axis: 0, dtype: .int32)
      .gather(position.value.cast(.int32).reshaped([1]), axis: 0, mode: .checked)
    let starts = place.padded(low: [1], high: [2])
    for (cell, value) in [(keys, newKeys), (values, newValues)] {
      cell.assign(
        Tensor(.apply(.dynamicUpdateSlice, [cell.tensor.value, value.value.cast(.float32), starts])))
    }
    return (keys.tensor, values.tensor)
  }
}
