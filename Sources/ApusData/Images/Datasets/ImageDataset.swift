import ApusGraph
import ApusIO

/// What happens to files that cannot be read or decoded.
public enum DamagedFiles: Sendable {
  /// The first one is an error that names it.
  case thrown
  /// They are skipped, and named.
  case skipped
}

/// Images in files as samples, decoded as they are fetched.
///
/// Features are `float32` `[height, width, channels]` in 0...1. Targets are classes (`int32` scalars), or
/// `float32` `[count]`: labels of which any number hold, as 0 and 1, or plain numbers.
public struct ImageDataset: Dataset {
  /// The targets of images.
  public enum Targets: Sendable {
    /// One class each.
    case classes([Int], names: [String])
    /// Any number of labels each.
    case labels([[Int]], names: [String])
    /// As many numbers each.
    case numbers([[Float]])
    /// There are none.
    case unknown
  }

  /// The images' files.
  public let paths: [String]
  /// Their targets.
  public let targets: Targets
  /// How they are read.
  public let loading: ImageLoading
  /// Files that were to be samples but were skipped, and why.
  public let skipped: [(path: String, problem: String)]
  /// Whatever else lies below the folder that the images come from, and why it is not read; paths are those below the
  /// folder. Empty for images given by their paths.
  public let unread: [UnreadFile]

  /// Images by their paths.
  /// - Parameters:
  ///   - paths: The images' files.
  ///   - targets: Their targets.
  ///   - loading: How the images are read.
  ///   - damaged: What happens to files that cannot be decoded.
  /// - Throws: `FileError` for a folder or file that is missing, damaged, in a format that is not read or of
  ///   too many pixels. `DataError` for settings that make no sense.
  public init(
    paths: [String], targets: Targets = .unknown, loading: ImageLoading, damaged: DamagedFiles = .thrown
  ) throws {
    try self.init(paths: paths, targets: targets, loading: loading, damaged: damaged, unread: [])
  }

  init(
    paths: [String], targets: Targets, loading: ImageLoading, damaged: DamagedFiles,
    alreadySkipped: [(path: String, problem: String)] = [], unread: [UnreadFile]
  ) throws {
    try loading.check()
    try targets.check(count: paths.count)
    self.loading = loading
    self.unread = unread
    guard case .skipped = damaged else {
      (self.paths, self.targets, skipped) = (paths, targets, alreadySkipped)
      return
    }
    let problems = parallelMap(paths.count) { index -> String? in
      do {
        _ = try EncodedImage(contentsOf: paths[index], pixelLimit: loading.pixelLimit).image()
        return nil
      } catch {
        return "\(error)"
      }
    }
    let sound = paths.indices.filter { problems[$0] == nil }
    self.paths = sound.map { paths[$0] }
    self.targets = targets.subset(sound)
    skipped =
      alreadySkipped + paths.indices.compactMap { index in problems[index].map { (paths[index], $0) } }
  }

  /// Images in a folder for each class, of the folder's name; `photos/cats/1.jpg` shows "cats".
  /// - Parameters:
  ///   - folder: The folder of the classes' folders. Classes are sorted by name.
  ///   - loading: How the images are read.
  ///   - classNames: The classes and their order, for test images that do not have all of them.
  ///   - damaged: What happens to files that cannot be decoded.
  /// - Throws: `FileError` for a folder or file that is missing, damaged, in a format that is not read or of
  ///   too many pixels. `DataError` for settings that make no sense.
  public init(
    folder: String, loading: ImageLoading, classNames: [String]? = nil, damaged: DamagedFiles = .thrown
  ) throws {
    try self.init(ImageFiles(folder: folder), loading: loading, classNames: classNames, damaged: damaged) {
      name in
      let parts = name.split(separator: "/", maxSplits: 1)
      guard parts.count == 2 else {
        throw FileError(
          path: folder + "/" + name, reason: .invalidRequest,
          problem: "the image lies in no class's folder",
          advice: "Sort the images into one folder for each class.")
      }
      return String(parts[0])
    }
  }

  /// Images whose class is a part of their names.
  /// - Parameters:
  ///   - folder: The folder of the images, and of folders of more.
  ///   - pattern: A regular expression; what its first group matches in a file's name, such as `beagle` in
  ///     `beagle_101.jpg` for `^(.+)_\d+`, is the class.
  ///   - loading: How the images are read.
  ///   - classNames: The classes and their order; all that were found, sorted, by default.
  ///   - damaged: What happens to files that cannot be decoded.
  /// - Throws: `FileError` for a folder or file that is missing, damaged, in a format that is not read or of
  ///   too many pixels. `DataError` for settings that make no sense.
  public init(
    folder: String, classPattern pattern: String, loading: ImageLoading, classNames: [String]? = nil,
    damaged: DamagedFiles = .thrown
  ) throws {
    let expression: Regex<AnyRegexOutput>
    do {
      expression = try Regex(pattern)
    } catch {
      throw DataError(.setting, "\"\(pattern)\" is no regular expression: \(error)")
    }
    try self.init(ImageFiles(folder: folder), loading: loading, classNames: classNames, damaged: damaged) {
      name in
      let file = name.split(separator: "/").last.map(String.init) ?? name
      guard let match = try? expression.firstMatch(in: file), match.output.count > 1,
        let group = match.output[1].substring
      else {
        throw FileError(
          path: folder + "/" + name, reason: .invalidRequest,
          problem: "its name has no class by the pattern \"\(pattern)\"",
          advice: "Put the part that names the class in parentheses: \"^(.+)_\\d+\".")
      }
      return String(group)
    }
  }

  private init(
    _ files: ImageFiles, loading: ImageLoading, classNames: [String]?, damaged: DamagedFiles,
    className: (String) throws -> String
  ) throws {
    let misnamed = try files.misnamed(damaged)
    guard !files.names.isEmpty else {
      throw DataError(.empty, "there are no images in \(files.folder)")
    }
    let found = try files.names.map(className)
    let names = classNames ?? Set(found).sorted()
    let places = Dictionary(zip(names, names.indices)) { first, _ in first }
    let labels = try zip(found, files.names).map { found, name in
      guard let label = places[found] else {
        throw DataError(
          .classes, "\(files.path(name)) is of the class \"\(found)\", which is none of \(names)",
          advice: "Take the images of other classes away, or train with them.")
      }
      return label
    }
    try self.init(
      paths: files.names.map(files.path), targets: .classes(labels, names: names), loading: loading,
      damaged: damaged, alreadySkipped: misnamed, unread: files.unreadBesideMisnamed)
  }

  /// Number of samples.
  public var count: Int { paths.count }

  /// The names of the classes, or of the labels of which any number hold.
  public var classNames: [String]? {
    switch targets {
    case .classes(_, let names), .labels(_, let names): names
    case .numbers, .unknown: nil
    }
  }

  /// One sample.
  public subscript(index: Int) -> Sample {
    get throws {
      try checkIndex(index)
      return try sample(of: loading.image(at: paths[index]), at: index)
    }
  }

  /// One sample, of whose image only the region is decoded.
  /// - Parameters:
  ///   - index: The place of the sample in the dataset, counted from 0.
  ///   - framing: Chooses the region and the size that it is brought to, given the image's size.
  /// - Returns: The sample, with the region in the size that `framing` chooses.
  /// - Throws: `DataError` for a place outside of the dataset, and whatever reading a sample throws.
  public func sample(at index: Int, framing: (ImageSize) throws -> ImageFraming) throws -> Sample {
    try checkIndex(index)
    return try sample(of: loading.image(at: paths[index], framing: framing), at: index)
  }

  private func sample(of image: Image, at index: Int) throws -> Sample {
    let shape: Shape = [image.height, image.width, image.channels]
    let feature = try Literal(dtype: .float32, shape: shape) { bytes in
      bytes.bindMemory(to: Float.self).baseAddress.map { image.writeNumbers(to: $0) }
    }
    return Sample(features: [feature], target: targets.target(index), id: index)
  }

  /// The samples at the given indices.
  /// - Parameter indices: The places of the samples in the dataset, counted from 0.
  /// - Returns: The batch, in the order of `indices`.
  /// - Throws: `DataError` for a place outside of the dataset, and whatever reading a sample throws.
  public func batch(at indices: [Int]) throws -> Batch {
    for index in indices { try checkIndex(index) }
    let shape = try checkedShape(
      [indices.count, loading.size.height, loading.size.width, loading.channels], .float32, for: "a batch")
    let size = indices.isEmpty ? 0 : shape.elementCount / indices.count
    let images = try Literal(dtype: .float32, shape: shape) { bytes in
      guard let start = bytes.bindMemory(to: Float.self).baseAddress else { return }
      for (row, index) in indices.enumerated() {
        try loading.image(at: paths[index]).writeNumbers(to: start + row * size)
      }
    }
    return Batch(features: [images], targets: targets.target(rows: indices), ids: indices)
  }

  /// The classes of all samples, if each has one.
  /// - Returns: The class of each sample; nil where samples have none.
  /// - Throws: Whatever fetching the samples throws.
  public func classLabels() throws -> [Int]? {
    guard case .classes(let labels, _) = targets else { return nil }
    return labels
  }
}

extension ImageDataset.Targets {
  fileprivate func check(count: Int) throws {
    let (targetCount, greatest, least, nameCount): (Int, Int, Int, Int)
    switch self {
    case .unknown: return
    case .classes(let labels, let names):
      (targetCount, greatest, least) = (labels.count, labels.max() ?? 0, labels.min() ?? 0)
      nameCount = names.count
    case .labels(let rows, let names):
      let all = rows.joined()
      (targetCount, greatest, least, nameCount) = (rows.count, all.max() ?? 0, all.min() ?? 0, names.count)
    case .numbers(let rows):
      guard let first = rows.first?.count, first > 0, rows.allSatisfy({ $0.count == first }) else {
        throw DataError(.shape, "as many numbers, at least one, were expected for each image")
      }
      (targetCount, greatest, least, nameCount) = (rows.count, 0, 0, 1)
    }
    guard targetCount == count else {
      throw DataError(.shape, "\(count) images and \(targetCount) targets do not belong together")
    }
    if case .classes(_, let names) = self { try Self.checkDistinct(names) }
    if case .labels(_, let names) = self { try Self.checkDistinct(names) }
    guard least >= 0, greatest < nameCount else {
      throw DataError(
        .classes, "labels from 0 to \(nameCount - 1) were expected, \(least) to \(greatest) came")
    }
  }

  /// Two classes of one name, in whatever Unicode form, cannot be told apart.
  private static func checkDistinct(_ names: [String]) throws {
    var seen: Set<String> = []
    if let name = names.first(where: { !seen.insert($0).inserted }) {
      throw DataError(
        .classes, "the class \"\(name)\" was named twice", advice: "Give each class a name of its own.")
    }
  }

  fileprivate func subset(_ indices: [Int]) -> Self {
    switch self {
    case .classes(let labels, let names): .classes(indices.map { labels[$0] }, names: names)
    case .labels(let rows, let names): .labels(indices.map { rows[$0] }, names: names)
    case .numbers(let rows): .numbers(indices.map { rows[$0] })
    case .unknown: .unknown
    }
  }

  /// The targets at the given indices, stacked.
  fileprivate func target(rows indices: [Int]) -> Literal? {
    switch self {
    case .classes(let labels, _): Literal(indices.map { Int32(labels[$0]) }, shape: [indices.count])
    case .labels(let rows, let names):
      Literal(
        indices.flatMap { index in names.indices.map { rows[index].contains($0) ? Float(1) : 0 } },
        shape: [indices.count, names.count])
    case .numbers(let rows):
      Literal(indices.flatMap { rows[$0] }, shape: [indices.count, rows[0].count])
    case .unknown: nil
    }
  }

  fileprivate func target(_ index: Int) -> Literal? {
    target(rows: [index]).map { $0.reshaped(Shape(Array($0.shape.dimensions.dropFirst()))) }
  }
}

extension ImageFiles {
  /// Files that are named as images but are none: skipped, with the reason, or the first one thrown.
  func misnamed(_ damaged: DamagedFiles) throws -> [(path: String, problem: String)] {
    let problem = "it is named as an image, but is none by its first bytes"
    return try misnamed.map { name in
      guard case .skipped = damaged else {
        throw FileError(
          path: path(name), reason: .corrupt, problem: problem,
          advice: "Remove it, or skip damaged files with `damaged: .skipped`.")
      }
      return (path(name), "\(path(name)): \(problem)")
    }
  }

  /// What is not read, and not named as images either.
  var unreadBesideMisnamed: [UnreadFile] { unread.filter { $0.reason != .misnamed } }
}
