import Apus

/// The examples that a model is measured on, as the command line names them.
struct MeasuredExamples {
  let examples: Examples
  /// Those of the test set; nil where there is none and all count.
  let rows: [Int]?
  /// What a person should know.
  let notes: [String]

  /// Reads the examples.
  init(_ path: String?, _ options: Options, for problem: Problem, _ reporter: Reporter) throws {
    let source = try Registry.standard.source(for: DataRequest(path, options: options))
    let taken = Set(type(of: source).options.map(\.name))
    if let other = options.values.keys.sorted().first(where: { !taken.contains($0) }) {
      throw Failure(.usage, "--\(other) says nothing about what a model is measured on: leave it out.")
    }
    examples = try source.read(for: problem, reporter)
    let tested = examples.parts.indices.filter { [parts = examples.parts] in parts[$0] == .test }
    rows = tested.isEmpty ? nil : tested
    notes =
      examples.notes + [
        tested.isEmpty
          ? "all examples count, as there is no test set: where the model was trained on some of them, the scores flatter"
          : "the \(tested.count) examples of the test set count"
      ]
  }
}
