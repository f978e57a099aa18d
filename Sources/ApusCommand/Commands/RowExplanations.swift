import Apus
import ApusReport

/// What each column of rows added to a model's predictions, for the terminal.
struct RowExplanations {
  private let model: any Explainable
  private let path: String
  /// The output that is explained; nil for the likeliest class, or the only number.
  private let output: Int?

  /// Rows that are explained unless one is named.
  private static let rowLimit = 10
  /// Columns that are listed for a row.
  private static let columnLimit = 12

  init(_ model: any Explainable, model path: String, className: String?) throws {
    (self.model, self.path) = (model, path)
    output = try className.map { name in
      let names = model.problem.target?.names ?? []
      guard let place = names.firstIndex(of: name) else {
        throw Failure(.usage, "The model has no class \"\(name)\". It has: \(Format.list(names, limit: 40)).")
      }
      return place
    }
  }

  /// Explains rows of tables and prints what came of it.
  func show(_ files: [String], row: Int?, asJSON: Bool) throws {
    let examples = try model.problem.input.examples(at: files)
    if let row, !(1...examples.count).contains(row) {
      throw Failure(.usage, "--row is from 1 to \(examples.count), \(row) came.")
    }
    let rows = row.map { [$0 - 1] } ?? Array(0..<min(Self.rowLimit, examples.count))
    var entries: [JSON] = [], lines = examples.notes.map { "note: \($0)" }
    try model.outputs(examples, rows: rows, progress: { _ in }) { row, numbers in
      let output = self.output ?? numbers.indices.reduce(0) { numbers[$1] > numbers[$0] ? $1 : $0 }
      guard let found = try model.explain(examples, row: row, output: output) else {
        throw Failure(
          .data,
          "The model in \(path) cannot be explained row by row: it keeps no training rows, or has too many columns."
        )
      }
      let name = model.problem.target?.names[output] ?? "\(output)"
      entries.append(
        .object([
          .init("row", .string(examples.names[row])), .init("output", .string(name)),
          .init(
            "contributions",
            .array(
              found.contributions.map {
                .object([.init("part", .string($0.name)), .init("value", .number($0.value))])
              }
            )),
        ]))
      lines.append("\(examples.names[row]): what speaks for (+) and against (−) \(name)")
      lines += found.contributions.prefix(Self.columnLimit).map { part in
        "  \(part.value < 0 ? "−" : "+") \(Format.number(abs(part.value)))  \(part.name)"
      }
      let rest = found.contributions.count - Self.columnLimit
      if rest > 0 { lines.append("  and \(rest) columns that matter less") }
    }
    if row == nil, examples.count > rows.count {
      lines.append(
        "\(examples.count - rows.count) more rows were not explained; --row NUMBER explains one of them")
    }
    let result = JSON.object([
      .init("model", .string(path)), .init("method", .string("shapley-sampling")),
      .init("explanations", .array(entries)),
    ])
    Console.result(result, asJSON: asJSON) { lines.joined(separator: "\n") }
  }
}
