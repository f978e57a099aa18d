import ApusData
import ApusGraph
import ApusIO
import ApusTasks
import ApusTestSupport
import Foundation
import Testing

@testable import ApusVision

/// How image files become a network's input, and what a classifier predicts for them.
@Suite struct ImageInputTests {
  private func logits(_ model: NetworkModel, _ files: [String]) throws -> [[Float]] {
    var found: [[Float]] = []
    try model.outputs(Examples(files: files), rows: nil, progress: { _ in }) { found.append($1) }
    return found
  }

  @Test func filesArePredictedAsTheNetworkComputes() throws {
    try withTemporaryFolder { folder in
      let files = try (0..<5).map { number in
        try writeDrawn(to: "\(folder)/\(number).png", hue: number, width: 40 + number, height: 36)
      }
      let broken = folder + "/broken.png"
      try AtomicFile.write([137, 80, 78, 71, 13, 10, 26, 10, 0, 0], to: broken)
      let model = try leNet(temperature: 1.5)
      let result = try model.predict(Examples(files: files[..<2] + [broken] + files[2...]))
      #expect(result.rows == [0, 1, 3, 4, 5])
      #expect(result.skipped.map(\.name) == [broken])
      #expect(throws: DataError.self) { try model.predict(files: [broken]) }
      // One by one, and softmax by hand, with the temperature.
      let alone = try files.map { try logits(model, [$0])[0] }
      for (prediction, logits) in zip(result.predictions, alone) {
        guard case .category(let probabilities) = prediction else {
          Issue.record("probabilities were expected")
          continue
        }
        let powers = logits.map { exp(Double($0) / 1.5) }
        #expect(abs(probabilities[0] - powers[0] / (powers[0] + powers[1])) < 1e-5)
        #expect(abs(probabilities.reduce(0, +) - 1) < 1e-12)
      }
    }
  }

  @Test func cropsAreAveraged() throws {
    try withTemporaryFolder { folder in
      let file = try writeDrawn(to: folder + "/a.png", hue: 3, width: 50, height: 32)
      let flipped = folder + "/b.png"
      try Image(contentsOf: file).flippedHorizontally().writePNG(to: flipped)
      let plain = try logits(leNet(), [file, flipped])
      let both = try logits(leNet(crops: TestTimeCrop.both), [file])[0]
      for label in 0..<2 { #expect(abs(both[label] - (plain[0][label] + plain[1][label]) / 2) < 1e-5) }
      // Ten crops, all at the network's size, of which the middle is the first.
      let input = try ImageInput(size: ImageSize(32), crops: TestTimeCrop.tenCrops)
      let features = try input.features(Examples(files: [file]), row: 0)
      #expect(features.count == 10 && features.allSatisfy { $0[0].shape == [32, 32, 3] })
      #expect(Set(features.map { $0[0].doubles }).count == 10)
    }
  }

  @Test func placesOfCrops() {
    let frame = ImageRegion(left: 10, top: 20, width: 80, height: 40)
    #expect(TestTimeCrop.plain.region(in: frame) == frame)
    let corner = TestTimeCrop(share: 0.5, across: 1, down: -1).region(in: frame)
    #expect(corner == ImageRegion(left: 50, top: 20, width: 40, height: 20))
    #expect(TestTimeCrop(share: 7, across: -3) == TestTimeCrop(share: 1, across: -1))
  }

  @Test func whatIsInFoldersIsFoundOrNamed() throws {
    try withTemporaryFolder { folder in
      try writeDrawn(to: folder + "/in/1.png", hue: 1)
      try AtomicFile.write("8BPS", to: folder + "/in/layers.psd")
      try AtomicFile.write("<html>", to: folder + "/in/page.jpg")
      try AtomicFile.write("a,b", to: folder + "/in/table.csv")
      let input = try ImageInput(size: ImageSize(32))
      let examples = try input.examples(at: [folder + "/in", folder + "/in/1.png"])
      #expect(examples.lastNames == ["1.png", "1.png"])
      #expect(
        Set(examples.skipped.map { ($0.name as NSString).lastPathComponent }) == ["layers.psd", "page.jpg"])
      #expect(examples.notes.contains { $0.contains("table.csv") })
      #expect(throws: FileError.self) { try input.examples(at: [folder + "/none"]) }
      try FileManager.default.removeItem(atPath: folder + "/in/1.png")
      #expect(message { _ = try input.examples(at: [folder + "/in"]) }.contains("layers.psd"))
    }
  }

  @Test func settingsThatMakeNoSenseAreRefused() {
    for share in [0, -1, 1.5, .nan] {
      #expect(throws: DataError.self) { try ImageInput(size: ImageSize(32), fitting: .crop(share: share)) }
    }
    #expect(throws: DataError.self) { try ImageInput(size: ImageSize(0)) }
    #expect(throws: DataError.self) { try ImageInput(size: ImageSize(32), channels: 5) }
    #expect(throws: DataError.self) { try ImageInput(size: ImageSize(32), crops: []) }
  }
}
