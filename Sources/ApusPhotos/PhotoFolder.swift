import ApusData
import ApusIO
import Foundation

/// A folder of photos as training takes it: what belongs to which class and part, and what is wrong with it.
public struct PhotoFolder: Sendable {
  /// Photos and what they show.
  public struct Part: Sendable, Equatable {
    /// The photos' paths.
    public var files: [String] = []
    /// What they show, by number of class.
    public var labels: [Int] = []

    /// Number of photos.
    public var count: Int { files.count }

    /// How many photos each class has.
    public func counts(classes: Int) -> [Int] {
      labels.reduce(into: [Int](repeating: 0, count: classes)) { $0[$1] += 1 }
    }
  }

  /// The folder.
  public let path: String
  /// The names of the classes, sorted.
  public let classNames: [String]
  /// What to learn from; without a test folder, what to test with is still to be taken from it.
  public let training: Part
  /// What to test with; nil where the folder has no part for it.
  public let test: Part?
  /// The folder that `test` is, such as `test` or `val`.
  public let testName: String?
  /// What was found out about every file.
  public let census: ImageCensus
  /// What a person should know: what was left out and why, what is odd.
  public let notes: [String]

  /// Looks at a folder of classes' folders, or of train and test (or val) folders of such, and decodes every photo.
  ///
  /// Photos that cannot be decoded are left out. Of photos with the same pixels one is learned from; none that is
  /// tested with is; and none of those that two classes have.
  /// - Throws: `FileError` for paths that are no folders, `DataError` where there are too few photos or classes.
  public init(_ path: String) throws {
    let census = try ImageCensus(folder: path)
    self.path = path
    self.census = census
    var notes: [String] = []
    let broken = census.damaged.map(\.name) + census.misnamed
    guard !census.entries.isEmpty else {
      throw DataError(
        .empty,
        broken.isEmpty
          ? "there are no photos in \(path)"
          : "none of the \(broken.count) pictures in \(path) can be read, \(broken[0]) first",
        advice: broken.isEmpty
          ? PhotoLayout.advice : "`apus check-images \(path)` says what is wrong with each.")
    }
    if !broken.isEmpty {
      notes.append(
        "\(Self.photos(broken.count)) cannot be read and \(broken.count == 1 ? "is" : "are") left out: "
          + Self.listed(broken))
    }

    let layout = PhotoLayout(census.entries.map(\.name))
    let trainingFolder = layout.trainingFolder
    let testFolders = trainingFolder == nil ? [] : layout.testFolders
    testName = testFolders.first
    let loose = layout.names.filter { layout.level($0) <= layout.partLevels }
    let learned = layout.classed(in: trainingFolder)
    guard !learned.isEmpty else {
      throw DataError(
        .classes, "the photos in \(path) lie in no class's folder, such as \(loose.first ?? layout.names[0])",
        advice: PhotoLayout.advice)
    }
    if !loose.isEmpty {
      notes.append("\(Self.photos(loose.count)) in no class's folder left out: " + Self.listed(loose))
    }
    let strangers = layout.tops.subtracting([trainingFolder].compactMap { $0 }).subtracting(testFolders)
    if trainingFolder != nil, !strangers.isEmpty {
      notes.append("folders beside \(trainingFolder ?? "") left out: " + Self.listed(strangers.sorted()))
    }
    let unused = testFolders.dropFirst()
    if !unused.isEmpty {
      notes.append("\(testFolders[0]) is tested with; left out: " + Self.listed(Array(unused)))
    }

    let classNames = Set(learned.map(\.className)).sorted()
    guard classNames.count >= 2 else {
      throw DataError(
        .classes,
        "all photos in \(path) are of one class, \"\(classNames[0])\": there is nothing to tell apart",
        advice: "Add a folder of photos of something else.")
    }
    self.classNames = classNames
    let places = Dictionary(uniqueKeysWithValues: zip(classNames, classNames.indices))

    var test: Part?
    if let name = testName {
      var found = Part()
      var unknown: Set<String> = []
      for (name, className) in layout.classed(in: name) {
        if let label = places[className] {
          found.files.append(path + "/" + name)
          found.labels.append(label)
        } else {
          unknown.insert(className)
        }
      }
      if !unknown.isEmpty {
        notes.append(
          "\(name) has classes that training lacks, which are left out: " + Self.listed(unknown.sorted()))
      }
      let missing = classNames.indices.filter { !found.labels.contains($0) }.map { classNames[$0] }
      if !missing.isEmpty, found.count > 0 {
        notes.append("\(name) has no photos of " + Self.listed(missing))
      }
      if found.count > 0 { test = found } else { notes.append("\(name) has no photos to test with") }
    }
    self.test = test

    let isTested = Set(test?.files ?? [])
    let copies = PhotoCopies(census, path: path, isTested: isTested.contains) { name in
      layout.className(name, in: trainingFolder).flatMap { places[$0] }
    }
    notes += copies.notes
    var training = Part()
    for (name, className) in learned where !copies.leftOut.contains(name) {
      training.files.append(path + "/" + name)
      training.labels.append(places[className] ?? 0)
    }
    self.training = training

    notes += try Self.checked(training, hasTest: test != nil, classNames)
    self.notes = notes
  }

  /// Photos that a table gives one class each.
  /// - Throws: `DataError` where there are too few photos or classes.
  public init(_ tabled: TabledPhotos) throws {
    func part(_ part: TabledPhotos.Part) -> Part {
      Part(files: part.files, labels: part.values.map { Int($0[0]) })
    }
    path = tabled.table.folder
    classNames = tabled.table.names
    guard tabled.table.columns.task == .classes, classNames.count >= 2 else {
      throw DataError(
        .classes,
        "one of several classes was expected for each photo, the table has \(Self.listed(classNames)) alone: there is "
          + "nothing to tell apart")
    }
    training = part(tabled.training)
    test = tabled.test.map(part)
    testName = tabled.testName
    census = tabled.census
    notes = tabled.notes + (try Self.checked(training, hasTest: test != nil, classNames))
  }

  /// What is to be said of classes of few photos.
  private static func checked(_ training: Part, hasTest: Bool, _ classNames: [String]) throws -> [String] {
    // One to learn from, one to decide by, and one to test with where there is no other.
    let least = hasTest ? 2 : 3
    let counts = training.counts(classes: classNames.count)
    if let rare = counts.indices.first(where: { counts[$0] < least }) {
      throw DataError(
        .classes,
        "class \"\(classNames[rare])\" has \(photos(counts[rare])) to learn from, at least \(least) are needed: "
          + "one to learn from, one to decide by" + (least == 3 ? ", one to test with" : ""),
        advice: "Add photos to its folder (some dozens make a good start), or take the folder away.")
    }
    if let few = counts.indices.min(by: { counts[$0] < counts[$1] }), counts[few] < 20 {
      return [
        "class \"\(classNames[few])\" has only \(photos(counts[few])): results will depend much on chance"
      ]
    }
    return []
  }

  /// The smaller sides of the photos, sorted.
  public var shorterSides: [Int] { census.entries.map { min($0.size.width, $0.size.height) }.sorted() }

  /// Half of the photos have a shorter side of at least this.
  public var medianShorterSide: Int { shorterSides[shorterSides.count / 2] }

  static func photos(_ count: Int) -> String { count == 1 ? "1 photo" : "\(count) photos" }

  /// The first few of a list.
  static func listed(_ names: [String]) -> String {
    names.prefix(3).joined(separator: ", ") + (names.count > 3 ? " and \(names.count - 3) more" : "")
  }
}

/// Which photos of the training are not learned from, because they are there several times.
struct PhotoCopies {
  private(set) var leftOut: Set<String> = []
  private(set) var notes: [String] = []

  /// - Parameters:
  ///   - isTested: Whether the photo at a path is tested with.
  ///   - contradiction: What is said of photos that are there with several labels.
  ///   - label: What a photo of the training shows; nil for others.
  init<Label: Hashable>(
    _ census: ImageCensus, path: String, isTested: (String) -> Bool,
    contradiction: String = "the same lies in several classes", label: (String) -> Label?
  ) {
    var tested: [String] = [], repeated: [String] = [], contradicting: [String] = []
    for group in census.duplicates {
      let learned = group.filter { label($0) != nil }
      if group.contains(where: { isTested(path + "/" + $0) }) {
        tested += learned
      } else if Set(learned.map(label)).count > 1 {
        contradicting += learned
      } else {
        repeated += learned.dropFirst()
      }
    }
    leftOut = Set(tested + repeated + contradicting)
    func note(_ names: [String], _ what: String) {
      guard !names.isEmpty else { return }
      notes.append("\(PhotoFolder.photos(names.count)) \(what): " + PhotoFolder.listed(names))
    }
    note(tested, "not learned from, as the test has the same")
    note(repeated, "left out, as the same is there already")
    note(contradicting, "left out, as \(contradiction)")
    let alike = census.nearDuplicates.filter {
      isTested(path + "/" + $0.first) != isTested(path + "/" + $0.second)
    }
    if !alike.isEmpty, census.entries.contains(where: { isTested(path + "/" + $0.name) }) {
      notes.append(
        "\(alike.count) pairs of nearly the same photo in training and test, such as \(alike[0].first) and "
          + "\(alike[0].second): the test may flatter")
    }
  }
}
