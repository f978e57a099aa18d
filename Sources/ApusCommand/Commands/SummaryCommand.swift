import Apus
import ArgumentParser

struct SummaryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "summary",
    abstract: "Show what a model consists of.",
    discussion: """
        apus summary runs/latest
        apus summary model.safetensors --json

      Files of other origin are shown as the tensors in them.
      """)

  @Argument(help: "A model.safetensors, or the folder of a run.") var model: String
  @OptionGroup var output: OutputOptions

  func run() throws {
    let path = Registry.resolved(model)
    let file = try Safetensors(path: path)
    let opened = try? Registry.standard.open(path)
    var facts = [Report.Fact("File", path)]
    if let opened {
      let origin = opened.origin
      facts += [Report.Fact("Kind", type(of: opened).kind)] + opened.facts
      facts += [
        origin.data.map { Report.Fact("Trained on", $0) },
        origin.pretraining.map { Report.Fact("Pretrained on", $0) },
        origin.recipe.map { Report.Fact("Recipe", $0) },
        Report.Fact("Can", opened.capabilities.joined(separator: ", ")),
      ].compactMap { $0 }
    }
    facts.append(Report.Fact("SHA-256", try SHA256.hash(ofFile: path)))
    let tensors = file.entries.filter { !$0.name.hasPrefix("file:") }.sorted { $0.name < $1.name }
    let count = tensors.reduce(0) { $0 + $1.shape.elementCount }
    let members = facts.map {
      JSON.Member($0.name.lowercased().replacing(" ", with: "_").replacing("-", with: "_"), .string($0.value))
    }
    Console.result(
      .object(
        members + [
          .init("parameters", .integer(count)),
          .init(
            "tensors",
            .array(
              tensors.map { entry in
                .object([
                  .init("name", .string(entry.name)), .init("type", .string(entry.storedType)),
                  .init("shape", .array(entry.shape.dimensions.map { .integer($0) })),
                ])
              })),
        ]), asJSON: output.json
    ) {
      let width = facts.map(\.name.count).max() ?? 0
      let lines = facts.map { $0.name + String(repeating: " ", count: width - $0.name.count + 2) + $0.value }
      let table = Format.table(
        [["tensor", "shape", "type"]] + tensors.map { [$0.name, "\($0.shape)", $0.storedType] })
      return table + "\nparameters: \(Format.grouped(count))\n\n" + lines.joined(separator: "\n")
    }
  }
}
