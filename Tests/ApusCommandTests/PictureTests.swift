import ApusData
import ApusIO
import Foundation
import Testing

/// Pictures from training to prediction. The data set must be installed, as `make setup` does.
@Suite struct PictureTests {
  @Test func trainsPredictsAndRefusesWrongSizes() throws {
    try #require(FashionMNIST.location() != nil, "Fashion-MNIST is missing: run `make setup`")
    try withFolder { folder in
      let fit = try Command.run(
        "fit", "--dataset", "fashion-mnist", "--architecture", "perceptron", "--hidden", "32", "--samples",
        "1000",
        "--epochs", "2", "--output", "run", in: folder)
      #expect(fit.status == 0, "\(fit.errors)")
      // Plain lines, one an epoch, where nobody watches.
      #expect(fit.errors.contains("Epoch 2/2"))
      #expect(!fit.errors.contains("\u{1B}"))
      let accuracy = try #require(
        JSON(parsing: Array(String(contentsOfFile: folder + "/run/result.json", encoding: .utf8).utf8))[
          "metrics"]?[
            "accuracy"]?.doubleValue)
      #expect(accuracy > 0.5)

      let page = try String(contentsOfFile: folder + "/run/report.html", encoding: .utf8)
      for heading in [
        "Training and validation curves", "Confusion matrix", "Precision, recall and F1 of each class",
        "Most confident mistakes", "Settings",
      ] {
        #expect(page.contains(heading))
      }
      for outside in ["http://", "https://", "<script", "@import", "url("] {
        #expect(!page.replacingOccurrences(of: "http://www.w3.org/2000/svg", with: "").contains(outside))
      }

      let good = try Command.run(
        "predict", "--model", "run", "run/examples/trouser.png", "run/examples/bag.png", "--json", in: folder)
      let predictions = try #require(good.json()["predictions"]?.arrayValue)
      #expect(predictions.count == 2)
      #expect(predictions.allSatisfy { $0["probabilities"]?.members?.count == 10 })

      let trouser = try Image(contentsOf: folder + "/run/examples/trouser.png")
      try trouser.resized(to: ImageSize(width: 30, height: 28)).writePNG(to: folder + "/wide.png")
      let wide = try Command.run("predict", "--model", "run", "wide.png", in: folder)
      #expect(wide.status == 65)
      #expect(wide.errors.contains("width is 30, expected 28"))
      #expect(try Command.run("predict", "--model", "run", "--resize", "wide.png", in: folder).status == 0)

      // The same pixels as PGM are the same picture.
      let header = Array("P5\n28 28\n255\n".utf8)
      try AtomicFile.write(header + trouser.pixels, to: folder + "/trouser.pgm")
      let grey = try Command.run("predict", "--model", "run", "trouser.pgm", "--json", in: folder).json()
      #expect(
        grey["predictions"]?.arrayValue?.first?["probabilities"] == predictions[0]["probabilities"])

      try AtomicFile.write(Array(header.prefix(12)) + [1, 2, 3], to: folder + "/cut.pgm")
      #expect(try Command.run("predict", "--model", "run", "cut.pgm", in: folder).status == 65)
      #expect(try Command.run("predict", "--model", "run", "none.png", in: folder).status == 66)
    }
  }
}
