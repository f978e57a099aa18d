import Apus
import ArgumentParser
import Foundation

struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Show what in images or rows of a table a model's predictions came from.",
    discussion: """
        apus explain --model runs/latest cat.jpg
        apus explain --model runs/latest --class dog --method occlusion cat.jpg --output why

      For each image a heat map NAME-CLASS.png is written: the part that the network saw, in gray, with bright colors where \
      the evidence for the class is. For rows of a table the contribution of each column is printed, against the mean of \
      some training rows:

        apus explain --model runs/latest new.csv --row 1

      The methods for images:

      \(ImageExplainer.Method.allCases.map { "  \($0.rawValue): \($0.meaning)" }.joined(separator: "\n"))
      """)

  @Option(help: ArgumentHelp("A model of images or a table, or the folder of a run.", valueName: "model"))
  var model: String
  @Argument(help: "Images, or a table.") var files: [String]
  @Option(
    help: ArgumentHelp(
      "Tables: the row to explain, 1 for the first. (default: the first ten)", valueName: "number"))
  var row: Int?
  @Option(
    help: ArgumentHelp(
      "How it is found out: \(ImageExplainer.Method.allCases.map(\.rawValue).joined(separator: ", ")).",
      valueName: "method")) var method = ImageExplainer.Method.gradCAM
  @Option(name: .customLong("class"), help: "The class to explain; the likeliest one by default.")
  var className: String?
  @Option(
    name: [.customShort("o"), .customLong("output")], help: "The folder that the heat maps are written to.")
  var outputFolder = "explanations"
  @OptionGroup var options: OutputOptions

  func run() throws {
    let opened = try Registry.standard.open(model)
    if let predictor = opened as? any Explainable, predictor.problem.input is TabularInput {
      return try RowExplanations(predictor, model: model, className: className).show(
        files, row: row, asJSON: options.json)
    }
    guard row == nil else { throw Failure(.usage, "--row is for models of tables.") }
    let explainer = try ImageExplainer(opened, method: method)
    let output = try className.map { name in
      guard let place = explainer.names.firstIndex(of: name) else {
        throw Failure(
          .usage, "The model has no class \"\(name)\". It has: \(Format.list(explainer.names, limit: 40)).")
      }
      return place
    }
    // All images are read before anything is written, so that a wrong path leaves no half a job.
    let explanations = try explainer.explanations(files: files, outputs: files.map { _ in output })
    do {
      try FileManager.default.createDirectory(atPath: outputFolder, withIntermediateDirectories: true)
    } catch {
      throw FileError(
        path: outputFolder, reason: .unwritable, problem: "the folder cannot be made",
        advice: "Choose another one with --output.")
    }
    var used: Set<String> = []
    let paths = explanations.map { outputFolder + "/" + Self.unused($0, &used) }
    for result in parallelMap(
      paths.count, { index in Result { try explanations[index].overlay().writePNG(to: paths[index]) } })
    {
      try result.get()
    }
    Console.result(json(explanations, paths), asJSON: options.json) { text(explanations, paths) }
  }

  /// A name for a heat map that no other of the run has.
  private static func unused(_ explanation: ImageExplanation, _ used: inout Set<String>) -> String {
    let stem = URL(fileURLWithPath: explanation.file).deletingPathExtension().lastPathComponent
    let name = explanation.name.map { $0.isLetter || $0.isNumber ? $0 : "-" }
    let base = "\(stem)-\(String(name))"
    var candidate = base + ".png"
    var number = 2
    while !used.insert(candidate).inserted {
      candidate = "\(base)-\(number).png"
      number += 1
    }
    return candidate
  }

  private func json(_ explanations: [ImageExplanation], _ paths: [String]) -> JSON {
    let entries = zip(explanations, paths).map { explanation, path -> JSON in
      var members = [
        JSON.Member("file", .string(explanation.file)), JSON.Member("class", .string(explanation.name)),
        JSON.Member("probability", explanation.probability.map { .number($0) } ?? .null),
        JSON.Member("heat_map", .string(path)),
        JSON.Member("summary", .string(explanation.summary)),
      ]
      if let focus = explanation.focus {
        members += [
          JSON.Member("place", .string(focus.place)), JSON.Member("half_of_heat_in", .number(focus.share)),
        ]
      }
      return .object(members)
    }
    return .object([
      JSON.Member("model", .string(model)), JSON.Member("method", .string(method.rawValue)),
      JSON.Member("explanations", .array(entries)),
    ])
  }

  private func text(_ explanations: [ImageExplanation], _ paths: [String]) -> String {
    let lines = zip(explanations, paths).map { explanation, path in
      "\(explanation.file): \(explanation.name)\(explanation.probability.map { " " + Format.percent($0) } ?? ""); "
        + "\(explanation.summary)\n  \(path)"
    }
    return (lines + [method.meaning]).joined(separator: "\n")
  }
}

extension ImageExplainer.Method: ExpressibleByArgument {}
