import Apus
import ArgumentParser
import Foundation

struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Show where in photos a model saw what it says.",
    discussion: """
        apus explain --model runs/latest cat.jpg
        apus explain --model runs/latest --class dog --method occlusion cat.jpg --output why

      For each photo a picture NAME-CLASS.png is written: the part that the network saw, in grey, with bright colours where \
      it found what speaks for the class. The methods:

      \(PhotoExplainer.Method.allCases.map { "  \($0.rawValue): \($0.meaning)" }.joined(separator: "\n"))
      """)

  @Option(help: ArgumentHelp("A model of photos, or the folder of a run.", valueName: "model")) var model:
    String
  @Argument(help: "Photos.") var files: [String]
  @Option(
    help: ArgumentHelp(
      "How it is found out: \(PhotoExplainer.Method.allCases.map(\.rawValue).joined(separator: ", ")).",
      valueName: "method")) var method = PhotoExplainer.Method.gradCAM
  @Option(name: .customLong("class"), help: "The class to look for; the most likely one by default.")
  var className: String?
  @Option(name: .shortAndLong, help: "The folder that the pictures are written to.") var output =
    "explanations"
  @OptionGroup var options: OutputOptions

  func run() throws {
    for (isOne, kind) in [
      (TargetPredictor.isPredictor(at: model), "labels or numbers"),
      (PhotoSegmenter.isSegmenter(at: model), "masks"),
    ] where isOne {
      throw Failure(
        .usage,
        "Only models of classes are explained, \(model) is one of \(kind). `apus predict` shows what it says of a photo"
          + (kind == "masks" ? ", and where." : "."))
    }
    let classifier = try PhotoClassifier.load(from: model)
    let label = try className.map { name in
      guard let label = classifier.classNames.firstIndex(of: name) else {
        throw Failure(
          .usage,
          "The model knows no class \"\(name)\". It knows: \(classifier.classNames.prefix(40).joined(separator: ", "))."
        )
      }
      return label
    }
    let explainer = try PhotoExplainer(classifier, method: method)
    // All photos are looked at before anything is written, so that a wrong path leaves no half a job.
    let explanations = try explainer.explanations(ofFiles: files, classes: files.map { _ in label })
    do {
      try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
    } catch {
      throw FileError(
        path: output, reason: .unwritable, problem: "the folder cannot be made",
        advice: "Choose another one with --output.")
    }
    var used: Set<String> = []
    let paths = explanations.map { output + "/" + Self.unused($0, &used) }
    for result in parallelMap(
      paths.count, { index in Result { try explanations[index].overlay().writePNG(to: paths[index]) } })
    {
      try result.get()
    }
    Console.result(json(explanations, paths), asJSON: options.json) { text(explanations, paths) }
  }

  /// A name for a picture that no other of the run has.
  private static func unused(_ explanation: PhotoExplanation, _ used: inout Set<String>) -> String {
    let stem = URL(fileURLWithPath: explanation.file).deletingPathExtension().lastPathComponent
    let name = explanation.className.map { $0.isLetter || $0.isNumber ? $0 : "-" }
    let base = "\(stem)-\(String(name))"
    var candidate = base + ".png"
    var number = 2
    while !used.insert(candidate).inserted {
      candidate = "\(base)-\(number).png"
      number += 1
    }
    return candidate
  }

  private func json(_ explanations: [PhotoExplanation], _ paths: [String]) -> JSON {
    let entries = zip(explanations, paths).map { explanation, path -> JSON in
      var members = [
        JSON.Member("file", .string(explanation.file)), JSON.Member("class", .string(explanation.className)),
        JSON.Member("probability", .number(explanation.probability)), JSON.Member("picture", .string(path)),
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

  private func text(_ explanations: [PhotoExplanation], _ paths: [String]) -> String {
    let lines = zip(explanations, paths).map { explanation, path in
      "\(explanation.file): \(explanation.className) \(Format.percent(explanation.probability, digits: 1)); "
        + "\(explanation.summary)\n  \(path)"
    }
    return (lines + [method.meaning]).joined(separator: "\n")
  }
}

extension PhotoExplainer.Method: ExpressibleByArgument {}
