import ApusData
import ApusTasks
import ApusTestSupport
import Foundation
import Testing

@testable import ApusVision

/// Classes of pixels: scores, and maps of logits.
@Suite struct SegmentationTests {
  @Test func scoresCountPixels() {
    let counts = SegmentationEvaluator.Counts([0, 1, 1, 2, 0], truth: [0, 1, 2, 2, 255], classes: 4)
    #expect(counts.hits == [1, 1, 1, 0] && counts.predicted == [1, 2, 1, 0] && counts.real == [1, 1, 2, 0])
    #expect(counts.intersectionOverUnion(0) == 1 && counts.intersectionOverUnion(1) == 0.5)
    #expect(counts.intersectionOverUnion(3).isNaN)
    #expect(abs(counts.meanIntersectionOverUnion - 2 / 3.0) < 1e-12 && counts.accuracy == 0.75)
  }

  @Test func logitsThatAreNoNumbersAreNoClass() throws {
    let size = ImageSize(width: 2, height: 1)
    let map = try LabelMap(logits: [.nan, .nan, 2, 1], count: 2, seen: size, size)
    #expect(map.labels == [0, 0])
    #expect(try LabelMap(logits: [0, 3, 2, -1], count: 2, seen: size, size).labels == [1, 0])
    #expect(throws: DataError.self) { try LabelMap(logits: [1], count: 2, seen: size, size) }
  }

  @Test func mapsHaveTheSizeOfTheImage() throws {
    let map = try LabelMap(
      logits: [5, 0, 5, 0, 0, 5, 0, 5], count: 2, seen: ImageSize(2), ImageSize(width: 4, height: 6))
    #expect(map.size == ImageSize(width: 4, height: 6) && map.labels.prefix(4) == [0, 0, 0, 0])
    #expect(map.labels.suffix(4) == [1, 1, 1, 1] && map.shares(2).reduce(0, +) == 1)
    #expect(try map.mask().size == map.size)
  }

  @Test func masksOfWholeEvaluationsCount() throws {
    try withTemporaryFolder { folder in
      for number in 0..<3 { try writeSquare(number, photos: folder + "/p", masks: folder + "/m", side: 4) }
      let examples = try MaskFolder(folder: folder + "/p", masks: folder + "/m", names: nil).read(
        for: nil, .silent)
      let found = try #require(try Segmentation.propose(examples, rows: [0, 1, 2], task: nil))
      var target = found.target
      target.size = ImageSize(4)
      var evaluator = target.evaluator(for: examples)
      for row in 0..<3 {
        let truth = try target.classes.labels(at: try #require(target.maskPath(examples, row: row)))
        try evaluator.add(row: row, output: truth.pixels.flatMap { $0 == 0 ? [9, 0] : [0, 9] as [Float] })
      }
      let evaluation = try evaluator.evaluation()
      #expect(evaluation.primary == "mean_iou" && evaluation.primaryScore == 1 && evaluation.loss == 0)
      #expect(evaluation.details.reduce(0) { $0 + ($1.scores["pixels"] ?? 0) } == 48)
    }
  }
}
