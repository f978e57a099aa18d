import ApusData
import ApusIO
import Foundation
import Testing

/// Images of a dataset from training to prediction. The dataset must be installed, as `make setup` does.
@Suite struct DatasetCommandTests {
  @Test func trainsAndPredicts() throws {
    try #require(FashionMNIST.location() != nil, "Fashion-MNIST is missing: run `make setup`")
    try withFolder { folder in
      let fit = try Command.run(
        "fit", "--dataset", "fashion-mnist", "--hidden", "32", "--samples", "1000", "--epochs", "2",
        in: folder)
      #expect(fit.status == 0, "\(fit.errors)")
      // Plain lines, one an epoch, where nobody watches.
      #expect(fit.errors.contains("Epoch 2/2"))
      #expect(!fit.errors.contains("\u{1B}"))
      let result = try json(ofFile: folder + "/runs/latest/result.json")
      #expect(try #require(CommandRun.score("accuracy", in: result)) > 0.5)
      #expect(result["data"]?["counts"]?["test"]?.integerValue == 1000)

      let page = try String(contentsOfFile: folder + "/runs/latest/report.html", encoding: .utf8)
      for heading in ["Confusion matrix", "Scores", "Training, validation and test set", "Settings"] {
        #expect(page.contains(heading), "\(heading)")
      }
      for outside in ["http://", "https://", "<script", "@import", "url("] {
        #expect(!page.replacingOccurrences(of: "http://www.w3.org/2000/svg", with: "").contains(outside))
      }

      // An example of each class lies beside the model, and the run names one to try.
      let examples = try FileManager.default.contentsOfDirectory(atPath: folder + "/runs/latest/examples")
      #expect(examples.count == 10 && examples.contains("t-shirt-top.png"))
      #expect(result["example"]?.stringValue?.contains("/examples/") == true)
      let good = try Command.run(
        "predict", "--model", "runs/latest", "runs/latest/examples/trouser.png",
        "runs/latest/examples/bag.png",
        "--json", in: folder)
      let predictions = try #require(good.json()["predictions"]?.arrayValue)
      #expect(predictions.count == 2 && predictions[0]["class"]?.stringValue == "Trouser")
      #expect(predictions.allSatisfy { $0["probabilities"]?.members?.count == 10 })

      // The same pixels as PGM are the same image; those in another size nearly.
      let trouser = try Image(contentsOf: folder + "/runs/latest/examples/trouser.png")
      #expect(trouser.size == ImageSize(28) && trouser.channels == 1)
      try trouser.resized(to: ImageSize(56)).writePNG(to: folder + "/large.png")
      let large = try Command.run("predict", "--model", "runs/latest", "large.png", "--json", in: folder)
        .json()
      #expect(large["predictions"]?.arrayValue?.first?["class"]?.stringValue == "Trouser")
      let header = Array("P5\n28 28\n255\n".utf8)
      try AtomicFile.write(header + trouser.pixels, to: folder + "/trouser.pgm")
      let gray = try Command.run("predict", "--model", "runs/latest", "trouser.pgm", "--json", in: folder)
        .json()
      let plain = try Command.run(
        "predict", "--model", "runs/latest", "runs/latest/examples/trouser.png", "--json", in: folder
      ).json()
      let probabilities = plain["predictions"]?.arrayValue?.first?["probabilities"]
      #expect(gray["predictions"]?.arrayValue?.first?["probabilities"] == probabilities)
      let inverted = try Command.run(
        "predict", "--model", "runs/latest", "--invert", "trouser.pgm", "--json", in: folder
      ).json()
      #expect(inverted["predictions"]?.arrayValue?.first?["probabilities"] != probabilities)

      try AtomicFile.write(Array(header.prefix(12)) + [1, 2, 3], to: folder + "/cut.pgm")
      #expect(try Command.run("predict", "--model", "runs/latest", "cut.pgm", in: folder).status == 65)
      #expect(try Command.run("predict", "--model", "runs/latest", "none.png", in: folder).status == 66)
    }
  }
}
