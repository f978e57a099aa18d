import ApusIO
import ApusTestSupport
import Foundation
import Testing

@testable import ApusData

/// What lies in folders of images: used, or named with the reason.
@Suite struct ImageFolderTests {
  private func makeFolder(_ path: String) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  /// A small image; its pixels differ with the number.
  private func write(_ path: String, _ number: Int) throws {
    try makeFolder(URL(fileURLWithPath: path).deletingLastPathComponent().path)
    let pixels = (0..<48 * 48).map { UInt8(truncatingIfNeeded: $0 / (number + 3) &* (number + 7)) }
    try Image(width: 48, height: 48, channels: 1, pixels: pixels).writePNG(to: path)
  }

  private func reasons(_ unread: [UnreadFile]) -> [String: UnreadFile.Reason] {
    Dictionary(uniqueKeysWithValues: unread.map { ($0.path, $0.reason) })
  }

  /// One é is one code point, the other two: Swift's strings are equal, the folders are not the same.
  @Test func foldersOfOneNameInTwoUnicodeFormsAreBothRead() throws {
    let composed = "caf\u{e9}", decomposed = "cafe\u{301}"
    #expect(composed == decomposed)
    try withTemporaryFolder { folder in
      for number in 0..<3 {
        try write("\(folder)/\(composed)/\(number).png", number)
        try write("\(folder)/\(decomposed)/\(number).png", number + 10)
        try write("\(folder)/tea/\(number).png", number + 20)
      }
      let files = try ImageFiles(folder: folder)
      #expect(files.names.count == 9 && files.unread.isEmpty)
      #expect(Set(files.names.map { FilePath($0) }).count == 9)
      for name in files.names { #expect(try Image(contentsOf: files.path(name)).width == 48) }
      // As classes the two are one.
      let data = try ImageDataset(folder: folder, loading: ImageLoading(ImageSize(8)))
      #expect(data.count == 9 && data.classNames == [composed, "tea"])
      #expect(try data.classCounts() == [6, 3])
      let census = try ImageCensus(folder: folder)
      #expect(census.entries.count == 9 && census.classes.map(\.count) == [6, 3])
      #expect(census.duplicates.isEmpty && census.unusableClasses.isEmpty)
    }
  }

  /// Tables and masks find files whose names are written in another form, and exact ones first.
  @Test func namesAreMatchedInEitherUnicodeForm() throws {
    let composed = "\u{fc}ber", decomposed = "u\u{308}ber"
    try withTemporaryFolder { folder in
      try write("\(folder)/photos/\(decomposed)/1.png", 1)
      try write("\(folder)/photos/\(composed).png", 2)
      try write("\(folder)/photos/\(decomposed).png", 3)
      try AtomicFile.write(
        "file,class\n\(composed)/1.png,a\n\(composed).png,b\n\(decomposed).png,a\n", to: folder + "/t.csv")
      let table = try ImageDataset(
        table: folder + "/t.csv", pathColumn: "file", targets: .classes(column: "class"),
        folder: folder + "/photos", loading: ImageLoading(ImageSize(48), channels: 1))
      for (index, number) in [1, 2, 3].enumerated() {
        let pixels = try Image(table[index].features[0]).pixels
        #expect(pixels == (0..<48 * 48).map { UInt8(truncatingIfNeeded: $0 / (number + 3) &* (number + 7)) })
      }
      for name in [composed, decomposed] {
        try makeFolder(folder + "/masks")
        let label: UInt8 = FilePath(name) == FilePath(composed) ? 1 : 0
        try Image(width: 48, height: 48, channels: 1, pixels: [UInt8](repeating: label, count: 48 * 48))
          .writePNG(to: "\(folder)/masks/\(name).png")
      }
      try FileManager.default.removeItem(atPath: "\(folder)/photos/\(decomposed)")
      let pairs = try SegmentationDataset(
        folder: folder + "/photos", masks: folder + "/masks", classNames: ["a", "b"],
        loading: ImageLoading(ImageSize(8)))
      #expect(pairs.count == 2 && pairs.extraMasks.isEmpty)
      for index in 0..<2 {
        #expect(
          FilePath(URL(fileURLWithPath: pairs.paths[index]).lastPathComponent)
            == FilePath(URL(fileURLWithPath: pairs.maskPaths[index]).lastPathComponent))
      }
    }
  }

  /// Two masks of one image: one is used, the other named.
  @Test func masksThatAreThereTwiceAreNamed() throws {
    try withTemporaryFolder { folder in
      try write("\(folder)/photos/1.png", 1)
      try write("\(folder)/masks/1.png", 1)
      try write("\(folder)/masks/1.pgm", 2)
      let pairs = try SegmentationDataset(
        folder: folder + "/photos", masks: folder + "/masks", classNames: ["a", "b"],
        loading: ImageLoading(ImageSize(8)))
      #expect(pairs.count == 1 && pairs.extraMasks.count == 1)
    }
  }

  @Test func everythingFoundIsUsedOrNamed() throws {
    try withTemporaryFolder { folder in
      try write("\(folder)/cats/1.png", 1)
      try write("\(folder)/cats/2.dat", 2)
      try write("\(folder)/.trash/1.png", 3)
      try makeFolder(folder + "/dogs")
      try AtomicFile.write("x", to: folder + "/cats/.DS_Store")
      try AtomicFile.write("8BPS\0\u{1}", to: folder + "/cats/a.psd")
      try AtomicFile.write("<svg/>", to: folder + "/cats/b.svg")
      try AtomicFile.write("II*\0\u{8}\0\0\0CR\u{2}\0", to: folder + "/cats/c.cr2")
      try AtomicFile.write("II*\0\u{8}\0\0\0\u{1}\0\0\0", to: folder + "/cats/d.nef")
      try AtomicFile.write("hello", to: folder + "/cats/e.jpg")
      try AtomicFile.write("hello", to: folder + "/cats/notes.txt")
      try AtomicFile.write("", to: folder + "/cats/empty.tif")
      symlink("nowhere", folder + "/cats/gone.png")
      symlink("..", folder + "/cats/up")
      symlink("itself", folder + "/cats/itself")
      symlink("1.png", folder + "/cats/same.png")
      symlink("../cats", folder + "/dogs-and-cats")
      #expect(mkfifo(folder + "/cats/pipe.png", 0o600) == 0)
      let latin1 = Array(folder.utf8) + Array("/cats/caf".utf8) + [0xe9] + Array(".png".utf8) + [0]
      let descriptor = open(latin1.map { CChar(bitPattern: $0) }, O_CREAT | O_WRONLY, 0o600)
      #expect(descriptor >= 0)
      close(descriptor)

      let files = try ImageFiles(folder: folder)
      #expect(files.names == ["cats/1.png", "cats/2.dat", "cats/same.png"])
      var found = reasons(files.unread)
      #expect(found.removeValue(forKey: "cats/caf\u{fffd}.png") == .unreadableName)
      #expect(
        found == [
          ".trash": .hidden, "cats/.DS_Store": .hidden, "dogs": .emptyFolder,
          "cats/a.psd": .unsupportedFormat,
          "cats/b.svg": .unsupportedFormat, "cats/c.cr2": .unsupportedFormat,
          "cats/d.nef": .unsupportedFormat,
          "cats/e.jpg": .misnamed, "cats/empty.tif": .misnamed, "cats/notes.txt": .otherFile,
          "cats/gone.png": .brokenLink, "cats/itself": .brokenLink, "cats/up": .repeatedLink,
          "dogs-and-cats": .brokenLink, "cats/pipe.png": .special,
        ])
      #expect(files.others == ["cats/a.psd", "cats/b.svg", "cats/c.cr2", "cats/d.nef", "cats/notes.txt"])
      #expect(files.misnamed == ["cats/e.jpg", "cats/empty.tif"])
      let lines = UnreadFile.summary(of: files.unread)
      #expect(lines.contains("2 hidden: .trash, cats/.DS_Store"))
      #expect(
        lines.contains(
          "4 in image formats that are not read (Photoshop, SVG, camera raw): cats/a.psd, cats/b.svg, cats/c.cr2 "
            + "and 1 more"))
      let data = try ImageDataset(folder: folder, loading: ImageLoading(ImageSize(8)), damaged: .skipped)
      #expect(data.count == 3 && data.skipped.count == 2 && data.unread.count == files.unread.count - 2)
    }
  }

  /// A folder that a link leads to is read once, and under its own name where it has one.
  @Test func linkedFoldersAreReadOnce() throws {
    try withTemporaryFolder { folder in
      try write("\(folder)/data/zebras/1.png", 1)
      try write("\(folder)/elsewhere/1.png", 2)
      symlink("zebras", folder + "/data/animals")
      symlink("../elsewhere", folder + "/data/more")
      symlink("more", folder + "/data/most")
      let files = try ImageFiles(folder: folder + "/data")
      #expect(files.names == ["more/1.png", "zebras/1.png"])
      #expect(reasons(files.unread) == ["animals": .repeatedLink, "most": .repeatedLink])
    }
  }

  /// As another user than root: a folder that nobody may list.
  @Test(.enabled(if: getuid() != 0)) func unreadableFoldersAreNamed() throws {
    try withTemporaryFolder { folder in
      try write("\(folder)/cats/1.png", 1)
      try makeFolder(folder + "/dogs")
      chmod(folder + "/dogs", 0)
      defer { chmod(folder + "/dogs", 0o700) }
      let files = try ImageFiles(folder: folder)
      #expect(files.names == ["cats/1.png"] && reasons(files.unread) == ["dogs": .unreadable])
    }
  }

  @Test func classesThatAreLostAreNamed() throws {
    try withTemporaryFolder { folder in
      try write("\(folder)/train/cats/1.png", 1)
      try write("\(folder)/train/dogs/2.png", 2)
      // The same two photos again, and nothing else.
      try write("\(folder)/train/pets/1.png", 1)
      try write("\(folder)/train/cats/3.png", 3)
      try write("\(folder)/train/pets/2.png", 2)
      for number in 0..<2 {
        try write("\(folder)/train/birds/\(number).png", number + 20)
        truncate("\(folder)/train/birds/\(number).png", 60)
      }
      try makeFolder(folder + "/train/fish")
      try AtomicFile.write("8BPS", to: folder + "/train/birds/a.psd")
      let census = try ImageCensus(folder: folder)
      #expect(census.contradictions.map { $0.count } == [2, 2])
      #expect(
        census.unusableClasses.map(\.name) == ["train/birds", "train/dogs", "train/fish", "train/pets"])
      #expect(census.unusableClasses.map(\.damagedCount) == [2, 0, 0, 0])
      #expect(census.unusableClasses.map(\.contradictoryCount) == [0, 1, 0, 2])
      #expect(
        census.unusableClasses[0].reason == "2 damaged, 1 in image formats that are not read (Photoshop)")
      #expect(census.unusableClasses[2].reason == "1 empty")
    }
  }
}
