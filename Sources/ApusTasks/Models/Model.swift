import ApusReport
import ApusTrain

/// What came of fitting a recipe, as it is saved and used. What it can do is told by the protocols that it conforms to:
/// `Predictor`, `Explainable`, `Embedder`, `Sampler`.
public protocol Model: Sendable {
  /// The name in files, such as `network`.
  static var kind: String { get }

  /// Reads a model.
  /// - Throws: `FileError` for packages that contradict themselves.
  init(_ package: ModelPackage, registry: any KindReader) throws

  /// Everything that it takes to read it again.
  func package() throws -> ModelPackage

  /// Where it came from.
  var origin: ModelOrigin { get set }
  /// Numbers that were fitted.
  var parameterCount: Int { get throws }
  /// Names and values about it, for summaries and reports.
  var facts: [Report.Fact] { get }
}

/// A model that predicts.
public protocol Predictor: Model {
  /// What it takes and predicts.
  var problem: Problem { get set }

  /// Runs over examples, one after the other, in any number.
  ///
  /// - Parameters:
  ///   - examples: The examples.
  ///   - rows: Which of them; all when nil.
  ///   - progress: Called now and then with the number of examples done.
  ///   - body: Called with the place of each example that can be read, and the outputs for it.
  /// - Returns: The examples that cannot be read, and why.
  /// - Throws: whatever `body` throws; `CancellationError` in a cancelled task.
  @discardableResult
  func outputs(
    _ examples: Examples, rows: [Int]?, progress: (Int) -> Void,
    _ body: (_ row: Int, _ output: [Float]) throws -> Void
  ) throws -> [Skipped]
}

/// A predictor that shows what in an example its outputs came from.
public protocol Explainable: Predictor {
  /// What in an example an output came from; nil for examples that cannot be shown.
  /// - Parameters:
  ///   - examples: The examples.
  ///   - row: The example.
  ///   - output: The output, such as a class.
  /// - Throws: errors that say why the example or the output cannot be explained.
  /// - Returns: The explanation; nil for examples that cannot be shown.
  func explain(_ examples: Examples, row: Int, output: Int) throws -> Explanation?
}

/// A model that makes vectors of examples, alike ones near one another.
public protocol Embedder: Model {
  /// The vector of each example that can be read, with its place, and the others.
  func embed(_ examples: Examples) throws -> (vectors: [(row: Int, vector: [Float])], skipped: [Skipped])
}

/// A model that makes new examples.
public protocol Sampler: Model {
  /// New examples; number `i` is the same however many are asked for.
  /// - Parameters:
  ///   - count: How many.
  ///   - prompt: What they begin with or are made from, where the model takes such.
  ///   - seed: What they depend on.
  /// - Throws: errors of the model.
  /// - Returns: The examples.
  func sample(_ count: Int, prompt: Examples?, seed: UInt64) throws -> [Prediction]
}

extension Model {
  /// What it can do, for messages.
  public var capabilities: [String] {
    [
      (self is any Predictor, "predict"), (self is any Explainable, "explain"),
      (self is any Embedder, "embed"),
      (self is any Sampler, "sample"),
    ].filter(\.0).map(\.1)
  }
}

extension Model {
  /// Writes the model into a folder, as `model.safetensors`; the file appears complete or not at all.
  /// - Parameter folder: The folder; it is made where it is missing.
  /// - Throws: `FileError` where it cannot be written.
  public func save(to folder: String) throws { try package().write(to: folder + "/" + ModelPackage.fileName) }
}
