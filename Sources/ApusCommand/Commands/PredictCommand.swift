import Apus
import ArgumentParser
import Foundation

struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Ask a model about pictures, or about rows of a table.",
    discussion: """
        apus predict --model runs/latest runs/latest/examples/bag.png
        apus predict --model runs/latest --resize --invert photo.png other.pgm
        apus predict --model my-run new-rows.csv --json
        apus predict --model my-model dog.jpg holiday-photos
        apus predict --model my-masks photo.jpg --output seen

      Pictures are JPEG, PNG, WebP, GIF, PGM, PPM or PBM. A model of photos takes them in any size, and folders of \
      them; what cannot be read is named, and the status is 65 then. For other models they must have the size that the model was trained on, unless --resize is \
      given. Fashion-MNIST shows light clothes on black: a dark thing on white needs --invert.
      """)

  @Option(help: ArgumentHelp("A model.safetensors, or the folder of a run.", valueName: "model")) var model:
    String
  @Argument(help: "Pictures, folders of photos, or CSV files with the columns of the training.") var files:
    [String]
  @Option(help: "How many classes to show of each picture.") var top = 3
  @Flag(help: "Bring pictures to the model's size.") var resize = false
  @Flag(help: "Exchange dark and light.") var invert = false
  @Option(
    name: .customLong("output"),
    help: ArgumentHelp(
      "Models of masks: the folder to write masks and overlays to, as PNG.", valueName: "folder"))
  var outputFolder: String?
  @OptionGroup var output: OutputOptions

  /// What the model says of one picture or row.
  private struct Answer {
    let file: String
    let row: Int?
    let classes: [(name: String, probability: Double)]
    let value: Double?
  }

  func run() throws {
    guard top >= 1 else { throw Failure(.usage, "--top is at least 1, \(top) came.") }
    if PhotoSegmenter.isSegmenter(at: model) {
      return try predictPhotos {
        try SegmentationPrediction(model: model, paths: files, output: outputFolder)
      }
    }
    guard outputFolder == nil else {
      throw Failure(.usage, "Only models of masks write pictures: leave --output out.")
    }
    if PhotoClassifier.isClassifier(at: model) {
      return try predictPhotos { try PhotoPrediction(model: model, paths: files) }
    }
    if TargetPredictor.isPredictor(at: model) {
      return try predictPhotos { try TargetPrediction(model: model, paths: files) }
    }
    let saved = try SavedModel(path: model)
    let answers =
      switch saved.card.input {
      case .picture(let height, let width, let channels):
        try pictures(saved, height: height, width: width, channels: channels)
      case .table(let encoder): try rows(saved, encoder)
      }
    Console.result(json(answers, saved), asJSON: output.json) { text(answers, saved) }
  }

  private func predictPhotos(_ prediction: () throws -> any PhotoAnswering) throws {
    guard !resize, !invert else {
      throw Failure(
        .usage, "A model of photos takes them in any size and as they are: leave --resize and --invert out.")
    }
    let prediction = try prediction()
    for skipped in prediction.skipped {
      Console.remark("\(skipped.path) cannot be read: \(skipped.problem)")
    }
    Console.result(prediction.json, asJSON: output.json) { prediction.text(top: top) }
    if !prediction.skipped.isEmpty { throw ExitCode(ExitStatus.data.rawValue) }
  }

  private func pictures(_ saved: SavedModel, height: Int, width: Int, channels: Int) throws -> [Answer] {
    var samples: [Sample] = []
    for (index, file) in files.enumerated() {
      var image = try Image(contentsOf: file, channels: channels)
      if image.width != width || image.height != height {
        guard resize else {
          let axes = [
            image.width == width ? nil : "the width is \(image.width), expected \(width)",
            image.height == height ? nil : "the height is \(image.height), expected \(height)",
          ]
          throw Failure(
            .data,
            "\(file): \(axes.compactMap { $0 }.joined(separator: " and ")) pixels. Pass --resize to bring "
              + "pictures to the model's size.")
        }
        image = try image.resized(to: ImageSize(width: width, height: height))
      }
      if invert {
        image = try Image(
          width: width, height: height, channels: channels, pixels: image.pixels.map { 255 - $0 })
      }
      samples.append(Sample(features: [image.literal()], id: index))
    }
    let predictions = try saved.learner.predict(SampleDataset(samples))
    return answers(predictions, saved, places: files.map { ($0, nil) })
  }

  private func rows(_ saved: SavedModel, _ encoder: TableEncoder) throws -> [Answer] {
    try files.flatMap { file in
      let dataset = try CSVDataset(CSVTable(path: file), encoder: encoder, droppingRowsWithoutTarget: false)
      for warning in dataset.warnings { Console.remark("warning: \(warning)") }
      guard dataset.count > 0 else { throw Failure(.data, "\(file) has no rows.") }
      let predictions = try saved.learner.predict(dataset)
      return answers(predictions, saved, places: (0..<dataset.count).map { (file, $0 + 1) })
    }
  }

  private func answers(
    _ predictions: Predictions, _ saved: SavedModel, places: [(file: String, row: Int?)]
  ) -> [Answer] {
    let numbers = predictions.decoded.doubles
    let width = saved.card.task.outputCount
    return places.enumerated().map { index, place in
      let part = Array(numbers[index * width..<(index + 1) * width])
      switch saved.card.task {
      case .classification(let names):
        let order = part.indices.sorted { (part[$1], $0) < (part[$0], $1) }
        return Answer(
          file: place.file, row: place.row, classes: order.map { (names[$0], part[$0]) }, value: nil)
      case .regression(_, let mean, let deviation):
        return Answer(file: place.file, row: place.row, classes: [], value: part[0] * deviation + mean)
      }
    }
  }

  private func json(_ answers: [Answer], _ saved: SavedModel) -> JSON {
    let entries = answers.map { answer in
      var members = [JSON.Member("file", .string(answer.file))]
      if let row = answer.row { members.append(JSON.Member("row", .integer(row))) }
      if let best = answer.classes.first {
        members += [
          JSON.Member("class", .string(best.name)), JSON.Member("probability", .number(best.probability)),
          JSON.Member(
            "probabilities", .object(answer.classes.map { JSON.Member($0.name, .number($0.probability)) })),
        ]
      }
      if let value = answer.value { members.append(JSON.Member(saved.card.targetName, .number(value))) }
      return JSON.object(members)
    }
    return .object([JSON.Member("model", .string(saved.path)), JSON.Member("predictions", .array(entries))])
  }

  private func text(_ answers: [Answer], _ saved: SavedModel) -> String {
    let rows = answers.map { answer in
      let place = answer.file + (answer.row.map { ":\($0)" } ?? "")
      if let value = answer.value { return [place, "\(saved.card.targetName) \(Format.number(value))"] }
      return [place]
        + answer.classes.prefix(top).map { "\($0.name) \(Format.percent($0.probability, digits: 1))" }
    }
    return Format.table(rows)
  }
}
