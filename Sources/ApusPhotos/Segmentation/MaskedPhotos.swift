import ApusData
import ApusIO
import Foundation

/// Photos and masks that say which class each pixel is of: which belong together, how masks are read, and what is wrong.
public struct MaskedPhotos: Sendable {
  /// Photos and their masks.
  public struct Part: Sendable, Equatable {
    /// The photos' paths.
    public var files: [String] = []
    /// The masks' paths, in the same order.
    public var masks: [String] = []

    /// Number of photos.
    public var count: Int { files.count }

    func chosen(_ places: [Int]) -> Part {
      Part(files: places.map { files[$0] }, masks: places.map { masks[$0] })
    }
  }

  /// The classes, and how masks tell them.
  public struct Classes: Sendable, Codable, Equatable {
    /// Their names, in the order of their labels.
    public var names: [String]
    /// How masks say which class a pixel is of.
    public var reading: MaskReading
    /// The label of pixels of which nothing is known; nil where there are none.
    public var ignoredLabel: Int?

    /// Classes, and how masks tell them.
    public init(names: [String], reading: MaskReading = .values, ignoredLabel: Int? = nil) {
      (self.names, self.reading, self.ignoredLabel) = (names, reading, ignoredLabel)
    }
  }

  /// The folder of the photos.
  public let folder: String
  /// The classes, and how masks tell them.
  public let classes: Classes
  /// Why the masks are read so, for a person.
  public let reason: String
  /// What to learn from; without a test folder, what to test with is still to be taken from it.
  public let training: Part
  /// What to test with; nil where the folder has no part for it.
  public let test: Part?
  /// The folder that `test` is.
  public let testName: String?
  /// Half of the photos have a shorter side of at least this.
  public let medianShorterSide: Int
  /// What a person should know: what was left out and why.
  public let notes: [String]

  /// Endings of masks' names, before the dot.
  private static let suffixes = [
    "", "_mask", "-mask", "_masks", "_seg", "_segmentation", "_label", "_labels", "_gt", "_L",
  ]

  /// Pairs photos with masks of the same name in another folder, or of the name with `_mask` or the like added.
  ///
  /// - Parameters:
  ///   - folder: The folder of the photos.
  ///   - masks: The folder of the masks.
  ///   - names: The names of the classes; made up where nil.
  ///   - classes: How masks are read, where that is known from before; found out when nil.
  /// - Throws: `FileError` for folders that are none, `DataError` where nothing belongs together.
  public init(folder: String, masks: String, names: [String]? = nil, classes known: Classes? = nil) throws {
    let photos = try ImageFiles(folder: folder), found = try ImageFiles(folder: masks)
    guard !photos.names.isEmpty else { throw DataError(.empty, "there are no photos in \(folder)") }
    guard !found.names.isEmpty else { throw DataError(.empty, "there are no masks in \(masks)") }
    func resolved(_ path: String) -> String {
      URL(fileURLWithPath: path).resolvingSymlinksInPath().standardizedFileURL.path
    }
    let isShared = resolved(folder) == resolved(masks)
    let paired = Self.paired(photos.names, with: found.names, isShared: isShared)
    guard !paired.isEmpty else {
      throw DataError(
        .empty,
        "no mask in \(masks) is called as a photo in \(folder): \(found.names[0]) and \(photos.names[0]) came",
        advice: "Name the mask of 1.jpg 1.png, or 1_mask.png.")
    }
    var notes: [String] = []
    let isMask = Set(isShared ? paired.map(\.mask) : [])
    let bare = Set(photos.names).subtracting(paired.map(\.photo)).subtracting(isMask).sorted()
    if !bare.isEmpty {
      notes.append("\(PhotoFolder.photos(bare.count)) without a mask left out: " + PhotoFolder.listed(bare))
    }
    let spare = Set(found.names).subtracting(paired.map(\.mask))
    if !spare.isEmpty, !isShared {
      notes.append("\(spare.count) masks without a photo: " + PhotoFolder.listed(spare.sorted()))
    }

    let sizes = parallelMap(paired.count) { place -> (photo: ImageSize, mask: ImageSize)? in
      guard let photo = try? EncodedImage(contentsOf: folder + "/" + paired[place].photo),
        let mask = try? EncodedImage(contentsOf: masks + "/" + paired[place].mask),
        (try? photo.image()) != nil
      else { return nil }
      return (photo.size(), mask.size())
    }
    let broken = paired.indices.filter { sizes[$0] == nil }
    let odd = paired.indices.filter { place in sizes[place].map { $0.photo != $0.mask } ?? false }
    if let first = odd.first, let size = sizes[first] {
      let example = "\(paired[first].mask) has \(size.mask) pixels, \(paired[first].photo) \(size.photo)"
      guard odd.count + broken.count < paired.count else {
        throw DataError(
          .shape, "masks must have the size of their photos: \(example)",
          advice: "Make masks of the size of the photo as it is seen, turned as its EXIF data say.")
      }
      notes.append("\(PhotoFolder.photos(odd.count)) left out, as the mask is of another size: \(example)")
    }
    var leftOut = Set(broken + odd)
    let census =
      known == nil
      ? try MaskCensus(
        paths: paired.indices.filter { !leftOut.contains($0) }.map { masks + "/" + paired[$0].mask },
        classCount: names?.count) : nil
    let damaged = Set(census?.damaged.map(\.path) ?? [])
    for place in paired.indices where damaged.contains(masks + "/" + paired[place].mask) {
      leftOut.insert(place)
    }
    let unreadable = leftOut.subtracting(odd).sorted()
    if !unreadable.isEmpty {
      notes.append(
        "\(PhotoFolder.photos(unreadable.count)) left out, as it or its mask cannot be read: "
          + PhotoFolder.listed(unreadable.map { paired[$0].photo }))
    }
    var classes =
      known
      ?? Classes(
        names: census?.classNames ?? [], reading: census?.reading ?? .values,
        ignoredLabel: census?.ignoredLabel)
    if let names {
      guard Set(names).count == names.count,
        names.count == classes.names.count
          || known == nil && classes.reading == .values
            && names.count > classes.names.count
      else {
        throw DataError(
          .classes,
          "names of \(classes.names.count) classes, each its own, were expected, \(names.joined(separator: ", ")) came",
          advice: "In the masks, \(census?.reason ?? "they are known from training").")
      }
      classes.names = names
    }
    let sound = paired.indices.filter { !leftOut.contains($0) }.map { paired[$0] }
    let layout = PhotoLayout(sound.map(\.photo))
    let testName = layout.trainingFolder == nil ? nil : layout.testFolders.first
    func part(_ isMember: (String) -> Bool) -> Part {
      let chosen = sound.filter { isMember($0.photo) }
      return Part(files: chosen.map { folder + "/" + $0.photo }, masks: chosen.map { masks + "/" + $0.mask })
    }
    func isTested(_ name: String) -> Bool { testName.map { name.hasPrefix($0 + "/") } ?? false }
    func isLearned(_ name: String) -> Bool {
      testName == nil || layout.trainingFolder.map { name.hasPrefix($0 + "/") } ?? true
    }
    var repeated: Set<String> = []
    if known == nil {
      let masksOfPhotos = Dictionary(sound.map { ($0.photo, $0.mask) }) { first, _ in first }
      let copies = PhotoCopies(
        try ImageCensus(folder: folder), path: folder,
        isTested: { path in
          let name = String(path.dropFirst(folder.count + 1))
          return masksOfPhotos[name] != nil && isTested(name)
        },
        contradiction: "their masks say different things of the same photo"
      ) { name -> [UInt8]? in
        guard let mask = masksOfPhotos[name], isLearned(name) else { return nil }
        return (try? classes.labels(at: masks + "/" + mask).pixels) ?? []
      }
      notes += copies.notes
      repeated = copies.leftOut
    }
    let training = part { isLearned($0) && !repeated.contains($0) }
    let tested = testName.map { _ in part(isTested) }
    let strangers = sound.count { !isLearned($0.photo) && !isTested($0.photo) }
    if strangers > 0 {
      notes.append("\(PhotoFolder.photos(strangers)) outside of train and test folders left out")
    }
    let least = tested == nil ? 5 : 4
    guard known != nil || training.count >= least else {
      throw DataError(
        .empty,
        "\(PhotoFolder.photos(training.count)) with masks to learn from came, at least \(least) are needed",
        advice: "Some hundreds make a good start.")
    }
    (self.folder, self.classes, self.training, self.test, self.testName) = (
      folder, classes, training, tested, testName
    )
    self.notes = notes
    reason = census?.reason ?? "as in training"
    let sides = sizes.compactMap { $0.map { min($0.photo.width, $0.photo.height) } }.sorted()
    medianShorterSide = sides.isEmpty ? 0 : sides[sides.count / 2]
  }

  /// Photos and their masks by their names: those of the ending that most masks have.
  /// - Parameter isShared: Whether both lie in one folder, in which a mask is no photo.
  private static func paired(
    _ photos: [String], with masks: [String], isShared: Bool
  ) -> [(photo: String, mask: String)] {
    func stem(_ name: String) -> String { (name as NSString).deletingPathExtension }
    /// How much the name's ending is one of photos rather than masks, whose values must not change.
    func likeness(_ name: String) -> Int {
      switch (name as NSString).pathExtension.lowercased() {
      case "jpg", "jpeg", "jpe", "jfif": 2
      case "webp": 1
      default: 0
      }
    }
    let places = Dictionary(masks.map { (stem($0), $0) }) { first, second in
      isShared && likeness(second) < likeness(first) ? second : first
    }
    return suffixes.map { suffix in
      photos.compactMap { name -> (photo: String, mask: String)? in
        guard let mask = places[stem(name) + suffix], !isShared || mask != name,
          !isShared || !suffix.isEmpty || likeness(name) > likeness(mask)
        else { return nil }
        return (name, mask)
      }
    }.max { $0.count < $1.count } ?? []
  }

  /// The photos dealt out by chance that depends on the seed alone: to learn from, to decide by, to test with.
  public func split(seed: UInt64) -> (training: Part, validation: Part, test: Part) {
    let places = PhotoSplit.dealt(training.count, hasTest: test != nil, seed: seed)
    return (
      training.chosen(places.training), training.chosen(places.validation),
      test ?? training.chosen(places.test)
    )
  }
}
