import ApusGraph
import ApusTensor
import Synchronization

/// A metric at work: totals that the graph adds to, read when an epoch is over.
public final class MetricAccumulator: Sendable {
  /// What is measured.
  public let metric: Metric
  private let cells = Mutex<[Variable]>([])

  /// An accumulator with nothing in it.
  public init(_ metric: Metric) { self.metric = metric }

  /// The state, as cells; empty until the first batch.
  public var variables: [Variable] { cells.withLock { $0 } }

  /// Adds a batch. Inside `compile { }` the cells are updated in place at each run.
  /// - Parameters:
  ///   - prediction: The model's output as it is: logits where the loss takes logits.
  ///   - target: The targets as the loss gets them.
  ///   - weights: One weight a sample, `[batch]`; all 1 when nil.
  ///   - loss: The loss, which says what outputs and targets mean.
  public func update(
    prediction: Tensor, target: Tensor, weights: Tensor? = nil, loss: Loss? = nil
  ) {
    let totals = metric.totals(
      MetricInput(prediction: prediction, target: target, weights: weights, loss: loss))
    if let capacity = metric.capacity { return keep(totals, capacity: capacity) }
    let cells = made { totals.map(\.type) }
    for (cell, total) in zip(cells, totals) {
      cell.assign(Tensor(total.failure == nil ? cell.tensor.value + total : total))
    }
  }

  /// Puts rows behind those that are kept already.
  private func keep(_ rows: [Value], capacity: Int) {
    let count = TensorType(.float64, [])
    if let failed = rows.first(where: { $0.failure != nil }) {
      made { [count] }[0].assign(Tensor(failed))
      return
    }
    let (new, width) = (rows[0].shape[0], rows[0].shape[1])
    let places = max(1, capacity / max(1, width))
    let cells = made { [count] + rows.map { TensorType($0.dtype, [places, width]) } }
    // After an error there is nothing to put rows into.
    guard cells.count == rows.count + 1 else { return }
    guard new <= places else {
      cells[0].assign(Tensor(.failed(excess(Double(new * width), capacity: capacity))))
      return
    }
    let position = cells[0].tensor.value
    let starts = position.cast(.int32).reshaped([1]).padded(low: [0], high: [1])
    for (cell, row) in zip(cells.dropFirst(), rows) {
      cell.assign(Tensor(.apply(.dynamicUpdateSlice, [cell.tensor.value, row, starts])))
    }
    cells[0].assign(Tensor(position + Double(new)))
  }

  private func excess(_ count: Double, capacity: Int) -> GraphError {
    GraphError(
      .argument, metric.name, "\(Int(count)) scores came, \(capacity) can be kept",
      advice: "give it a larger capacity: .\(metric.name)(capacity: \(Int(count)))")
  }

  /// The cells, made of zeros at the first batch.
  private func made(_ types: () -> [TensorType]) -> [Variable] {
    cells.withLock { cells in
      if cells.isEmpty {
        cells = outsideTrace {
          types().map { Variable(Tensor.zeros($0.shape, dtype: $0.dtype), name: metric.name) }
        }
      }
      return cells
    }
  }

  /// Starts over.
  public func reset() {
    // Of rows that are kept the number alone says which count.
    let cells = metric.capacity == nil ? variables : Array(variables.prefix(1))
    for cell in cells { cell.assign(Tensor.zeros(cell.shape, dtype: cell.dtype)) }
  }

  /// The outcome of all batches since the last `reset`. NaN when there were none.
  /// - Throws: `GraphError` when a batch did not fit, or more came than can be kept.
  public func value() throws -> MetricValue {
    let cells = variables
    guard !cells.isEmpty else { return MetricValue(.nan) }
    let tensors = cells.map(\.tensor)
    try evaluate(tensors)
    let totals = try tensors.map { try $0.literal() }
    guard let capacity = metric.capacity else { return metric.value(totals.map(\.doubles)) }
    let count = Int(totals[0].doubles[0]), width = totals.count > 1 ? totals[1].shape[1] : 1
    guard count > 0 else { return MetricValue(.nan) }
    guard count <= totals[1].shape[0] else { throw excess(Double(count * width), capacity: capacity) }
    // Of what could be kept, no more is read than what there is.
    let kept = try totals.dropFirst().map { try $0.prefix(count).doubles }
    return metric.value(kept + [[Double(width)]])
  }

  /// Continues from the state that a checkpoint kept.
  public func restore(_ totals: [Literal]) {
    cells.withLock { cells in cells = totals.map { Variable(Tensor($0), name: metric.name) } }
  }
}
