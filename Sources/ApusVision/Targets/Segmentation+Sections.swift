import ApusData
import ApusReport
import ApusTasks
import Foundation

extension Segmentation {
  private static let shownCount = 8
  private static let side = 280

  /// How well each class is found, usual images and the hardest beside truth and prediction.
  public func sections(_ evaluator: any Evaluator, _ context: ReportContext) throws -> [Report.Section] {
    guard let evaluator = evaluator as? SegmentationEvaluator else { return [] }
    let order = evaluator.images.indices.filter { evaluator.images[$0].meanIntersectionOverUnion.isFinite }
      .sorted {
        (evaluator.images[$0].meanIntersectionOverUnion, $0) < (
          evaluator.images[$1].meanIntersectionOverUnion, $1
        )
      }
    let middle = max(0, (order.count - Self.shownCount) / 2)
    return [
      classSection(evaluator),
      gallery(
        "examples", "Usual test images",
        "From left to right: the image, its mask, the prediction.",
        Array(order.dropFirst(middle).prefix(Self.shownCount)), evaluator, context),
      gallery(
        "hardest", "Hardest test images",
        "Those with the least intersection over union. Look for masks that are wrong or coarse: mending those helps most.",
        Array(order.prefix(Self.shownCount)), evaluator, context),
    ]
  }

  private func classSection(_ evaluator: SegmentationEvaluator) -> Report.Section {
    let total = evaluator.total
    let intervals = evaluator.intervals().classes
    let all = Double(max(1, total.real.reduce(0, +)))
    let rows = names.indices.map { label -> [Report.Table.Cell] in
      [
        .init(names[label]),
        .percent(
          total.intersectionOverUnion(label), interval: (intervals[label].lower, intervals[label].upper),
          hasBar: true),
        .percent(Double(total.hits[label]) / Double(total.predicted[label])),
        .percent(Double(total.hits[label]) / Double(total.real[label])),
        .percent(Double(total.real[label]) / all),
      ]
    }
    return Report.Section(
      id: "classes", title: "Scores by class",
      note:
        "IoU, intersection over union: the pixels that are of the class and predicted as it, over those that are "
        + "either. Precision: of the pixels predicted as the class, how many are of it. Recall: of those of the class, how "
        + "many are found. In small print the 95 % confidence interval.",
      blocks: [.table(.init(["Class", "IoU", "Precision", "Recall", "Share of pixels"], rows: rows))])
  }

  private func gallery(
    _ id: String, _ title: String, _ note: String, _ order: [Int], _ evaluator: SegmentationEvaluator,
    _ context: ReportContext
  ) -> Report.Section {
    let rows = order.map { evaluator.rows[$0] }.sorted()
    var maps: [Int: LabelMap] = [:]
    try? context.outputs(rows) { row, output in
      guard let path = maskPath(context.examples, row: row) else { return }
      maps[row] = try map(output, size: classes.labels(at: path).size)
    }
    let items = order.compactMap { place -> Report.Gallery.Item? in
      let row = evaluator.rows[place]
      guard let map = maps[row], let images = try? shown(context.examples, row: row, map) else { return nil }
      return Report.Gallery.Item(
        images, alt: "an image, its mask, and the prediction",
        title: "mean IoU \(Format.percent(evaluator.images[place].meanIntersectionOverUnion, digits: 0))",
        caption: context.examples.names[row].split(separator: "/").suffix(2).joined(separator: "/"))
    }
    return Report.Section(
      id: id, title: title, note: note, blocks: [.gallery(.init(items, layout: .triples))])
  }

  private func shown(_ examples: Examples, row: Int, _ map: LabelMap) throws -> [Report.Image] {
    guard case .files(let paths) = try examples.input().values, let mask = maskPath(examples, row: row) else {
      return []
    }
    let image = try Image(contentsOf: paths[row], channels: 3)
    let small = try image.resized(to: image.size.fitting(into: ImageSize(Self.side)))
    let truth = try classes.labels(at: mask)
    let right = LabelMap(
      size: truth.size, labels: truth.pixels.map { Int($0) < names.count ? $0 : 0 })
    return [
      try small.reportImage(), try right.overlay(on: small).reportImage(),
      try map.overlay(on: small).reportImage(),
    ]
  }
}
