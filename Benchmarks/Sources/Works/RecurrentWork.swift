import Apus

extension Work {
  /// A long short-term memory over 100 steps, whose last state predicts a number.
  static let lstm = recurrent(batch: 64, time: 100, features: 64, units: 256)

  private static func recurrent(batch: Int, time: Int, features: Int, units: Int) -> Work {
    // Products with 4 · units columns over all steps: two with the inputs, whose own gradient nobody wants, and three
    // with the state.
    let column = 2 * Double(batch * time * 4 * units)
    return trainingStep(
      "lstm", "batch \(batch), \(time) steps, \(features) -> \(units), Adam: a training step",
      cost: Cost(operations: column * Double(2 * features + 3 * units)), loss: .meanSquaredError,
      inputs: { (try normal([batch, time, features]), try normal([batch, 1], stream: "targets")) },
      make: { _ in RecurrentRegressor(units: units) })
  }
}

private struct RecurrentRegressor: Layer {
  let recurrent: LSTM
  let head = Dense(1)

  init(units: Int) { recurrent = LSTM(units) }

  func callAsFunction(_ x: Tensor) -> Tensor { head(recurrent(x)) }
}
