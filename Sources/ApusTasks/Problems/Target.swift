import ApusGraph
import ApusNN
import ApusReport
import ApusTrain

/// What is predicted: one of several classes, labels, numbers, a class for each pixel. Everything that depends on it is
/// here: loss, metrics, the meaning of outputs, scores, and its sections of the report.
public protocol Target: Codable, Sendable {
  /// The name in files, such as `classification`.
  static var kind: String { get }
  /// What a person names it by: `--task NAME`.
  static var tasks: [String] { get }

  /// The target that the columns of examples mean.
  ///
  /// - Parameters:
  ///   - examples: The examples.
  ///   - rows: Those that may be looked at, which are not in the test set.
  ///   - task: What the person asked for, one of `tasks` of some target; nil leaves it to the columns.
  /// - Returns: The target and the reason for it, in words; nil where the columns mean another.
  /// - Throws: `DataError` where the columns cannot be what the person asked for.
  static func propose(
    _ examples: Examples, rows: [Int], task: String?
  ) throws -> (target: Self, reason: String)?

  /// Takes what it needs from training examples: means, and nothing of other parts.
  mutating func fit(_ examples: Examples, rows: [Int]) throws

  /// Numbers that a network puts out for one example.
  var outputCount: Int { get }
  /// What the outputs are called.
  var names: [String] { get }
  /// The loss of a network's outputs.
  var loss: Loss { get }
  /// What is measured beside it while training; the first is the primary one.
  var metrics: [Metric] { get }

  /// Looks at what there is to learn: too few examples, classes that are missing from a part, columns of one value.
  /// - Returns: What a person should know.
  /// - Throws: `DataError` where nothing can be learned.
  func check(_ examples: Examples, parts: [Part: [Int]]) throws -> [String]

  /// The right output for one example, as the loss takes it; nil where the example has none that is known.
  func encode(_ examples: Examples, row: Int) throws -> Literal?

  /// The stratum of each example for splits in proportion; nil draws from all alike.
  func strata(_ examples: Examples) -> [Int]?

  /// What the outputs for an example mean.
  /// - Throws: `FileError` where the example must be looked at again and cannot be read.
  func prediction(_ output: [Float], for examples: Examples, row: Int) throws -> Prediction

  /// Gathers outputs for examples whose right ones are known.
  func evaluator(for examples: Examples) -> any Evaluator

  /// Takes what makes predictions from outputs better and depends on validation examples: a temperature, thresholds.
  mutating func calibrate(_ evaluator: any Evaluator) throws

  /// The sections of a report on what was gathered.
  func sections(_ evaluator: any Evaluator, _ context: ReportContext) throws -> [Report.Section]

  /// The classes of which each example is one; nil for other targets.
  var classNames: [String]? { get }

  /// What one output is called: `class`, `label`, `target`.
  static var outputNoun: String { get }

  /// What a person who uses the model has to know, a sentence each, for reports.
  /// - Parameter noun: What one example is called, such as `image`.
  /// - Returns: The sentences; none where there is nothing to say.
  func limitations(_ noun: String) -> [String]

  /// The task in a few words, such as "classification into cats and dogs".
  var summary: String { get }

  /// Names and values about it, for summaries and reports.
  var facts: [Report.Fact] { get }
}

extension Target {
  /// None.
  public var classNames: [String]? { nil }
  /// `output`.
  public static var outputNoun: String { "output" }
  /// None.
  public func limitations(_ noun: String) -> [String] { [] }
  /// Draws from all alike.
  public func strata(_ examples: Examples) -> [Int]? { nil }
  /// Needs nothing.
  public mutating func fit(_ examples: Examples, rows: [Int]) throws {}
  /// Needs nothing.
  public mutating func calibrate(_ evaluator: any Evaluator) throws {}
}

/// Gathers a model's outputs for examples whose right ones are known, one by one, so that outputs as large as masks are
/// never all in memory.
public protocol Evaluator: Sendable {
  /// Takes the output for an example.
  /// - Parameters:
  ///   - row: The place among the evaluator's examples, in ascending order.
  ///   - output: The network's numbers for it.
  /// - Throws: `DataError` or `FileError` where the right output cannot be read.
  mutating func add(row: Int, output: [Float]) throws

  /// Number of examples that were taken.
  var count: Int { get }

  /// What models are compared by: the mean loss; smaller is better.
  var loss: Double { get }

  /// The loss of each example that was taken, in their order; their mean is `loss`.
  var losses: [Double] { get }

  /// The places of the examples that were taken, in ascending order.
  var rows: [Int] { get }

  /// The scores.
  /// - Throws: `DataError` where nothing was taken.
  func evaluation() throws -> Evaluation
}
