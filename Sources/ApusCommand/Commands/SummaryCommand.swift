import Apus
import ArgumentParser

struct SummaryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "summary",
    abstract: "Show what a model consists of.",
    discussion: """
        apus summary runs/latest
        apus summary model.safetensors --json

      Models that a Swift program saved are shown as the tensors in their file.
      """)

  @Argument(help: "A model.safetensors, or the folder of a run.") var model: String
  @OptionGroup var output: OutputOptions

  func run() throws {
    let path = SavedModel.resolve(model)
    let file = try Safetensors(path: path)
    let weightCount = file.entries.reduce(0) { $0 + $1.shape.elementCount }
    let description = try? ModelDescription(path: path)
    let saved = description?.preprocessing[ModelCard.key] == nil ? nil : try SavedModel(path: path)

    var facts: [(key: String, name: String, value: String)] = [("model", "Model", path)]
    if let saved {
      facts.append(("network", "Network", saved.card.architecture.line))
      facts.append(("trained_on", "Trained on", saved.card.source.line))
      facts.append(("input", "Input", "\(saved.card.inputShape)"))
    }
    let photos = PhotoClassifier.isClassifier(at: path) ? try PhotoClassifier.load(from: path) : nil
    if let photos {
      facts += [
        ("network", "Network", photos.model.architecture.name),
        ("trained_on", "Trained on", photos.origin.folder ?? "photos"),
        ("input", "Input", "\(photos.model.inputShape)"),
        ("temperature", "Temperature", Format.number(photos.temperature)),
      ]
    }
    if TargetPredictor.isPredictor(at: path) {
      facts += Self.facts(of: try TargetPredictor.load(from: path))
    } else if PhotoSegmenter.isSegmenter(at: path) {
      facts += Self.facts(of: try PhotoSegmenter.load(from: path))
    }
    if let loss = description?.loss { facts.append(("loss", "Loss", loss)) }
    let classNames = description?.classNames ?? photos?.classNames
    if let classNames { facts.append(("", "Classes", classNames.joined(separator: ", "))) }
    facts.append(("sha256", "SHA-256", try SHA256.hash(ofFile: path)))

    let tensors = file.entries.sorted { $0.name < $1.name }
    var members = facts.filter { !$0.key.isEmpty }.map { JSON.Member($0.key, .string($0.value)) }
    members += [
      JSON.Member("classes", classNames.map { .array($0.map { .string($0) }) } ?? .null),
      JSON.Member("weights", .integer(weightCount)),
      JSON.Member(
        "tensors",
        .array(
          tensors.map { entry in
            .object([
              JSON.Member("name", .string(entry.name)), JSON.Member("type", .string(entry.storedType)),
              JSON.Member("shape", .array(entry.shape.dimensions.map { .integer($0) })),
            ])
          })),
    ]
    let layers =
      try saved?.learner.summary()
      ?? Format.table(
        [["tensor", "shape", "type"]] + tensors.map { [$0.name, "\($0.shape)", $0.storedType] })
      + "\nweights: \(Format.grouped(weightCount))"
    Console.result(.object(members), asJSON: output.json) {
      let width = facts.map(\.name.count).max() ?? 0
      let lines = facts.map { $0.name + String(repeating: " ", count: width - $0.name.count + 2) + $0.value }
      return layers + "\n\n" + lines.joined(separator: "\n")
    }
  }

  private typealias Fact = (key: String, name: String, value: String)

  private static func facts(of predictor: TargetPredictor) -> [Fact] {
    var facts: [Fact] = [
      ("network", "Network", predictor.model.architecture.name),
      ("trained_on", "Trained on", predictor.origin.folder ?? "photos"),
      ("input", "Input", "\(predictor.model.inputShape)"),
      ("columns", "Columns", predictor.columns.targets.joined(separator: ", ")),
      ("task", "Says", predictor.columns.task.rawValue),
    ]
    if predictor.thresholds.isEmpty {
      facts.append(("names", "Numbers", predictor.names.joined(separator: ", ")))
    } else {
      let labels = zip(predictor.names, predictor.thresholds).map {
        "\($0) above \(Format.percent($1, digits: 1))"
      }
      facts.append(("names", "Labels", labels.joined(separator: ", ")))
    }
    return facts
  }

  private static func facts(of segmenter: PhotoSegmenter) -> [Fact] {
    [
      ("network", "Network", segmenter.architecture),
      ("trained_on", "Trained on", segmenter.origin.folder ?? "photos with masks"),
      ("input", "Input", "\(segmenter.loading.size) pixels"), ("task", "Says", "a class for each pixel"),
      ("names", "Classes", segmenter.classes.names.joined(separator: ", ")),
    ]
  }
}

extension RunSettings.Source {
  /// The data in a few words.
  var line: String {
    switch self {
    case .dataset(let name): name
    case .table(let path, let target, _, _, _): "\(path), column \(target)"
    }
  }
}
