import ApusData
import ApusIO
import ApusReport
import ApusTasks
import ApusTrain
import Foundation

/// Images, and masks that say which class each pixel is of.
public struct MaskFolder: ExampleSource {
  /// The name in files.
  public static let kind = "mask-folder"
  /// The masks and their classes.
  public static let options = [
    OptionDescription(
      "masks", "folder",
      "Images: a folder of masks, named as the images, whose pixels say which class each is of."),
    OptionDescription(
      "class-names", "names", "Images: the names of the masks' classes, with commas between them."),
  ]
  /// How it is used.
  public static let usage = """
    A class for each pixel, from a folder of masks that are named as the images:

      apus fit photos --masks masks --class-names background,cat,dog
    """

  /// The folder of the images, as an absolute path.
  public let folder: String
  /// The folder of the masks, as an absolute path.
  public let masks: String
  /// The names of the classes; made up when nil.
  public let names: [String]?

  /// A folder together with `--masks`.
  public static func recognize(_ request: DataRequest) throws -> MaskFolder? {
    guard let masks = request.options.text("masks") else {
      guard request.options.text("class-names") == nil else {
        throw RunError(.usage, "--class-names goes with --masks", advice: "Give the folder of masks, too.")
      }
      return nil
    }
    guard let path = request.path else {
      throw RunError(
        .usage, "--masks goes with a folder of images", advice: "Name the folder before the options.")
    }
    return MaskFolder(
      folder: absolutePath(path), masks: absolutePath(masks), names: request.options.list("class-names"))
  }

  /// Both folders.
  public var paths: [String] { [folder, masks] }

  /// Endings of masks' names, before the dot.
  private static let suffixes = [
    "", "_mask", "-mask", "_masks", "_seg", "_segmentation", "_label", "_labels", "_gt", "_L",
  ]

  /// Pairs images with masks of the same name, or of the name with `_mask` or the like added.
  public func read(for problem: Problem?, _ reporter: Reporter) throws -> Examples {
    reporter.say(shortPaths("Looking at every image in \(folder) and every mask in \(masks)"))
    let known = (problem?.target as? Segmentation)?.classes
    let images = try ImageFiles(folder: folder), found = try ImageFiles(folder: masks)
    guard !images.names.isEmpty else { throw DataError(.empty, "there are no images in \(folder)") }
    guard !found.names.isEmpty else { throw DataError(.empty, "there are no masks in \(masks)") }
    func resolved(_ path: String) -> String {
      URL(fileURLWithPath: path).resolvingSymlinksInPath().standardizedFileURL.path
    }
    let isShared = resolved(folder) == resolved(masks)
    let paired = Self.paired(images.names, with: found.names, isShared: isShared)
    guard !paired.isEmpty else {
      throw DataError(
        .empty,
        "no mask in \(masks) is named as an image in \(folder): \(found.names[0]) and \(images.names[0]) came",
        advice: "Name the mask of 1.jpg 1.png, or 1_mask.png.")
    }
    var notes = Self.unpaired(images, found, paired, isShared: isShared)
    notes += UnreadFile.notes(on: images.unread) + (isShared ? [] : UnreadFile.notes(on: found.unread))
    let (sizes, broken) = readable(paired)
    let odd = paired.indices.filter { place in sizes[place].map { $0.image != $0.mask } ?? false }
    if let first = odd.first, let size = sizes[first] {
      let example = "\(paired[first].mask) has \(size.mask) pixels, \(paired[first].image) \(size.image)"
      guard odd.count + broken.count < paired.count else {
        throw DataError(
          .shape, "masks must have the size of their images: \(example)",
          advice: "Make masks of the size of the image as it is seen, turned as its EXIF data say.")
      }
      notes.append("\(Format.count(odd.count, "image")) left out, as the mask is of another size: \(example)")
    }
    var leftOut = Set(broken + odd)
    let census =
      known == nil
      ? try MaskCensus(
        paths: paired.indices.filter { !leftOut.contains($0) }.map { masks + "/" + paired[$0].mask },
        classCount: names?.count) : nil
    let damaged = Set(census?.damaged.map { Array($0.path.utf8) } ?? [])
    for place in paired.indices where damaged.contains(Array((masks + "/" + paired[place].mask).utf8)) {
      leftOut.insert(place)
    }
    let unreadable = leftOut.subtracting(odd).sorted()
    if !unreadable.isEmpty {
      notes.append(
        "\(Format.count(unreadable.count, "image")) left out, as it or its mask cannot be read: "
          + Format.list(unreadable.map { paired[$0].image }, limit: 3))
    }
    let classes = try classes(known, census)
    if let census {
      reporter.say("In the masks, \(census.reason): \(Format.list(classes.names, limit: 12)).")
    }
    var pairs = paired.indices.filter { !leftOut.contains($0) }.map { paired[$0] }
    let layout = FolderLayout(pairs.map(\.image))
    notes += ImageFolder.partNotes(layout)
    if layout.isParted {
      let strangers = pairs.filter { layout.part($0.image) == nil }
      if !strangers.isEmpty {
        notes.append(
          "\(Format.count(strangers.count, "image")) outside of training, validation and test folders left out"
        )
        pairs.removeAll { layout.part($0.image) == nil }
      }
    }
    if problem == nil {
      let masksOfImages = Dictionary(pairs.map { (Array($0.image.utf8), $0.mask) }) { first, _ in first }
      let copies = ImageCopies(
        try ImageCensus(folder: folder), part: layout.part,
        contradiction: "their masks say different things of the same image"
      ) { name -> [UInt8]? in
        masksOfImages[Array(name.utf8)].map { (try? classes.labels(at: masks + "/" + $0).pixels) ?? [] }
      }
      notes += copies.notes
      pairs.removeAll { copies.leavesOut($0.image) }
    }
    var examples = try Examples(
      modality: ImageInput.modality, title: "\(folder) and \(masks)",
      names: pairs.map { folder + "/" + $0.image },
      inputs: [Column("image", .files(pairs.map { folder + "/" + $0.image }))],
      targets: [Column("mask", .files(pairs.map { masks + "/" + $0.mask }))],
      parts: pairs.map { layout.part($0.image) },
      notes: notes,
      skipped: unreadable.map { Skipped(folder + "/" + paired[$0].image, "it or its mask cannot be read") }
        + images.unread.skipped(in: folder) + (isShared ? [] : found.unread.skipped(in: masks)))
    try classes.attach(to: &examples)
    return examples
  }

  private func classes(_ known: MaskClasses?, _ census: MaskCensus?) throws -> MaskClasses {
    var classes =
      known
      ?? MaskClasses(
        names: census?.classNames ?? [], reading: census?.reading ?? .values,
        ignoredLabel: census?.ignoredLabel)
    guard let names else { return classes }
    guard Set(names).count == names.count,
      names.count == classes.names.count
        || known == nil && classes.reading == .values && names.count > classes.names.count
    else {
      throw DataError(
        .classes,
        "names of \(classes.names.count) classes, each its own, were expected, \(names.joined(separator: ", ")) came",
        advice: "In the masks, \(census?.reason ?? "they are known from training").")
    }
    classes.names = names
    return classes
  }

  private typealias Pair = (image: String, mask: String)

  /// The sizes of images and masks that can be read, and the places of the others.
  private func readable(_ pairs: [Pair]) -> ([(image: ImageSize, mask: ImageSize)?], [Int]) {
    let sizes = parallelMap(pairs.count) { place -> (image: ImageSize, mask: ImageSize)? in
      guard let image = try? EncodedImage(contentsOf: folder + "/" + pairs[place].image),
        let mask = try? EncodedImage(contentsOf: masks + "/" + pairs[place].mask), (try? image.image()) != nil
      else { return nil }
      return (image.size(), mask.size())
    }
    return (sizes, pairs.indices.filter { sizes[$0] == nil })
  }

  private static func unpaired(
    _ images: ImageFiles, _ masks: ImageFiles, _ pairs: [Pair], isShared: Bool
  ) -> [String] {
    var notes: [String] = []
    let used = Set((pairs.map(\.image) + (isShared ? pairs.map(\.mask) : [])).map { FilePath($0) })
    let bare = images.names.filter { !used.contains(FilePath($0)) }
    if !bare.isEmpty {
      notes.append(
        "\(Format.count(bare.count, "image")) without a mask left out: " + Format.list(bare, limit: 3))
    }
    let usedMasks = Set(pairs.map { FilePath($0.mask) })
    let spare = masks.names.filter { !usedMasks.contains(FilePath($0)) }
    if !spare.isEmpty, !isShared {
      notes.append(
        "\(Format.count(spare.count, "mask")) without an image left out: " + Format.list(spare, limit: 3))
    }
    return notes
  }

  /// Images and their masks by their names: those of the ending that most masks have.
  /// - Parameters:
  ///   - images: The images' names.
  ///   - masks: The masks' names.
  ///   - isShared: Whether both lie in one folder, in which a mask is no image.
  /// - Returns: The pairs.
  private static func paired(_ images: [String], with masks: [String], isShared: Bool) -> [Pair] {
    func stem(_ name: String) -> String { (name as NSString).deletingPathExtension }
    /// How much the name's ending is one of photos rather than masks, whose values must not change.
    func likeness(_ name: String) -> Int {
      switch (name as NSString).pathExtension.lowercased() {
      case "jpg", "jpeg", "jpe", "jfif": 2
      case "webp": 1
      default: 0
      }
    }
    // Names that differ only in their Unicode form are two: the one of the same bytes comes first.
    let places = Dictionary(grouping: masks, by: stem)
    func mask(_ wanted: String) -> String? {
      guard let all = places[wanted] else { return nil }
      let same = all.filter { FilePath(stem($0)) == FilePath(wanted) }
      return (same.isEmpty ? all : same).reduce(nil as String?) { best, name in
        guard let best else { return name }
        return isShared && likeness(name) < likeness(best) ? name : best
      }
    }
    return suffixes.map { suffix in
      images.compactMap { name -> Pair? in
        guard let mask = mask(stem(name) + suffix), !isShared || mask != name,
          !isShared || !suffix.isEmpty || likeness(name) > likeness(mask)
        else { return nil }
        return (name, mask)
      }
    }.max { $0.count < $1.count } ?? []
  }
}
