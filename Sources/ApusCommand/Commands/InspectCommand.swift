import Apus
import ArgumentParser

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Look at a table before a model learns from it.",
    discussion: """
        apus inspect homes.csv
        apus inspect homes.csv --target price --strict
        cat homes.csv | apus inspect - --json

      Every row is read. A line for each column says what it holds, how many cells are missing, and its range or most \
      frequent values. Then what is odd is named: equal rows, columns without use, cells unlike the others of their \
      column, dates in two orders, and, with --target, columns that tell the target too well, rare classes and missing \
      targets.

      With --strict the exit status is 1 where anything is odd.
      """)

  @Argument(help: "A table: a file of separated values, gzip or not, or - for standard input.") var table:
    String
  @Option(help: ArgumentHelp("The column to predict.", valueName: "column")) var target: String?
  @Option(
    help: ArgumentHelp(
      "What columns are: number, boolean, category, date, text or id.", valueName: "a=category,b=date"))
  var types: String?
  @Flag(
    inversion: .prefixedNo, help: "Whether the first line names the columns. (default: told from the line)")
  var header: Bool?
  @Flag(help: "End with status 1 where anything is odd.") var strict = false
  @OptionGroup var output: OutputOptions

  func run() throws {
    let found = try TableInspection(path: table, target: target, types: types, hasHeader: header)
    Console.result(found.json, asJSON: output.json) { found.text }
    if strict, !found.findings.isEmpty { throw ExitCode(1) }
  }
}
