import ApusData
import ApusIO
import ApusReport
import ApusTrain

/// A page about a segmentation model: IoU of each class, images beside true and predicted masks, training curves.
public struct SegmentationReport: Sendable {
  /// What came of the training.
  public let result: SegmentationResult
  /// How it was trained: names and values.
  public var settings: [(name: String, value: String)] = []
  /// With what it was trained: names and values.
  public var environment: [(name: String, value: String)] = []
  /// The model's file, whose checksum is shown.
  public var modelPath: String?

  private static let shownCount = 8
  /// Sides of pictures in the page are no longer.
  private static let side = 280

  /// A report on a training.
  public init(_ result: SegmentationResult) { self.result = result }

  /// Writes the page; the file appears complete or not at all.
  public func write(to path: String) throws { try page().write(to: path) }

  /// The page as HTML.
  public func html() throws -> String { try page().html() }

  /// The page.
  public func page() throws -> Report {
    let test = result.test
    let intervals = test.intervals()
    let order = test.photos.indices.filter { test.photos[$0].meanIntersectionOverUnion.isFinite }.sorted {
      (test.photos[$0].meanIntersectionOverUnion, $0) < (test.photos[$1].meanIntersectionOverUnion, $1)
    }
    let middle = max(0, (order.count - Self.shownCount) / 2)
    let size = result.segmenter.loading.size
    let classes = test.classNames.count <= 6 ? test.classNames : ["\(test.classNames.count) classes"]
    let sections = [
      classSection(intervals.classes),
      imageSection(
        "examples", "True and predicted masks",
        "Images with a median IoU. From left to right: the image, its true mask, the predicted mask.",
        Array(order.dropFirst(middle).prefix(Self.shownCount))),
      imageSection(
        "hardest", "Images with the lowest IoU",
        "Look for masks that are wrong or coarse: correcting those helps most.",
        Array(order.prefix(Self.shownCount))),
      .learning(
        phases: [TrainingPhase("Network", history: result.phase.history, rates: result.phase.rates)],
        measures: [
          .init("Loss", "loss", "cross-entropy and Dice"), .init("Mean IoU", "meanIoU", "mean over classes"),
          .init("Pixel accuracy", "accuracy", "share of pixels"),
        ], note: "The loss should fall and the other scores rise."),
      .dataNotes(result.photos.notes),
      .provenance(
        [
          .init(
            "Data and model",
            result.segmenter.origin.facts(
              network: result.segmenter.architecture, size: size, seconds: result.seconds)),
          .init("Settings", settings.facts), .init("Environment", environment.facts),
        ], modelPath: modelPath),
      .limitations([
        "The model knows \(Format.list(classes)) and nothing else, and assigns every pixel to one of them.",
        "Images are scaled to \(size) pixels: what is small or thin at that size cannot be found.",
        "The scores hold for images like those of the test set: test it on images of your own first.",
      ]),
    ].compactMap { $0 }
    return Report(
      title: "Segmentation model for \(Format.list(test.classNames, limit: 4))", lead: lead,
      figures: [
        .init(
          Format.percent(test.total.meanIntersectionOverUnion),
          "mean IoU; 95 % confidence interval \(Format.percentRange(intervals.mean.lower, intervals.mean.upper))"
        ),
        .init(Format.percent(test.total.accuracy), "pixel accuracy"),
        .init(Format.grouped(test.files.count), "test images"),
        .init(Format.duration(result.seconds), "training time"),
      ], sections: sections)
  }

  private var lead: String {
    let origin = result.segmenter.origin
    let model =
      origin.firstWeights.map { "U-Net with a \(result.segmenter.architecture) backbone pretrained on \($0)" }
      ?? "\(result.segmenter.architecture), trained from scratch"
    let part = result.photos.testName.map { "of the folder \($0)" } ?? "held out before training"
    return
      "\(model), trained to predict the class of each pixel on \(Format.count(result.training.count, "image")) with "
      + "masks. All scores are on the test set, \(Format.count(result.test.files.count, "image")) \(part)."
  }

  private func classSection(_ intervals: [ConfidenceInterval]) -> Report.Section {
    let total = result.test.total
    let all = Double(max(1, total.real.reduce(0, +)))
    let rows = result.test.classNames.indices.map { label -> [Report.Table.Cell] in
      let hits = Double(total.hits[label]), real = Double(total.real[label])
      return [
        .init(result.test.classNames[label]),
        .percent(total.intersectionOverUnion(label), intervals[label]),
        .percent(hits / Double(total.said[label])), .percent(hits / real), .percent(real / all),
      ]
    }
    return Report.Section(
      id: "classes", title: "IoU, precision and recall of each class",
      note:
        "IoU (intersection over union): the pixels that are of the class and predicted as it, over those that are either; "
        + "100 % is best. Precision: the share of the pixels predicted as the class that belong to it. Recall: the share of the "
        + "class's pixels that are predicted as it. In small print, 95 % confidence intervals.",
      blocks: [.table(.init(["Class", "IoU", "Precision", "Recall", "Share of all pixels"], rows: rows))])
  }

  private func imageSection(_ id: String, _ title: String, _ note: String, _ order: [Int]) -> Report.Section?
  {
    let items = order.compactMap { place -> Report.Gallery.Item? in
      let test = result.test
      let file = test.files[place]
      guard let photo = try? Image(contentsOf: file, channels: 3),
        let truth = try? result.photos.classes.labels(at: test.masks[place]),
        let predicted = try? result.segmenter.map(ofFile: file),
        let small = try? photo.resized(to: photo.size.fitting(into: ImageSize(Self.side))),
        let right = try? PhotoMap(
          size: truth.size, labels: truth.pixels.map { Int($0) < test.classNames.count ? $0 : 0 }
        )
        .overlay(on: small), let said = try? predicted.overlay(on: small),
        let images = try? [small, right, said].map({ try $0.reportImage() })
      else { return nil }
      return .init(
        images, alt: "an image, its true mask and the predicted mask",
        title: "mean IoU \(Format.percent(test.photos[place].meanIntersectionOverUnion, digits: 0))",
        caption: PhotoReport.name(file))
    }
    guard !items.isEmpty else { return nil }
    return Report.Section(
      id: id, title: title, note: note, blocks: [.gallery(.init(items, layout: .triples))])
  }
}
