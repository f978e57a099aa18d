import ApusData
import ApusGraph
import ApusNN
import ApusReport
import ApusTasks
import ApusTensor
import ApusTrain

extension Registry {
  /// Texts: folders and columns of them, word numbers and TF-IDF, a network and a linear model.
  public static let texts = Registry(
    sources: [TextFolder.self, TextTable.self], inputs: [TFIDFInput.self, TextInput.self],
    recipes: [LinearText.self, TextNetworkTraining.self],
    networks: [LinearTextNetwork.self, TextNetwork.self])
}

/// One dense layer of TF-IDF weights.
public struct LinearTextNetwork: NetworkBlueprint, Equatable {
  /// The name in files.
  public static let kind = "text-linear"

  /// The only one.
  public init() {}

  /// Makes the layer.
  /// - Throws: `DataError` for problems that are not TF-IDF weights with a target.
  public func network(for problem: Problem) throws -> Network {
    guard problem.input is TFIDFInput, let target = problem.target else {
      throw DataError(.setting, "a network of kind \(Self.kind) takes TF-IDF weights and predicts a target")
    }
    return Network(Dense(target.outputCount, kernelInitializer: .zeros))
  }

  /// The network in a few words.
  public var summary: String { "a linear model of TF-IDF weights" }
}

/// Fits a linear model of TF-IDF weights until it converges: multinomial logistic regression for classes, and the like
/// for other targets, by their loss. The strength of L2 regularization is the one with the smallest validation loss.
public struct LinearText: Recipe, Equatable {
  /// The name in files and results.
  public static let kind = "text-linear"
  /// What `apus fit` takes for it.
  public static let options = [vocabularyOption]

  static let vocabularyOption = OptionDescription(
    "vocabulary", "count", "Texts: words and pairs of words that count at most. (default: 20000)")

  /// The number of terms at most.
  public var vocabularyLimit: Int
  /// The inverse strengths of regularization that are tried, in ascending order: scikit-learn's `C`. Trying ends at the
  /// second that is worse than the best.
  public var strengths = [0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000]

  /// The recipe with a number of terms at most.
  public init(vocabularyLimit: Int = 20_000) { self.vocabularyLimit = vocabularyLimit }

  static func fits(_ data: TaskData) -> Bool {
    data.examples.modality == WordTokens.modality && data.examples.inputs.count == 1
      && (data.target.map { $0.names.count == $0.outputCount } ?? false)
  }

  static func vocabularyLimit(_ options: Options) throws -> Int {
    try options.integer("vocabulary", in: 1...1_000_000) ?? 20_000
  }

  /// Fits any target whose outputs are numbers, from texts.
  public static func propose(_ data: TaskData, _ options: Options) throws -> [LinearText] {
    fits(data) ? [LinearText(vocabularyLimit: try vocabularyLimit(options))] : []
  }

  /// What it does.
  public var summary: String { "A linear model of TF-IDF weights, fitted with L2 regularization" }
  /// Seconds for some thousands of texts.
  public var isQuick: Bool { true }

  /// Fits the model for each strength. Resumed, it starts anew and ends with the same bits: nothing in it is random.
  public func fit(_ data: TaskData, _ context: RunContext) async throws -> Fitted {
    let clock = ContinuousClock()
    let start = clock.now
    let input = try TFIDFInput(
      fitting: data.examples, rows: data.rows(.training), vocabularyLimit: vocabularyLimit)
    let model = try NetworkModel(
      LinearTextNetwork(), for: Problem(input: input, target: data.target),
      origin: ModelOrigin(data, recipe: summary), seed: context.seed)
    let target = try data.target.required()
    let training = try SparseTexts(input, target, data, .training)
    let validation = try SparseTexts(input, target, data, .validation)
    let objective = LinearObjective(
      termCount: input.terms.count, outputCount: target.outputCount, loss: target.loss)
    // Strongest first: each solution is a good start for the next.
    var point = [Double](repeating: 0, count: objective.parameterCount)
    var best: (point: [Double], strength: Double, loss: Double)?
    var worse = 0
    for strength in strengths where worse < 2 {
      point = try objective.minimized(from: point, on: training, strength: strength)
      let loss = try objective.loss(at: point, on: validation)
      context.reporter.say("C = \(Format.number(strength)): validation loss \(Format.number(loss))")
      guard loss < best?.loss ?? .infinity else {
        worse += 1
        continue
      }
      worse = 0
      best = (point, strength, loss)
      try model.network.module.load(named: objective.tensors(point))
      try context.keep(model, loss: loss, measure: "validation loss")
    }
    guard let best else {
      throw TrainingError(.notFinite, "the validation loss of the linear model is no number")
    }
    try model.network.module.load(named: objective.tensors(best.point))
    return Fitted(
      model: model,
      phases: [
        TrainingPhase("C = \(Format.number(best.strength))", seconds: (clock.now - start) / .seconds(1))
      ])
  }
}

extension (any Target)? {
  fileprivate func required() throws -> any Target {
    guard let self else { throw DataError(.setting, "a linear model needs a target") }
    return self
  }
}

/// The TF-IDF weights of some texts, without their zeros, and their targets.
struct SparseTexts {
  /// Where the weights of each text begin, and the end of the last.
  private(set) var starts = [0]
  /// The terms of all weights.
  private(set) var terms: [Int32] = []
  /// All weights.
  private(set) var weights: [Float] = []
  /// The targets as the loss takes them, `[texts, …]`.
  let targets: Literal

  /// Number of texts.
  var count: Int { starts.count - 1 }

  init(_ input: TFIDFInput, _ target: any Target, _ data: TaskData, _ part: Part) throws {
    let rows = data.rows(part)
    // Only targets: the features of samples are empty.
    let samples = try rows.map { row in
      Sample(features: [], target: try target.encode(data.examples, row: row), id: row)
    }
    guard let targets = try Batch(collating: samples).targets else {
      throw DataError(.empty, "no example of the \(part.rawValue) set has a target")
    }
    self.targets = targets
    try data.examples.forEachWords(of: rows) { _, words in
      for (term, weight) in input.weights(words) {
        terms.append(Int32(term))
        weights.append(weight)
      }
      starts.append(terms.count)
    }
  }
}

/// The mean loss of a linear model of sparse features, with L2 regularization of its weights but not of its bias.
///
/// A point is the kernel `[terms, outputs]` and the bias `[outputs]`, one after the other.
final class LinearObjective {
  private let termCount: Int
  private let outputCount: Int
  /// Outputs and targets → the mean loss, and its gradient for the outputs.
  private let program: CompiledFunction

  init(termCount: Int, outputCount: Int, loss: Loss) {
    (self.termCount, self.outputCount) = (termCount, outputCount)
    program = CompiledFunction { inputs in
      let result = valueAndGradient(at: inputs[0]) { loss($0, inputs[1]) }
      return [result.value, result.gradient]
    }
  }

  var parameterCount: Int { (termCount + 1) * outputCount }

  /// A point as the parameters of a dense layer.
  func tensors(_ point: [Double]) -> [String: Literal] {
    let kernel = termCount * outputCount
    return [
      "kernel": Literal(point[..<kernel].map { Float($0) }, shape: [termCount, outputCount]),
      "bias": Literal(point[kernel...].map { Float($0) }, shape: [outputCount]),
    ]
  }

  /// The point with the smallest loss, by L-BFGS.
  /// - Parameters:
  ///   - start: The parameters to begin with.
  ///   - texts: The texts.
  ///   - strength: The inverse strength of regularization, as scikit-learn's `C`: what is minimized is the mean
  ///     loss + |kernel|² / (2 · C · texts).
  /// - Throws: `CancellationError` in a cancelled task; `GraphError` where shapes do not fit.
  /// - Returns: The parameters and their loss.
  func minimized(from start: [Double], on texts: SparseTexts, strength: Double) throws -> [Double] {
    let penalty = 1 / (strength * Double(max(1, texts.count)))
    let kernel = termCount * outputCount
    // The loss is computed in single precision: smaller gradients are rounding.
    let minimizer = LBFGS(
      iterations: 500, evaluations: .max, memory: 10, gradientTolerance: 1e-6, changeTolerance: 1e-9)
    return try minimizer.minimize(
      from: start,
      progress: { _, _ in
        try Task.checkCancellation()
        return true
      }
    ) { point in
      let (loss, slopes) = try lossAndSlopes(at: point, on: texts)
      var gradient = gradient(slopes, texts)
      var squares = 0.0
      point.withUnsafeBufferPointer { point in
        gradient.withUnsafeMutableBufferPointer { gradient in
          for place in 0..<kernel {
            squares += point[place] * point[place]
            gradient[place] += penalty * point[place]
          }
        }
      }
      return (loss + penalty / 2 * squares, gradient)
    }.point
  }

  /// The mean loss without regularization.
  func loss(at point: [Double], on texts: SparseTexts) throws -> Double {
    try lossAndSlopes(at: point, on: texts).loss
  }

  /// The mean loss, and its gradient for the outputs of each text.
  private func lossAndSlopes(at point: [Double], on texts: SparseTexts) throws -> (
    loss: Double, slopes: [Float]
  ) {
    let outputs = outputs(at: point, texts)
    let result = try program([Literal(outputs, shape: [texts.count, outputCount]), texts.targets])
    return (result[0].doubles[0], result[1].withUnsafeBytes { Array($0.bindMemory(to: Float.self)) })
  }

  /// The outputs for each text, one text after the other.
  private func outputs(at point: [Double], _ texts: SparseTexts) -> [Float] {
    let (width, kernel) = (outputCount, termCount * outputCount)
    return [Float](unsafeUninitializedCapacity: texts.count * width) { outputs, count in
      count = texts.count * width
      point.withUnsafeBufferPointer { point in
        texts.terms.withUnsafeBufferPointer { terms in
          texts.weights.withUnsafeBufferPointer { weights in
            var sums = [Double](repeating: 0, count: width)
            for text in 0..<texts.count {
              for output in 0..<width { sums[output] = point[kernel + output] }
              for place in texts.starts[text]..<texts.starts[text + 1] {
                let (row, weight) = (Int(terms[place]) * width, Double(weights[place]))
                for output in 0..<width { sums[output] += weight * point[row + output] }
              }
              for output in 0..<width { outputs[text * width + output] = Float(sums[output]) }
            }
          }
        }
      }
    }
  }

  /// The gradient at the point that outputs were computed at, by their gradient.
  private func gradient(_ slopes: [Float], _ texts: SparseTexts) -> [Double] {
    let (width, kernel) = (outputCount, termCount * outputCount)
    var gradient = [Double](repeating: 0, count: parameterCount)
    gradient.withUnsafeMutableBufferPointer { gradient in
      slopes.withUnsafeBufferPointer { slopes in
        texts.terms.withUnsafeBufferPointer { terms in
          texts.weights.withUnsafeBufferPointer { weights in
            for text in 0..<texts.count {
              let slope = text * width
              for output in 0..<width { gradient[kernel + output] += Double(slopes[slope + output]) }
              for place in texts.starts[text]..<texts.starts[text + 1] {
                let (row, weight) = (Int(terms[place]) * width, Double(weights[place]))
                for output in 0..<width { gradient[row + output] += weight * Double(slopes[slope + output]) }
              }
            }
          }
        }
      }
    }
    return gradient
  }
}
