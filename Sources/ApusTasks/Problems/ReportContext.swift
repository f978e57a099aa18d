import ApusTrain

/// What sections of a report may use of the model and the examples.
public struct ReportContext: Sendable {
  /// The examples that the evaluator was for.
  public let examples: Examples
  /// Who is told how it goes.
  public let reporter: Reporter
  private let show: @Sendable (_ row: Int) -> Exhibit
  private let explain: @Sendable (_ row: Int, _ output: Int) -> Explanation?
  private let run: @Sendable (_ rows: [Int], _ body: (Int, [Float]) throws -> Void) throws -> Void

  /// What sections of a report may use, by functions.
  /// - Parameters:
  ///   - examples: The examples that the evaluator was for.
  ///   - reporter: Who is told how it goes.
  ///   - show: What a report shows of an example.
  ///   - explain: What one of the model's outputs for an example came from.
  ///   - run: Runs the model over some examples.
  init(
    examples: Examples, reporter: Reporter, show: @escaping @Sendable (Int) -> Exhibit,
    explain: @escaping @Sendable (Int, Int) -> Explanation?,
    run: @escaping @Sendable ([Int], (Int, [Float]) throws -> Void) throws -> Void
  ) {
    self.examples = examples
    self.reporter = reporter
    self.show = show
    self.explain = explain
    self.run = run
  }

  /// What a report shows of an example.
  public func exhibit(_ row: Int) -> Exhibit { show(row) }

  /// What one of the model's outputs for an example came from; nil for models that do not explain themselves, and for
  /// examples that cannot be explained.
  public func explanation(_ row: Int, output: Int) -> Explanation? { explain(row, output) }

  /// Runs the model over some examples once more, for outputs too large to be kept.
  /// - Parameters:
  ///   - rows: The examples.
  ///   - body: Called with the place of each example and its outputs.
  /// - Throws: whatever `body` or the model throws.
  public func outputs(_ rows: [Int], _ body: (_ row: Int, _ output: [Float]) throws -> Void) throws {
    try run(rows, body)
  }
}
