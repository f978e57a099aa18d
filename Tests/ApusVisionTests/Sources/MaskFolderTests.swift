import ApusData
import ApusIO
import ApusTasks
import ApusTestSupport
import Foundation
import Testing

@testable import ApusVision

/// Images and their masks.
@Suite struct MaskFolderTests {
  private func read(_ photos: String, _ masks: String, names: [String]? = nil) throws -> Examples {
    try MaskFolder(folder: photos, masks: masks, names: names).read(for: nil, .silent)
  }

  private func classes(_ examples: Examples) throws -> MaskClasses { try #require(MaskClasses(of: examples)) }

  private func files(_ column: Column?) -> [String] {
    if case .files(let paths)? = column?.values { paths } else { [] }
  }

  @Test func masksAreUnderstood() throws {
    try withTemporaryFolder { folder in
      func examples(_ name: String, _ values: (UInt8, UInt8), suffix: String = "") throws -> Examples {
        for number in 0..<6 {
          try writeSquare(
            number, photos: "\(folder)/\(name)/photos", masks: "\(folder)/\(name)/masks", values: values,
            suffix: suffix)
        }
        return try read("\(folder)/\(name)/photos", "\(folder)/\(name)/masks")
      }
      #expect(try classes(examples("plain", (0, 1))) == MaskClasses(names: ["background", "class 1"]))
      let white = try examples("white", (0, 255), suffix: "_mask")
      #expect(try classes(white).reading == .threshold(127) && white.count == 6)
      #expect(try classes(examples("spread", (20, 180))).names == ["#141414", "#b4b4b4"])
      // Edges whose class is not known.
      _ = try examples("edges", (0, 2))
      var pixels = [UInt8](repeating: 0, count: 32 * 32)
      (pixels[0], pixels[1]) = (255, 1)
      try Image(width: 32, height: 32, channels: 1, pixels: pixels).writePNG(
        to: folder + "/edges/masks/0.png")
      let edges = try classes(read(folder + "/edges/photos", folder + "/edges/masks"))
      #expect(edges.ignoredLabel == 255 && edges.names.count == 3)
      // In colors.
      for number in 0..<6 {
        let colors: [UInt8] = (0..<32 * 32).flatMap { $0 % 32 < 9 ? [255, 0, 0] as [UInt8] : [0, 0, 0] }
        try Image(width: 32, height: 32, channels: 3, pixels: colors).writePNG(
          to: folder + "/plain/masks/\(number).png")
      }
      let colored = try read(folder + "/plain/photos", folder + "/plain/masks")
      #expect(try classes(colored).names == ["background", "#ff0000"])
      let labels = try classes(colored).labels(at: files(colored.targets.first)[0]).pixels
      #expect(labels.prefix(10) == [1, 1, 1, 1, 1, 1, 1, 1, 1, 0])
    }
  }

  @Test func whatDoesNotFitIsNamed() throws {
    try withTemporaryFolder { folder in
      let (photos, masks) = (folder + "/photos", folder + "/masks")
      for number in 0..<7 { try writeSquare(number, photos: photos, masks: masks) }
      try FileManager.default.removeItem(atPath: masks + "/6.png")
      // A mask of another size, and files of other formats.
      try writeSquare(5, photos: folder + "/large", masks: masks, side: 48)
      try AtomicFile.write("8BPS", to: photos + "/layers.psd")
      try AtomicFile.write("<svg>", to: masks + "/outline.svg")
      let found = try read(photos, masks)
      #expect(found.count == 5)
      #expect(found.notes.contains { $0.contains("without a mask") && $0.contains("6.png") })
      #expect(found.notes.contains { $0.contains("another size") && $0.contains("48") })
      #expect(
        found.notes.contains { $0.contains("layers.psd") }
          && found.notes.contains { $0.contains("outline.svg") })
      #expect(
        Set(found.skipped.map { ($0.name as NSString).lastPathComponent }) == ["layers.psd", "outline.svg"])
      #expect(throws: DataError.self) { try read(photos, masks, names: ["one"]) }
      #expect(throws: FileError.self) { try read(photos, folder + "/none") }
      for number in 0..<6 {
        try writeSquare(number, photos: folder + "/x", masks: folder + "/same", values: (3, 3))
      }
      #expect(throws: DataError.self) {
        let same = try read(folder + "/x", folder + "/same")
        _ = try Segmentation(MaskClasses(names: MaskClasses(of: same)?.names ?? []))
      }
      try writeSquare(99, photos: folder + "/x", masks: folder + "/strangers")
      #expect(throws: DataError.self) { try read(photos, folder + "/strangers") }
    }
  }

  @Test func noImageIsInTwoParts() throws {
    try withTemporaryFolder { folder in
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
      // One that is there already, one of the test set that is in the training set too, and one in no part.
      try write(1, "train", as: 6)
      for number in [0, 20, 21] { try write(number, "test", as: number) }
      try write(30, "spare", as: 30)
      let found = try read(folder + "/photos", folder + "/masks")
      #expect(found.parts.count { $0 == .training } == 5 && found.parts.count { $0 == .test } == 3)
      #expect(!found.names.contains { $0.hasSuffix("train/0.png") })
      #expect(found.notes.contains { $0.contains("the same is in the validation or test set") })
      #expect(found.notes.contains { $0.contains("the same is there already") })
      #expect(
        found.notes.contains { $0.contains("1 image outside of training, validation and test folders") })
    }
  }

  @Test func imagesAndMasksMayShareAFolder() throws {
    try withTemporaryFolder { folder in
      for number in 0..<6 {
        try writeSquare(number, photos: folder + "/large", masks: folder + "/both")
        try AtomicFile.write(
          Image(contentsOf: "\(folder)/large/\(number).png").jpegBytes(), to: "\(folder)/both/\(number).jpg")
      }
      for masks in ["both", "./both", "both/../both"] {
        let found = try read(folder + "/both", "\(folder)/\(masks)")
        #expect(found.names.allSatisfy { $0.hasSuffix(".jpg") } && found.count == 6)
        #expect(files(found.targets.first).allSatisfy { $0.hasSuffix(".png") })
      }
      #expect(throws: DataError.self) { try read(folder + "/large", folder + "/./large") }
    }
  }

  @Test func unicodeFormsOfANameAreTwoImages() throws {
    try withTemporaryFolder { folder in
      let names = ["caf\u{e9}", "cafe\u{301}"]
      for number in 0..<6 { try writeSquare(number, photos: folder + "/photos", masks: folder + "/masks") }
      for (number, name) in names.enumerated() {
        for part in ["photos", "masks"] {
          try FileManager.default.moveItem(
            atPath: "\(folder)/\(part)/\(number).png", toPath: "\(folder)/\(part)/\(name).png")
        }
      }
      let found = try read(folder + "/photos", folder + "/masks")
      #expect(found.count == 6 && !found.notes.contains { $0.contains("left out") }, "\(found.notes)")
      let masks = files(found.targets.first)
      for (image, mask) in zip(found.names, masks) {
        #expect(
          Array((image as NSString).lastPathComponent.utf8)
            == Array((mask as NSString).lastPathComponent.utf8))
      }
    }
  }
}
