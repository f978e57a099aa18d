import ApusData
import ApusGraph
import ApusIO
import ApusPhotos
import ApusTensor
import ApusVision
import Foundation
import Testing

/// A classifier and the photos that it is asked about.
@Suite struct PhotoClassifierTests {
  func classifier() throws -> PhotoClassifier {
    let model = try VisionModel(.leNet5, classes: 2, inputShape: [32, 32, 3])
    try model.build(inputShape: model.inputShape, seed: 1)
    return try PhotoClassifier(model: model, classNames: ["déjà vu", "new one"], temperature: 1.5)
  }

  @Test func saysOfFilesWhatItSaysOfPictures() throws {
    try withPhotoFolder { folder in
      let files = try (0..<5).map { number in
        try writePhoto(to: "\(folder)/\(number).png", hue: number, width: 40 + number, height: 36)
      }
      let broken = folder + "/broken.png"
      try AtomicFile.write([137, 80, 78, 71, 13, 10, 26, 10, 0, 0], to: broken)
      let classifier = try classifier()
      let answers = try classifier.answers(for: files[..<2] + [broken] + files[2...])
      #expect(answers.files == files)
      #expect(answers.skipped.map(\.path) == [broken])
      #expect(throws: FileError.self) { try classifier.answers(for: [broken], broken: .thrown) }
      let direct = try classifier.logits(files.map { try classifier.literal(ofFile: $0) }).doubles
      for (index, row) in answers.logits.enumerated() {
        for (label, value) in row.enumerated() { #expect(abs(value - direct[index * 2 + label]) < 1e-5) }
        #expect(abs(answers.probabilities(index).reduce(0, +) - 1) < 1e-12)
      }
      // Softmax by hand, with the temperature.
      let row = answers.logits[0].map { exp($0 / 1.5) }
      #expect(abs(answers.probabilities(0)[0] - row[0] / (row[0] + row[1])) < 1e-9)
    }
  }

  @Test func viewsAreAveraged() throws {
    try withPhotoFolder { folder in
      let file = try writePhoto(to: folder + "/a.png", hue: 3, width: 50, height: 32)
      let mirror = folder + "/b.png"
      try Image(contentsOf: file).flippedHorizontally().writePNG(to: mirror)
      let classifier = try classifier()
      let single = try classifier.answers(for: [file, mirror]).logits
      let both = try classifier.answers(for: [file], views: PhotoView.both).logits[0]
      for label in 0..<2 { #expect(abs(both[label] - (single[0][label] + single[1][label]) / 2) < 1e-5) }
      #expect(try classifier.answers(for: [file], views: PhotoView.tenCrops).count == 1)
    }
  }

  @Test func isTheSameAfterSavingAndLoading() throws {
    try withPhotoFolder { folder in
      let file = try writePhoto(to: folder + "/a.png", hue: 3, width: 50, height: 32)
      var classifier = try classifier()
      classifier.origin.folder = "photos"
      try classifier.save(to: folder + "/model")
      #expect(PhotoClassifier.isClassifier(at: folder + "/model"))
      #expect(!PhotoClassifier.isClassifier(at: folder))
      let loaded = try PhotoClassifier.load(from: folder + "/model")
      #expect(loaded.classNames == classifier.classNames)
      #expect(loaded.temperature == 1.5)
      #expect(loaded.loading == classifier.loading)
      #expect(loaded.origin == classifier.origin)
      #expect(try loaded.answers(for: [file]).logits == classifier.answers(for: [file]).logits)
    }
  }

  @Test func refusesFilesThatAreNoClassifiers() throws {
    try withPhotoFolder { folder in
      let path = folder + "/model.safetensors"
      let classifier = try classifier()
      try classifier.save(to: folder)
      let file = try Safetensors(path: path)
      let (tensors, metadata) = (try file.literals(), file.metadata)
      func refused(_ tensors: [String: Literal], _ changes: [String: String]) throws {
        try Safetensors.write(tensors, metadata: metadata.merging(changes) { $1 }, to: path)
        #expect(throws: FileError.self) { try PhotoClassifier.load(from: folder) }
      }
      let card = try #require(metadata["card"])
      try refused(tensors, ["format": "other"])
      try refused(tensors, ["version": "2"])
      try refused(tensors, ["card": "{"])
      try refused(tensors, ["card": card.replacingOccurrences(of: "LeNet5", with: "NoNet")])
      try refused(tensors, ["card": card.replacingOccurrences(of: "\"height\":32", with: "\"height\":1e9")])
      try refused(tensors, ["card": card.replacingOccurrences(of: "1.5", with: "-1")])
      try refused(tensors.filter { $0.key != "conv1.kernel" }, [:])
      try refused(tensors.merging(["more": Literal([Float(1)], shape: [1])]) { $1 }, [:])
      #expect(throws: FileError.self) { try PhotoClassifier.load(from: folder + "/none") }
    }
  }

  @Test func refusesAFittingThatMakesNoSense() throws {
    let model = try VisionModel(.leNet5, classes: 2, inputShape: [32, 32, 3])
    for share in [0, -1, 1.5, .nan] {
      #expect(throws: DataError.self) {
        try PhotoClassifier(model: model, classNames: ["a", "b"], fitting: .crop(share: share))
      }
    }
  }

  @Test func refusesLabelsThatDoNotFit() throws {
    let classifier = try classifier()
    #expect(throws: DataError.self) { try classifier.answers(for: ["a"], labels: []) }
    #expect(throws: DataError.self) { try classifier.answers(for: ["a"], labels: [2]) }
  }
}
