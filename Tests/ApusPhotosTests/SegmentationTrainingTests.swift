import ApusData
import ApusIO
import Foundation
import Testing

@testable import ApusPhotos

/// A bright square on a dark ground, and its mask with the given values for ground and square.
func writeSquare(
  _ number: Int, photos: String, masks: String, values: (UInt8, UInt8) = (0, 1), side: Int = 32,
  suffix: String = ""
) throws {
  for folder in [photos, masks] {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }
  var random = PhiloxGenerator(seed: UInt64(number))
  let (left, top) = (random.uniform(below: side / 2), random.uniform(below: side / 2))
  var pixels: [UInt8] = [], mask: [UInt8] = []
  for place in 0..<side * side {
    let isIn =
      (left..<left + side / 2).contains(place % side) && (top..<top + side / 2).contains(place / side)
    let grain = UInt8(random.uniform() * 40)
    pixels += isIn ? [200 + grain, 180, 60 + grain] : [30 + grain, 60, 90 + grain]
    mask.append(isIn ? values.1 : values.0)
  }
  try Image(width: side, height: side, channels: 3, pixels: pixels).writePNG(to: "\(photos)/\(number).png")
  try Image(width: side, height: side, channels: 1, pixels: mask).writePNG(
    to: "\(masks)/\(number)\(suffix).png")
}

@Suite struct SegmentationTrainingTests {
  @Test func aClassForEachPixelIsLearned() async throws {
    try await withPhotoFolder { folder in
      for number in 0..<20 { try writeSquare(number, photos: folder + "/photos", masks: folder + "/masks") }
      let photos = try MaskedPhotos(
        folder: folder + "/photos", masks: folder + "/masks", names: ["ground", "square"])
      var wishes = PhotoRecipe.Wishes()
      (wishes.architecture, wishes.side, wishes.epochs) = ("UNet(4)", 32, 30)
      var recipe = try SegmentationRecipe(side: 32, count: photos.training.count, wishes: wishes)
      recipe.batchSize = 4
      let training = SegmentationTraining(photos, recipe: recipe, seed: 1, output: folder + "/model")
      let result = try await training.run()
      #expect(result.test.total.meanIntersectionOverUnion > 0.8)
      let pixelCount: Int = result.test.total.real.reduce(0, +)
      #expect(pixelCount == 4096)
      #expect(!FileManager.default.fileExists(atPath: training.checkpointPath))

      #expect(PhotoSegmenter.isSegmenter(at: folder + "/model"))
      let loaded = try PhotoSegmenter.load(from: folder + "/model")
      #expect(loaded.classes == photos.classes && loaded.architecture == "UNet(4)")
      let file = result.test.files[0]
      let map = try loaded.map(ofFile: file)
      #expect(map == (try result.segmenter.map(ofFile: file)) && map.size == ImageSize(32))
      let whole: Double = map.shares(2).reduce(0, +)
      #expect(abs(whole - 1) < 1e-12)
      // Photos of another size are answered in that.
      try Image(contentsOf: file).resized(to: ImageSize(width: 50, height: 41)).writePNG(
        to: folder + "/other.png")
      #expect(try loaded.map(ofFile: folder + "/other.png").mask().size == ImageSize(width: 50, height: 41))

      let page = try SegmentationReport(result).html()
      #expect(page.contains("IoU, precision and recall of each class") && page.contains("gallery triples"))
      #expect(throws: FileError.self) { try TargetPredictor.load(from: folder + "/model") }
    }
  }

  @Test func aBetterNetworkOfBeforeTheInterruptionComesBack() async throws {
    try await withPhotoFolder { folder in
      for number in 0..<12 { try writeSquare(number, photos: folder + "/photos", masks: folder + "/masks") }
      let photos = try MaskedPhotos(folder: folder + "/photos", masks: folder + "/masks")
      func training(epochs: Int, resumes: Bool = false, seed: UInt64 = 1) throws -> SegmentationTraining {
        var wishes = PhotoRecipe.Wishes()
        (wishes.architecture, wishes.side, wishes.epochs) = ("UNet(4)", 32, epochs)
        var recipe = try SegmentationRecipe(side: 32, count: photos.training.count, wishes: wishes)
        recipe.batchSize = 4
        return SegmentationTraining(
          photos, recipe: recipe, seed: seed, output: folder + "/model", resumes: resumes)
      }
      let good = try await training(epochs: 25).run()
      #expect(good.test.total.meanIntersectionOverUnion > 0.6)
      // What one epoch taught does not take its place, nor is a file removed that training did not write.
      let poor = try training(epochs: 1, resumes: true)
      try FileManager.default.createDirectory(
        atPath: poor.checkpointPath, withIntermediateDirectories: true)
      try AtomicFile.write("mine", to: poor.checkpointPath + "/notes.txt")
      let result = try await poor.run()
      let file = result.test.files[0]
      #expect(try result.segmenter.map(ofFile: file) == good.segmenter.map(ofFile: file))
      #expect(try FileManager.default.contentsOfDirectory(atPath: poor.checkpointPath) == ["notes.txt"])
    }
  }

  @Test func masksAreUnderstood() throws {
    try withPhotoFolder { folder in
      func photos(_ name: String, _ values: (UInt8, UInt8), suffix: String = "") throws -> MaskedPhotos {
        for number in 0..<6 {
          try writeSquare(
            number, photos: "\(folder)/\(name)/photos", masks: "\(folder)/\(name)/masks", values: values,
            suffix: suffix)
        }
        return try MaskedPhotos(folder: "\(folder)/\(name)/photos", masks: "\(folder)/\(name)/masks")
      }
      #expect(try photos("plain", (0, 1)).classes == .init(names: ["background", "class 1"]))
      let white = try photos("white", (0, 255), suffix: "_mask")
      #expect(white.classes.reading == .threshold(127) && white.training.count == 6)
      #expect(try photos("spread", (20, 180)).classes.names == ["#141414", "#b4b4b4"])
      // Unknown edges.
      _ = try photos("edges", (0, 2))
      var pixels = [UInt8](repeating: 0, count: 32 * 32)
      (pixels[0], pixels[1]) = (255, 1)
      try Image(width: 32, height: 32, channels: 1, pixels: pixels).writePNG(
        to: folder + "/edges/masks/0.png")
      let edges = try MaskedPhotos(folder: folder + "/edges/photos", masks: folder + "/edges/masks")
      #expect(edges.classes.ignoredLabel == 255 && edges.classes.names.count == 3)
      // In colours.
      for number in 0..<6 {
        let colours: [UInt8] = (0..<32 * 32).flatMap { $0 % 32 < 9 ? [255, 0, 0] as [UInt8] : [0, 0, 0] }
        try Image(width: 32, height: 32, channels: 3, pixels: colours).writePNG(
          to: folder + "/plain/masks/\(number).png")
      }
      let coloured = try MaskedPhotos(folder: folder + "/plain/photos", masks: folder + "/plain/masks")
      #expect(coloured.classes.names == ["background", "#ff0000"])
      #expect(
        try coloured.classes.labels(at: coloured.training.masks[0]).pixels.prefix(10) == [
          1, 1, 1, 1, 1, 1, 1, 1, 1, 0,
        ])
    }
  }

  @Test func whatDoesNotFitIsSaid() throws {
    try withPhotoFolder { folder in
      let (photos, masks) = (folder + "/photos", folder + "/masks")
      for number in 0..<7 { try writeSquare(number, photos: photos, masks: masks) }
      try FileManager.default.removeItem(atPath: masks + "/6.png")
      // A mask of another size.
      try writeSquare(5, photos: folder + "/large", masks: masks, side: 48)
      let found = try MaskedPhotos(folder: photos, masks: masks)
      #expect(found.training.count == 5)
      #expect(found.notes.contains { $0.contains("without a mask") && $0.contains("6.png") })
      #expect(found.notes.contains { $0.contains("another size") && $0.contains("48") })
      #expect(throws: DataError.self) { try MaskedPhotos(folder: photos, masks: masks, names: ["one"]) }
      #expect(throws: FileError.self) { try MaskedPhotos(folder: photos, masks: folder + "/none") }
      for number in 0..<6 {
        try writeSquare(number, photos: folder + "/x", masks: folder + "/same", values: (3, 3))
      }
      #expect(throws: DataError.self) { try MaskedPhotos(folder: photos, masks: folder + "/same") }
      try writeSquare(99, photos: folder + "/x", masks: folder + "/strangers")
      #expect(throws: DataError.self) { try MaskedPhotos(folder: photos, masks: folder + "/strangers") }
    }
  }

  @Test func noPhotoIsLearnedAndTested() throws {
    try withPhotoFolder { folder in
      func write(_ number: Int, _ part: String, as name: Int) throws {
        try writeSquare(number, photos: "\(folder)/from", masks: "\(folder)/of")
        for (from, to) in [("from", "photos"), ("of", "masks")] {
          try FileManager.default.createDirectory(
            atPath: "\(folder)/\(to)/\(part)", withIntermediateDirectories: true)
          try FileManager.default.moveItem(
            atPath: "\(folder)/\(from)/\(number).png", toPath: "\(folder)/\(to)/\(part)/\(name).png")
        }
      }
      for number in 0..<6 { try write(number, "train", as: number) }
      // One that is learned from already, one that the training has, too, and one in no part.
      try write(1, "train", as: 6)
      for number in [0, 20, 21] { try write(number, "test", as: number) }
      try write(30, "spare", as: 30)
      let found = try MaskedPhotos(folder: folder + "/photos", masks: folder + "/masks")
      #expect(found.training.files.map { ($0 as NSString).lastPathComponent }.count == 5)
      #expect(!found.training.files.contains { $0.hasSuffix("train/0.png") } && found.test?.count == 3)
      #expect(found.notes.contains { $0.contains("the test has the same") })
      #expect(found.notes.contains { $0.contains("the same is there already") })
      #expect(found.notes.contains { $0.contains("1 photo outside of train and test") })
    }
  }

  @Test func photosAndMasksMayShareAFolder() throws {
    try withPhotoFolder { folder in
      for number in 0..<6 {
        try writeSquare(number, photos: folder + "/large", masks: folder + "/both")
        try AtomicFile.write(
          Image(contentsOf: "\(folder)/large/\(number).png").jpegBytes(), to: "\(folder)/both/\(number).jpg")
      }
      for masks in ["both", "./both", "both/../both"] {
        let found = try MaskedPhotos(folder: folder + "/both", masks: "\(folder)/\(masks)")
        #expect(found.training.files.allSatisfy { $0.hasSuffix(".jpg") } && found.training.count == 6)
        #expect(found.training.masks.allSatisfy { $0.hasSuffix(".png") })
      }
      #expect(throws: DataError.self) {
        try MaskedPhotos(folder: folder + "/large", masks: folder + "/./large")
      }
    }
  }

  @Test func whatIsNoNumberIsNoClass() throws {
    let map = try PhotoMap(
      probabilities: [.nan, 0.7, 0.6, .nan][...], count: 2, seen: ImageSize(width: 2, height: 1),
      ImageSize(width: 2, height: 1))
    #expect(map.labels == [1, 0])
  }

  @Test func scoresCountPixels() {
    let counts = SegmentationScores.Counts([0, 1, 1, 2, 0], truth: [0, 1, 2, 2, 255], classes: 4)
    #expect(counts.hits == [1, 1, 1, 0] && counts.said == [1, 2, 1, 0] && counts.real == [1, 1, 2, 0])
    #expect(counts.intersectionOverUnion(0) == 1 && counts.intersectionOverUnion(1) == 0.5)
    #expect(counts.intersectionOverUnion(3).isNaN)
    #expect(abs(counts.meanIntersectionOverUnion - 2 / 3.0) < 1e-12 && counts.accuracy == 0.75)
  }
}
