import Apus
import Foundation

/// How well a network finds classes of pixels, for people and machines.
struct SegmentationEvaluation {
  let scores: SegmentationScores
  /// What the photos are.
  var what = "test photos"

  /// The scores for machines: `metrics`, and `classes` one by one.
  var members: [JSON.Member] {
    let intervals = scores.intervals()
    func pair(_ interval: ConfidenceInterval) -> JSON {
      .array([.number(interval.lower), .number(interval.upper)])
    }
    let classes = scores.classNames.indices.map { label in
      JSON.object([
        JSON.Member("name", .string(scores.classNames[label])),
        JSON.Member("iou", .number(scores.total.intersectionOverUnion(label))),
        JSON.Member("iou_interval", pair(intervals.classes[label])),
        JSON.Member("pixels", .integer(scores.total.real[label])),
      ])
    }
    return [
      JSON.Member(
        "metrics",
        .object([
          JSON.Member("samples", .integer(scores.files.count)),
          JSON.Member("mean_iou", .number(scores.total.meanIntersectionOverUnion)),
          JSON.Member("mean_iou_interval", pair(intervals.mean)),
          JSON.Member("pixel_accuracy", .number(scores.total.accuracy)),
        ])), JSON.Member("classes", .array(classes)),
      JSON.Member("skipped", PhotoPrediction.skippedJSON(scores.skipped)),
    ]
  }

  var text: String {
    let interval = scores.intervals().mean
    let headline =
      "Mean IoU \(Format.number(scores.total.meanIntersectionOverUnion)) (95 % interval \(Format.number(interval.lower)) to "
      + "\(Format.number(interval.upper))), \(Format.percent(scores.total.accuracy, digits: 1)) of the pixels right, on "
      + "\(Format.grouped(scores.files.count)) \(what)"
    let rows = scores.classNames.indices.map { label in
      [
        scores.classNames[label], Format.number(scores.total.intersectionOverUnion(label)),
        Format.grouped(scores.total.real[label]),
      ]
    }
    return headline + "\n\n" + Format.table([["class", "IoU", "pixels"]] + rows)
  }

  /// A network measured on photos with masks.
  static func measured(
    model: String, photos: String, masks: String, isQuiet: Bool
  ) throws -> (evaluation: SegmentationEvaluation, notes: [String]) {
    let segmenter = try PhotoSegmenter.load(from: model)
    let found = try MaskedPhotos(folder: photos, masks: masks, classes: segmenter.classes)
    let part = found.test ?? found.training
    let progress = CountProgress()
    let scores = try SegmentationScores(segmenter, on: part) {
      if !isQuiet { progress.report("photos to test with", $0, part.count) }
    }
    let notes =
      [EvaluatedPhotos.note(part: found.testName)] + found.notes
      + scores.skipped.map { "\($0.path): \($0.problem)" }
    return (
      SegmentationEvaluation(scores: scores, what: EvaluatedPhotos.name(part: found.testName)), notes
    )
  }
}

/// What a network sees in photos; with a folder to write to, as pictures.
struct SegmentationPrediction: PhotoAnswering {
  /// What is seen in one photo.
  private struct Answer {
    let file: String
    let shares: [Double]
    let mask: String?
    let overlay: String?
  }

  let model: String
  let skipped: [(path: String, problem: String)]
  private let classNames: [String]
  private let answers: [Answer]

  /// - Parameters:
  ///   - paths: Photos, and folders of photos.
  ///   - output: The folder of the masks and overlays; none are written when nil.
  init(model: String, paths: [String], output: String?) throws {
    let segmenter = try PhotoSegmenter.load(from: model)
    let files = try PhotoPrediction.files(paths)
    if let output { try RunFolder(path: output).create() }
    var answers: [Answer] = [], taken: Set<String> = []
    skipped = try segmenter.maps(ofFiles: files) { index, map in
      let file = files[index]
      var written: (mask: String, overlay: String)?
      if let output {
        let stem = URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
        // Photos of one name in several folders keep masks of their own.
        let name = ([stem] + (2...10_000).map { "\(stem)-\($0)" }).first { !taken.contains($0) } ?? stem
        taken.insert(name)
        let paths = (mask: "\(output)/\(name)-mask.png", overlay: "\(output)/\(name)-overlay.png")
        try map.mask().writePNG(to: paths.mask)
        try map.overlay(on: Image(contentsOf: file, channels: 3)).writePNG(to: paths.overlay)
        written = paths
      }
      answers.append(
        Answer(
          file: file, shares: map.shares(segmenter.classes.names.count), mask: written?.mask,
          overlay: written?.overlay))
    }
    self.model = model
    self.answers = answers
    classNames = segmenter.classes.names
  }

  var json: JSON {
    .object([
      JSON.Member("model", .string(model)), JSON.Member("classes", .array(classNames.map { .string($0) })),
      JSON.Member(
        "predictions",
        .array(
          answers.map { answer in
            .object([
              JSON.Member("file", .string(answer.file)),
              JSON.Member(
                "shares", .object(zip(classNames, answer.shares).map { JSON.Member($0, .number($1)) })),
              JSON.Member("mask", answer.mask.map { .string($0) } ?? .null),
              JSON.Member("overlay", answer.overlay.map { .string($0) } ?? .null),
            ])
          })), JSON.Member("skipped", PhotoPrediction.skippedJSON(skipped)),
    ])
  }

  func text(top: Int) -> String {
    Format.table(
      answers.map { answer in
        let order = classNames.indices.filter { answer.shares[$0] > 0 }.sorted {
          answer.shares[$0] > answer.shares[$1]
        }
        return [answer.file]
          + order.prefix(top).map { "\(classNames[$0]) \(Format.percent(answer.shares[$0], digits: 1))" }
          + (answer.overlay.map { [$0] } ?? [])
      })
  }
}
