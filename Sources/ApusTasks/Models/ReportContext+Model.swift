import ApusTrain

extension ReportContext {
  /// What sections of a report may use of a model.
  /// - Parameters:
  ///   - examples: The examples that the evaluator was for.
  ///   - model: The model.
  ///   - reporter: Who is told how it goes.
  public init(examples: Examples, model: any Predictor, reporter: Reporter = .silent) {
    self.init(
      examples: examples, reporter: reporter,
      show: { model.problem.input.exhibit(examples, row: $0) },
      explain: { row, output in
        (model as? any Explainable).flatMap { try? $0.explain(examples, row: row, output: output) }
      },
      run: { rows, body in try model.outputs(examples, rows: rows, progress: { _ in }, body) })
  }
}
