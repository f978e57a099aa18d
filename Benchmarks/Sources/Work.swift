import Apus

/// Something to be timed: made once, then run again and again.
struct Work: Sendable {
  /// The row's name in the table.
  let name: String
  /// What one run does, in words.
  let summary: String
  /// What one run cannot do without.
  let cost: @Sendable () throws -> Cost
  /// Makes the thing, the same every time.
  let prepare: @Sendable (Purpose) throws -> Prepared

  init(
    name: String, summary: String, cost: @autoclosure @escaping @Sendable () throws -> Cost,
    prepare: @escaping @Sendable (Purpose) throws -> Prepared
  ) {
    self.name = name
    self.summary = summary
    self.cost = cost
    self.prepare = prepare
  }

  /// The least that one run costs, from which the driver reckons its limit on the machine.
  struct Cost: Sendable {
    /// Floating-point operations of products and convolutions.
    var operations = 0.0
    /// Bytes that have to come from or go to main memory: those of arrays that no cache holds until the next run.
    var bytes = 0.0
  }

  /// What a work is made for.
  enum Purpose {
    /// To be timed.
    case timing
    /// To be compared with its peers, number by number: nothing in it may be random.
    case checking
  }

  /// A work that is ready to run.
  struct Prepared {
    /// What peers must start from to come to the same numbers: parameters by their paths, inputs as `input.NAME`.
    /// To be asked for before the first run.
    let tensors: () throws -> [String: Literal]
    /// Runs once and gives what a user would read back: the loss of a training step, the result of inference.
    let run: () throws -> Literal
  }

  /// Every row, in the order of the tables.
  static let all: [Work] =
    [mlp, tinyMLP, cnn] + resNet
    + [lstm, gptTrain, gpt2Infer, gpt2Decode, layerNormGELU, adam, loader, matmul] + images + vision
}
