import Apus
import ArgumentParser
import Foundation

struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Predict for files with a model.",
    discussion: """
        apus predict --model runs/latest runs/latest/examples/bag.png
        apus predict --model my-model dog.jpg holiday-photos
        apus predict --model my-masks photo.jpg --output masks
        apus predict --model my-table new-rows.csv --output predicted.csv
        cat new-rows.csv | apus predict --model my-table - --csv

      Files are of the kind that the model was trained on: images in any size and format that is read, texts, or tables with \
      the training's columns; and folders of them. What cannot be read is named, and the exit status is 65 then. \
      Fashion-MNIST shows light clothes on black: a dark thing on white needs --invert.
      """)

  @Option(help: ArgumentHelp("A model.safetensors, or the folder of a run.", valueName: "model")) var model:
    String
  @Argument(help: "Files, and folders of them; - is a table on standard input.") var files: [String]
  @Option(help: "How many classes to show of each example.") var top = 3
  @Flag(help: "Images: exchange dark and light.") var invert = false
  @Option(
    name: .customLong("output"),
    help: ArgumentHelp(
      "A file to write predictions to as CSV, with a name that ends in .csv; or, for models of masks, the folder to write "
        + "masks and overlays to, as PNG.", valueName: "path"))
  var outputPath: String?
  @Flag(help: "Write predictions to standard output as CSV, in the order of the rows.") var csv = false
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard top >= 1 else { throw ValidationError("--top is at least 1, \(top) came.") }
    guard !csv || !output.json else { throw ValidationError("--csv and --json came: give one of them.") }
  }

  func run() throws {
    var predictor = try Registry.standard.predictor(model)
    if invert {
      guard var input = predictor.problem.input as? ImageInput else {
        throw Failure(.usage, "Only images can be inverted: leave --invert out.")
      }
      input.inverts = true
      predictor.problem.input = input
    }
    let target = predictor.problem.target
    let examples = try predictor.problem.input.examples(at: files)
    if csv || outputPath?.lowercased().hasSuffix(".csv") ?? false {
      return try writeCSV(predictor, examples)
    }
    let masks = try outputPath.map { try MaskFiles($0, target: target) }
    var rows: [[String]] = [], entries: [JSON] = []
    let skipped =
      examples.skipped
      + (try predictor.predict(examples) { row, prediction in
        let written = try masks?.write(prediction, of: examples, row: row)
        rows.append(
          [examples.names[row]] + prediction.text(target: target, top: top)
            + (written.map { [$0.overlay] } ?? []))
        var members: [JSON.Member] = [.init("name", .string(examples.names[row]))]
        members += prediction.json(target: target).members ?? []
        if let written {
          members += [
            .init("mask_file", .string(written.mask)), .init("overlay_file", .string(written.overlay)),
          ]
        }
        entries.append(.object(members))
      })
    for note in examples.notes { Console.remark("note: \(note)") }
    for example in skipped { Console.remark("\(example.name) cannot be read: \(example.problem)") }
    Console.result(
      .object([
        .init("model", .string(Registry.resolved(model))), .init("predictions", .array(entries)),
        .init("notes", .array(examples.notes.map { .string($0) })),
        .init(
          "skipped",
          .array(
            skipped.map { .object([.init("name", .string($0.name)), .init("problem", .string($0.problem))]) })
        ),
      ]), asJSON: output.json
    ) { Format.table(rows) }
    if !skipped.isEmpty { throw ExitCode(ExitStatus.data.rawValue) }
  }

  /// Writes a line for each example as soon as it is known, so that any number of them fits into memory.
  private func writeCSV(_ predictor: any Predictor, _ examples: Examples) throws {
    let lines = PredictionCSV(target: predictor.problem.target)
    let table = predictor.problem.input as? TabularInput
    let id = examples.count > 0 ? try table?.id(examples, row: 0)?.column : nil
    let file = try outputPath.map { try AtomicFile(path: $0) }
    func write(_ line: String) throws {
      if let file { try file.write(Array((line + "\n").utf8)) } else { Console.say(line) }
    }
    try write(lines.header(id ?? "row"))
    var count = 0
    let skipped =
      examples.skipped
      + (try predictor.predict(examples) { row, prediction in
        let name = try id == nil ? nil : table?.id(examples, row: row)?.value
        try write(lines.line(name ?? examples.names[row], prediction))
        count += 1
      })
    try file?.commit()
    for note in examples.notes { Console.remark("note: \(note)") }
    for example in skipped { Console.remark("\(example.name) cannot be read: \(example.problem)") }
    if let outputPath {
      Console.result(
        .object([.init("file", .string(outputPath)), .init("predictions", .integer(count))]),
        asJSON: output.json
      ) { "\(Format.count(count, "prediction")) in \(outputPath)" }
    }
    if !skipped.isEmpty { throw ExitCode(ExitStatus.data.rawValue) }
  }
}

/// Masks and overlays written as PNG.
private final class MaskFiles {
  private let folder: RunFolder
  private var taken: Set<String> = []

  init(_ path: String, target: (any Target)?) throws {
    guard target is Segmentation else {
      throw Failure(
        .usage, "Only models of masks write images: for other predictions, name a file that ends in .csv.")
    }
    folder = RunFolder(path: path)
    try folder.create()
  }

  /// Writes a mask and the image with it; images of one name in several folders get files of their own, and nothing that
  /// is there already is written over.
  func write(_ prediction: Prediction, of examples: Examples, row: Int) throws -> (
    mask: String, overlay: String
  ) {
    guard case .mask(let width, let height, let labels) = prediction else {
      throw Failure(.internal, "A mask was expected.")
    }
    let map = LabelMap(size: ImageSize(width: width, height: height), labels: labels)
    let stem = URL(fileURLWithPath: examples.names[row]).deletingPathExtension().lastPathComponent
    func paths(_ name: String) -> (mask: String, overlay: String) {
      ("\(folder.path)/\(name)-mask.png", "\(folder.path)/\(name)-overlay.png")
    }
    let names = [stem] + (2...10_000).map { "\(stem)-\($0)" }
    let name = names.first { name in
      !taken.contains(name)
        && [paths(name).mask, paths(name).overlay].allSatisfy { !FileManager.default.fileExists(atPath: $0) }
    }
    guard let name else { throw Failure(.cannotCreate, "\(folder.path) is full of files named \(stem).") }
    taken.insert(name)
    try map.mask().writePNG(to: paths(name).mask)
    try map.overlay(on: Image(contentsOf: examples.names[row], channels: 3)).writePNG(to: paths(name).overlay)
    return paths(name)
  }
}
