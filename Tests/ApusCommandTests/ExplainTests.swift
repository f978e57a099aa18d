import Apus
import Foundation
import Testing

@Suite struct ExplainTests {
  /// A classifier with first weights, and two images.
  private func prepare(_ folder: String) throws {
    let model = try VisionModel(.leNet5, classes: 2, inputShape: [32, 32, 3])
    try model.build(inputShape: model.inputShape, seed: 1)
    try NetworkModel(model, target: Classification(["cats", "a/b dogs"])).save(to: folder + "/model")
    for number in 0..<2 {
      let pixels = (0..<48 * 40 * 3).map { UInt8(($0 * (7 + number)) % 251) }
      try Image(width: 48, height: 40, channels: 3, pixels: pixels).writePNG(to: "\(folder)/\(number).png")
    }
  }

  @Test(arguments: ["grad-cam", "integrated-gradients", "occlusion"])
  func heatMapsAreWritten(method: String) throws {
    try withFolder { folder in
      try prepare(folder)
      let run = try Command.run(
        "explain", "--model", "model", "--method", method, "--class", "a/b dogs", "--output", "why", "--json",
        "0.png", "1.png", in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let json = try run.json()
      #expect(json["method"]?.stringValue == method)
      let entries = try #require(json["explanations"]?.arrayValue)
      #expect(entries.count == 2)
      for (number, entry) in entries.enumerated() {
        #expect(entry["class"]?.stringValue == "a/b dogs")
        #expect((0...1).contains(try #require(entry["probability"]?.doubleValue)))
        #expect(entry["heat_map"]?.stringValue == "why/\(number)-a-b-dogs.png")
        #expect(try Image(contentsOf: "\(folder)/why/\(number)-a-b-dogs.png").channels == 3)
      }
    }
  }

  @Test func theSameImageTwiceGetsTwoHeatMaps() throws {
    try withFolder { folder in
      try prepare(folder)
      let run = try Command.run("explain", "--model", "model", "0.png", "0.png", in: folder)
      #expect(run.status == 0)
      #expect(run.output.contains("the evidence for") || run.output.contains("nothing in this image"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/explanations").count == 2)
    }
  }

  @Test func mistakesAreExplainedKindly() throws {
    try withFolder { folder in
      try prepare(folder)
      let unknown = try Command.run("explain", "--model", "model", "--class", "cow", "0.png", in: folder)
      #expect(unknown.status == 64 && unknown.errors.contains("cats") && unknown.errors.contains("a/b dogs"))
      let missing = try Command.run("explain", "--model", "model", "none.png", in: folder)
      #expect(missing.status == 66 && missing.errors.contains("none.png"))
      #expect(!FileManager.default.fileExists(atPath: folder + "/explanations"))
      let method = try Command.run("explain", "--model", "model", "--method", "guess", "0.png", in: folder)
      #expect(method.status == 64 && method.errors.contains("occlusion"))
      let model = try Command.run("explain", "--model", "nowhere", "0.png", in: folder)
      #expect(model.status == 66)
      let output = try Command.run("explain", "--model", "model", "--output", "0.png", "0.png", in: folder)
      #expect(output.status == 73)
    }
  }
}
