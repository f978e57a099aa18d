import Apus
import Foundation
import Testing

@Suite struct SimilarTests {
  /// A picture of stripes across a gradient.
  private func write(_ path: String, _ seed: Int) throws {
    let pixels = (0..<40 * 40).flatMap { place -> [UInt8] in
      let (x, y) = (place % 40, place / 40)
      return [UInt8((x * seed) % 256), UInt8((y * seed * 3) % 256), UInt8((x + y) * 3)]
    }
    try Image(width: 40, height: 40, channels: 3, pixels: pixels).writePNG(to: path)
  }

  @Test func findsPhotosAndPairs() throws {
    try withFolder { folder in
      try FileManager.default.createDirectory(atPath: folder + "/photos", withIntermediateDirectories: true)
      for (number, seed) in [3, 5, 7, 7].enumerated() { try write("\(folder)/photos/\(number).png", seed) }
      try AtomicFile.write("no photo", to: folder + "/photos/broken.png")
      let model = try VisionModel(.leNet5, classes: 2)
      try model.build(inputShape: model.inputShape, seed: 1)
      try NetworkModel(model, target: Classification(["a", "b"])).save(to: folder + "/model")

      let first = try Command.run(
        "similar", "--index", "photos", "--model", "model", "photos/1.png", "--count", "2", "--save",
        "photos.index",
        "--json", in: folder)
      #expect(first.status == 0, "\(first.errors)")
      let json = try first.json()
      let matches = json["queries"]?.arrayValue?.first?["matches"]?.arrayValue
      #expect(json["photos"]?.integerValue == 4 && matches?.count == 2)
      #expect(matches?.first?["file"]?.stringValue == "photos/1.png")
      #expect((matches?.first?["similarity"]?.doubleValue ?? 0) > 0.999)

      let pairs = try Command.run(
        "similar", "--index", "photos.index", "--duplicates", "0.9999", "--json", in: folder)
      #expect(pairs.status == 0, "\(pairs.errors)")
      let files = try pairs.json()["near_duplicates"]?.arrayValue?.first?["files"]?.arrayValue
      #expect(files?.compactMap(\.stringValue) == ["photos/2.png", "photos/3.png"])

      let page = try Command.run(
        "similar", "--index", "photos.index", "--model", "model", "photos/0.png", "--html", "found.html",
        in: folder)
      #expect(page.status == 0 && page.output.contains("1.000  photos/0.png"))
      #expect(
        try String(contentsOfFile: folder + "/found.html", encoding: .utf8).contains("data:image/")
      )

      // An index of another network's is not searched.
      let other = try VisionModel(.leNet5, classes: 2)
      try other.build(inputShape: model.inputShape, seed: 2)
      try NetworkModel(other, target: Classification(["a", "b"])).save(to: folder + "/other")
      let wrong = try Command.run(
        "similar", "--index", "photos.index", "--model", "other", "photos/0.png", in: folder)
      #expect(wrong.status == 65 && wrong.errors.contains("another network"))
    }
  }

  /// A style is learned, taken up again, and painted with. A network of few weights at random judges.
  @Test func aStyleIsLearnedAndUsed() throws {
    try withFolder { folder in
      let judge = try VisionModel(.squeezeNet11, inputShape: [32, 32, 3], includeTop: false)
      try judge.build(inputShape: [32, 32, 3], seed: 1)
      let maps = judge.network.nodes.filter { $0.outputShape.rank == 3 && $0.outputShape[0] > 1 }.map(\.name)
      try judge.saveWeights(to: folder + "/judge.safetensors")
      try FileManager.default.createDirectory(atPath: folder + "/photos", withIntermediateDirectories: true)
      for number in 0..<3 {
        let pixels = (0..<48 * 40 * 3).map { UInt8(truncatingIfNeeded: $0 * (number + 3) / 7) }
        try Image(width: 48, height: 40, channels: 3, pixels: pixels)
          .writePNG(to: folder + "/photos/\(number).png")
      }
      // A training that was begun with another picture.
      try FileManager.default.createDirectory(
        atPath: folder + "/other/checkpoint", withIntermediateDirectories: true)
      try AtomicFile.write("0123\n", to: folder + "/other/style.sha256")
      let refused = try Command.run(
        "style", "train", "photos", "--style", "photos/0.png", "--output", "other", "--resume", "--size",
        "32",
        "--architecture", "SqueezeNet1_1", "--weights", "judge.safetensors", "--style-layers", maps[0],
        "--content-layers", maps[4], in: folder)
      #expect(refused.status == 64 && refused.errors.contains("another image"), "\(refused.errors)")
      let trained = try Command.run(
        "style", "train", "photos", "--style", "photos/0.png", "--output", "mine", "--epochs", "2", "--size",
        "32", "--style-size", "32", "--batch-size", "2", "--width", "2", "--architecture", "SqueezeNet1_1",
        "--weights", "judge.safetensors", "--style-layers", "\(maps[0]),\(maps[2])", "--content-layers",
        maps[4], "--json", in: folder)
      #expect(trained.status == 0, "\(trained.errors)")
      let json = try trained.json()
      // The last image joins the batch before it.
      #expect(json["steps"]?.integerValue == 2 && json["finished"]?.boolValue == true)
      #expect(json["losses"]?.arrayValue?.count == 2)
      #expect(try Image(contentsOf: folder + "/mine/sample.png").size == ImageSize(width: 768, height: 512))
      #expect(!FileManager.default.fileExists(atPath: folder + "/mine/checkpoint"))
      #expect(!FileManager.default.fileExists(atPath: folder + "/mine/style.sha256"))
      for network in ["mine", "mine/network.safetensors"] {
        let painted = try Command.run(
          "style", "photos/1.png", "--network", network, "--output", "out.png", "--json", in: folder)
        #expect(painted.status == 0, "\(painted.errors)")
        #expect(try Image(contentsOf: folder + "/out.png").size == ImageSize(width: 48, height: 40))
      }
      #expect(
        try Command.run(
          "style", "photos/1.png", "--network", "judge.safetensors", "--output", "o.png", in: folder
        )
        .status == 65)
    }
  }

  @Test func whatIsWrongIsSaid() throws {
    try withFolder { folder in
      #expect(try Command.run("similar", "--index", folder).status == 64)
      #expect(
        try Command.run("similar", "--index", folder, "--save", "x", "--architecture", "none", in: folder)
          .status
          == 64)
      #expect(try Command.run("style", "a.png", "b.png", "--output", "c.png", "--size", "8").status == 64)
      let layers = try Command.run(
        "style", "a.png", "b.png", "--output", "c.png", "--architecture", "ResNet50")
      #expect(layers.status == 64 && layers.errors.contains("--style-layers"))
      // Either a picture or a network, which must be there.
      #expect(try Command.run("style", "a.png", "--output", "c.png").status == 64)
      #expect(try Command.run("style", "a.png", "b.png", "--network", "n", "--output", "c.png").status == 64)
      #expect(
        try Command.run("style", "a.png", "--network", "n", "--output", "c.png", in: folder).status == 66)
      let odd = try Command.run("style", "train", folder, "--style", "a.png", "--output", "n", "--size", "30")
      #expect(odd.status == 64 && odd.errors.contains("multiple of 4"))
      #expect(
        try Command.run("style", "train", folder, "--style", "a.png", "--output", "n", in: folder).status
          == 66)
    }
  }
}
