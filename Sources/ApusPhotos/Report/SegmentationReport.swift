import ApusData
import ApusIO
import ApusTrain

/// A page about a network for masks of photos: how well it finds each class, photos beside truth and answer, how it
/// learned.
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
  public func write(to path: String) throws { try AtomicFile.write(try html(), to: path) }

  /// The page.
  public func html() throws -> String {
    let test = result.test
    let intervals = test.intervals()
    let order = test.photos.indices.filter { test.photos[$0].meanIntersectionOverUnion.isFinite }.sorted {
      (test.photos[$0].meanIntersectionOverUnion, $0) < (test.photos[$1].meanIntersectionOverUnion, $1)
    }
    let middle = max(0, (order.count - Self.shownCount) / 2)
    let sections = [
      classSection(intervals.classes),
      pictureSection(
        "examples", "What it sees in usual photos",
        "From left to right: the photo, what the mask says, what the network says.",
        Array(order.dropFirst(middle).prefix(Self.shownCount))),
      pictureSection(
        "hardest", "The photos that it found hardest",
        "Those with the least overlap of truth and answer. Look for masks that are wrong or coarse: mending those helps most.",
        Array(order.prefix(Self.shownCount))),
      PhotoPage.learning(
        [PhotoReport.Phase("The network", history: result.phase.history, rates: result.phase.rates)],
        measures: [
          ("Loss", "loss", "cross-entropy and Dice"), ("Mean IoU", "meanIoU", "mean over classes"),
          ("Pixels that are right", "accuracy", "share of pixels"),
        ], note: "The loss should fall and the other scores rise"),
      PhotoPage.notes(result.photos.notes),
      PhotoPage.origin(
        [
          (
            "Where it comes from",
            PhotoPage.facts(
              result.segmenter.origin, network: result.segmenter.architecture,
              size: result.segmenter.loading.size,
              seconds: result.seconds)
          ), ("Settings", settings), ("Environment", environment),
        ], modelPath: modelPath),
      PhotoPage.limits([
        "It knows \(PhotoReport.listed(test.classNames.count <= 6 ? test.classNames : ["\(test.classNames.count) classes"])) and nothing else, and calls every pixel one of them.",
        "It sees photos in \(result.segmenter.loading.size) pixels: things that are small or thin in that size it cannot find.",
        "The scores hold for photos like the ones it was tried on: try it on photos of your own first.",
      ]),
    ].compactMap { $0 }
    return PhotoPage.html(
      title: title, introduction: introduction,
      figures: [
        (
          ReportText.percent(test.total.meanIntersectionOverUnion),
          "mean IoU; for many more such photos probably \(ReportText.percent(intervals.mean.lower)) to \(ReportText.percent(intervals.mean.upper))"
        ),
        (ReportText.percent(test.total.accuracy), "of the pixels are right"),
        (PhotoReport.grouped(test.files.count), "test photos"),
        (PhotoReport.duration(result.seconds), "to train"),
      ], sections: sections)
  }

  private var title: String {
    let names = result.test.classNames
    return "Finding " + (names.count <= 4 ? PhotoReport.listed(names) : "\(names.count) classes")
      + " in photos"
  }

  private var introduction: String {
    let origin = result.segmenter.origin
    let head =
      origin.firstWeights.map {
        "A U-Net over \(result.segmenter.architecture), which had learned from \($0) before,"
      } ?? result.segmenter.architecture
    let part = result.photos.testName.map { "of the folder \($0)" } ?? "that were put aside before"
    return "\(head) was taught to say which class each pixel of a photo is of. It learned from "
      + "\(PhotoReport.grouped(result.training.count)) photos with masks. The scores below are of "
      + "\(PhotoReport.grouped(result.test.files.count)) photos \(part): it never learned from them."
  }

  private func classSection(_ intervals: [ConfidenceInterval]) -> PhotoSection {
    let total = result.test.total
    let all = Double(max(1, total.real.reduce(0, +)))
    func share(_ value: Double) -> String { value.isFinite ? ReportText.percent(value, spaced: false) : "–" }
    let rows = result.test.classNames.indices.map { label -> [String] in
      let score = total.intersectionOverUnion(label)
      let range =
        score.isFinite
        ? "<small>\(share(intervals[label].lower)) – \(share(intervals[label].upper))</small>" : ""
      return [
        HTML.escaped(result.test.classNames[label]), share(score) + range,
        share(Double(total.hits[label]) / Double(total.said[label])),
        share(Double(total.hits[label]) / Double(total.real[label])), share(Double(total.real[label]) / all),
      ]
    }
    return PhotoSection(
      id: "classes", title: "How well it finds each class",
      note:
        "IoU, intersection over union: the pixels that are of the class and are said to be, over those that are either; 100 % "
        + "is best. Precision: of the pixels that it calls so, how many are. Recall: of those that are, how many it finds. In "
        + "small print, where the value probably lies for such photos in general (95 of 100 times).",
      body: PhotoPage.table(["Class", "IoU", "Precision", "Recall", "Share of all pixels"], rows))
  }

  private func pictureSection(_ id: String, _ title: String, _ note: String, _ order: [Int]) -> PhotoSection?
  {
    let items = order.compactMap { place -> String? in
      let test = result.test
      let file = test.files[place]
      guard let photo = try? Image(contentsOf: file, channels: 3),
        let truth = try? result.photos.classes.labels(at: test.masks[place]),
        let seen = try? result.segmenter.map(ofFile: file),
        let small = try? photo.resized(to: photo.size.fitting(into: ImageSize(Self.side))),
        let right = try? PhotoMap(
          size: truth.size, labels: truth.pixels.map { Int($0) < test.classNames.count ? $0 : 0 }
        )
        .overlay(on: small), let said = try? seen.overlay(on: small)
      else { return nil }
      return try? PhotoReport.item(
        [small, right, said], alt: "a photo, its mask, and what the network sees",
        bold: "mean IoU \(ReportText.percent(test.photos[place].meanIntersectionOverUnion, digits: 0))",
        plain: PhotoReport.name(file))
    }
    guard !items.isEmpty else { return nil }
    return PhotoSection(
      id: id, title: title, note: note,
      body: "<ul class=\"mistakes triples\">\n\(items.joined(separator: "\n"))\n</ul>")
  }
}
