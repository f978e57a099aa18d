import ApusGraph
import ApusIO
import Foundation
import ApusTestSupport
import Testing

@testable import ApusData

@Suite struct ImageDatasetTests {
  /// Decoded whole, so that what comes can be foretold exactly.
  private let loading = ImageLoading(ImageSize(width: 12, height: 8), isReduced: false)

  /// Copies files of Tests/Fixtures/images into a folder.
  private func lay(_ files: [String: String], in folder: String) throws {
    for (name, fixture) in files {
      let target = URL(fileURLWithPath: folder + "/" + name)
      try FileManager.default.createDirectory(
        at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
      try FileManager.default.copyItem(atPath: imagePath(fixture), toPath: target.path)
    }
  }

  private let twoClasses = [
    "discs/a.jpg": "photo.jpg", "discs/b.webp": "alpha.webp", "discs/more/c.gif": "interlaced.gif",
    "ramps/a.jpg": "orientation-6.jpg", "ramps/wrong.png": "gray.jpg",
  ]

  @Test func foldersAreClasses() throws {
    try withTemporaryFolder { folder in
      try lay(twoClasses, in: folder)
      try AtomicFile.write("notes", to: folder + "/notes.txt")
      try AtomicFile.write("hidden", to: folder + "/.jpg")
      let data = try ImageDataset(folder: folder, loading: loading)
      #expect(data.classNames == ["discs", "ramps"])
      #expect(try data.classLabels() == [0, 0, 0, 1, 1])
      #expect(data.paths.map { $0.dropFirst(folder.count + 1) } == twoClasses.keys.sorted().map { $0[...] })
      #expect(try ImageFiles(folder: folder).others == ["notes.txt"])

      let batch = try data.batch(at: [4, 0])
      #expect(batch.features[0].shape == [2, 8, 12, 3] && batch.features[0].dtype == .float32)
      #expect(batch.targets?.scalars(as: Int32.self) == [1, 0])
      let photo = try Image(contentsOf: imagePath("photo.jpg"), channels: 3)
        .centerCropped(to: loading.size)
      #expect(try data[0].features[0].floats == photo.literal().floats)
      #expect(Array(batch.features[0].floats.suffix(288)) == photo.literal().floats)

      // Test images that lack a class keep the training images' labels.
      let ramps = try ImageDataset(
        folder: folder, loading: loading, classNames: ["cats", "ramps", "discs"])
      #expect(try ramps.classLabels() == [2, 2, 2, 1, 1])
      #expect(
        message { _ = try ImageDataset(folder: folder, loading: loading, classNames: ["cats"]) }
          .contains("\"discs\""))
      let split = try data.split(0.5, seed: 1)
      let labels = try split.first.classLabels()
      #expect(labels.map { Set($0) } == [0, 1])
    }
  }

  @Test func foldersThatMakeNoDataSetAreRefused() throws {
    try withTemporaryFolder { folder in
      #expect(message { _ = try ImageDataset(folder: folder, loading: loading) }.contains("no images"))
      #expect(
        message { _ = try ImageDataset(folder: folder + "/none", loading: loading) }.contains(
          "no such folder"))
      try lay(["a.jpg": "photo.jpg"], in: folder)
      #expect(message { _ = try ImageDataset(folder: folder, loading: loading) }.contains("class's folder"))
      #expect(
        message { _ = try ImageDataset(folder: folder + "/a.jpg", loading: loading) }.contains("a file came"))
      for bad in [
        ImageLoading(ImageSize(0)), ImageLoading(ImageSize(8), channels: 5),
        ImageLoading(ImageSize(8), fitting: .crop(share: 0)),
      ] {
        #expect(throws: DataError.self) {
          _ = try ImageDataset(paths: [folder + "/a.jpg"], loading: bad)
        }
      }
    }
  }

  @Test func damagedFilesAreThrownOrLeftOut() throws {
    try withTemporaryFolder { folder in
      try lay(twoClasses, in: folder)
      let whole = try FileReader(path: imagePath("photo.jpg"))
      try AtomicFile.write(whole.bytes(at: 0, count: 700), to: folder + "/discs/cut.jpg")
      let data = try ImageDataset(folder: folder, loading: loading)
      let loader = try DataLoader(data, batchSize: 6)
      #expect(message { _ = try loader.batches().next() }.contains("discs/cut.jpg: truncated"))

      try AtomicFile.write("no image", to: folder + "/ramps/text.jpg")
      #expect(message { _ = try ImageDataset(folder: folder, loading: loading) }.contains("ramps/text.jpg"))
      let rest = try ImageDataset(folder: folder, loading: loading, damaged: .skipped)
      #expect(rest.count == 5)
      #expect(try rest.classLabels() == [0, 0, 0, 1, 1])
      #expect(
        rest.skipped.map { $0.path.dropFirst(folder.count + 1) } == ["ramps/text.jpg", "discs/cut.jpg"])
    }
  }

  @Test func namesCanTellTheClass() throws {
    try withTemporaryFolder { folder in
      try lay(
        ["beagle_1.jpg": "photo.jpg", "x/pug_dog_2.jpg": "gray.jpg", "pug_dog_10.jpg": "photo.jpg"],
        in: folder)
      let data = try ImageDataset(folder: folder, classPattern: #"^(.+)_\d+"#, loading: loading)
      #expect(data.classNames == ["beagle", "pug_dog"])
      #expect(try data.classLabels() == [0, 1, 1])
      #expect(
        message { _ = try ImageDataset(folder: folder, classPattern: "(cat)", loading: loading) }
          .contains("no class by the pattern"))
      #expect(
        message { _ = try ImageDataset(folder: folder, classPattern: "(", loading: loading) }
          .contains("no regular expression"))
    }
  }

  @Test func tablesCanSayWhatIsSeen() throws {
    try withTemporaryFolder { folder in
      try lay(["p/a.jpg": "photo.jpg", "p/b.jpg": "gray.jpg"], in: folder)
      let table = folder + "/list.csv"
      try AtomicFile.write("file,kind,tags,age\np/a.jpg,disc,red round,3\np/b.jpg,disc,,4.5\n", to: table)
      func data(_ targets: ImageDataset.TableTargets) throws -> ImageDataset {
        try ImageDataset(table: table, pathColumn: "file", targets: targets, loading: loading)
      }
      #expect(try data(.classes(column: "kind")).classLabels() == [0, 0])
      let tagged = try data(.labels(column: "tags"))
      #expect(tagged.classNames == ["red", "round"])
      #expect(try tagged.batch(at: [1, 0]).targets?.floats == [0, 0, 1, 1])
      #expect(try tagged.classLabels() == nil)
      let aged = try data(.numbers(columns: ["age"]))
      #expect(try aged.batch(at: [0, 1]).targets?.floats == [3, 4.5])
      #expect(try aged[1].target?.shape == [1])
      #expect(message { _ = try data(.numbers(columns: ["kind"])) }.contains("list.csv:2"))
      #expect(message { _ = try data(.classes(column: "none")) }.contains("\"none\""))
    }
  }

  @Test func everyFittingGivesTheSizeAskedFor() throws {
    let path = imagePath("orientation-6.jpg")
    let photo = try Image(contentsOf: path, channels: 3)
    var loading = loading
    loading.fitting = .stretch
    #expect(try loading.image(at: path) == photo.resized(to: loading.size))
    loading.fitting = .pad(background: 9)
    #expect(try loading.image(at: path) == photo.letterboxed(to: loading.size, background: 9))
    loading.fitting = .crop(share: 0.5)
    #expect(try loading.image(at: path) == photo.centerCropped(to: loading.size, share: 0.5))
  }

  /// A random part is decoded by itself, and is the one that cropping the whole image would give; after it, other
  /// augmentations see the batch in place.
  @Test func randomPartsComeFromTheFullImage() throws {
    try withTemporaryFolder { folder in
      try lay(twoClasses, in: folder)
      let data = try ImageDataset(folder: folder, loading: loading)
      let crop = try RandomResizedCrop(ImageSize(width: 10, height: 6), area: 0.3...1)
      let loader = try DataLoader(
        data.subset([4, 0, 2]), batchSize: 3, seed: 7, augmentations: [crop, RandomHorizontalFlip()])
      let batch = try #require(try loader.batches(epoch: 2).next())
      #expect(batch.features[0].shape == [3, 6, 10, 3] && batch.ids == [4, 0, 2])
      for (row, path) in [4, 0, 2].map({ data.paths[$0] }).enumerated() {
        let whole = try Image(contentsOf: path, channels: 3)
        var random = PhiloxGenerator(seed: 7, epoch: 2, index: row, operation: 0)
        let frame = crop.framing(of: whole.size, random: &random)
        var part = try whole.cropped(to: frame.region).resized(to: frame.size)
        random = PhiloxGenerator(seed: 7, epoch: 2, index: row, operation: 1)
        if random.uniform() < 0.5 { part = part.flippedHorizontally() }
        let values = Array(batch.features[0].floats[row * 180..<(row + 1) * 180])
        #expect(values == part.literal().floats)
      }
    }
  }
}
