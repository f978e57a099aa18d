import Apus
import ArgumentParser

struct DatasetsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "datasets",
    abstract: "List the datasets that have a name, and where they are.",
    discussion: """
      A dataset is looked for in $APUS_DATA/NAME, in /usr/share/datasets/NAME and in data/NAME. Tables need no name: \
      give the CSV file to `apus fit --data`.
      """)

  @OptionGroup var output: OutputOptions

  func run() throws {
    let found = NamedDataset.all.map { ($0, $0.find()) }
    let json = JSON.array(
      found.map { set, folder in
        .object([
          JSON.Member("name", .string(set.name)),
          JSON.Member("summary", .string(set.summary)),
          JSON.Member("folder", folder.map { .string($0) } ?? .null),
          JSON.Member("advice", .string(set.advice)),
        ])
      })
    Console.result(.object([JSON.Member("datasets", json)]), asJSON: output.json) {
      found.map { set, folder in
        "\(set.name)\n  \(set.summary)\n  \(folder.map { "in \($0)" } ?? "not here: \(set.advice)")"
      }.joined(separator: "\n\n")
    }
  }
}
