import ApusData
import ApusTasks
import ApusTensor
import ApusTestSupport
import Foundation
import Testing

@testable import ApusVision

@Suite struct FrozenFeaturesTests {
  @Test func headOnFeaturesGivesWhatTheNetworkGives() throws {
    try withTemporaryFolder { folder in
      var files = try (0..<3).map {
        try writeDrawn(to: "\(folder)/\($0).png", hue: $0, width: 40, height: 36)
      }
      try "no image".write(toFile: folder + "/x.png", atomically: true, encoding: .utf8)
      files.append(folder + "/x.png")
      let vision = try smallVision()
      let target = try Classification(["a", "b"])
      let model = try NetworkModel(vision, target: target, crops: TestTimeCrop.both)
      let examples = try Examples(files: files, classes: ["a", "b", "a", "b"])
      let data = TaskData(examples: examples, parts: [.training: [0, 1, 2, 3]], target: target)
      let features = try FrozenFeatures(model, vision, data, .training, .silent)
      #expect(features.rows == [0, 1, 2] && features.skipped.map(\.name) == [folder + "/x.png"])
      #expect(features.cropCount == 2 && features.vectors.count == 3)
      #expect(try features.dataset(data, target).classLabels() == [0, 0, 1, 1, 0, 0])
      let head = try vision.parted().head
      var found: [[Float]] = []
      try features.outputs(CompiledFunction { [head($0[0])] }, isPlain: false) { found.append($1) }
      var expected: [[Float]] = []
      try model.outputs(examples, rows: [0, 1, 2], progress: { _ in }) { expected.append($1) }
      for (row, other) in zip(found, expected) {
        for (value, number) in zip(row, other) { #expect(abs(value - number) < 1e-4) }
      }
      #expect(found.count == 3 && expected.count == 3)
    }
  }
}
