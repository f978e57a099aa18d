import ApusData

/// The photos that a table lists, as training takes them: what belongs to which part, and what is wrong with it.
public struct TabledPhotos: Sendable {
  /// Photos and what they show.
  public struct Part: Sendable, Equatable {
    /// The photos' paths.
    public var files: [String] = []
    /// 0 or 1 for each label, the numbers, or the place of the class.
    public var values: [[Float]] = []

    /// Number of photos.
    public var count: Int { files.count }

    /// How many photos each label holds for.
    public func counts(_ width: Int) -> [Int] {
      values.reduce(into: [Int](repeating: 0, count: width)) { counts, row in
        for (place, value) in row.enumerated() where value > 0.5 { counts[place] += 1 }
      }
    }
  }

  /// The table.
  public let table: PhotoTable
  /// What to learn from; without a test folder, what to test with is still to be taken from it.
  public let training: Part
  /// What to test with; nil where the folder has no part for it.
  public let test: Part?
  /// The folder that `test` is, such as `test` or `val`.
  public let testName: String?
  /// What was found out about every file in the folder.
  public let census: ImageCensus
  /// What a person should know: what was left out and why, what is odd.
  public let notes: [String]

  /// Decodes every photo of the table's folder. Photos in a folder `test` beside `train` are tested with.
  ///
  /// Photos that cannot be decoded are left out. Of photos with the same pixels one is learned from; none that is tested
  /// with is; and none of those of which the table says different things.
  /// - Throws: `FileError` for folders that are none, `DataError` where there are too few photos.
  public init(_ table: PhotoTable) throws {
    let census = try ImageCensus(folder: table.folder)
    var notes = table.notes
    let sound = Set(census.entries.map(\.name))
    let broken = table.rows.map(\.name).filter { !sound.contains($0) }
    if !broken.isEmpty {
      notes.append(
        "\(PhotoFolder.photos(broken.count)) that cannot be read left out: " + PhotoFolder.listed(broken))
    }
    let rows = table.rows.filter { sound.contains($0.name) }
    guard !rows.isEmpty else {
      throw DataError(
        .empty, "none of the \(broken.count) photos of the table can be read, \(broken[0]) first")
    }
    let values = Dictionary(rows.map { ($0.name, $0.values) }) { first, _ in first }
    let layout = PhotoLayout(rows.map(\.name))
    let testName = layout.trainingFolder == nil ? nil : layout.testFolders.first
    func isTested(_ name: String) -> Bool { testName.map { name.hasPrefix($0 + "/") } ?? false }
    func isLearned(_ name: String) -> Bool {
      values[name] != nil
        && (testName == nil || layout.trainingFolder.map { name.hasPrefix($0 + "/") } ?? true)
    }
    let copies = PhotoCopies(
      census, path: table.folder,
      isTested: { isTested(String($0.dropFirst(table.folder.count + 1))) },
      contradiction: "the table says different things of the same photo"
    ) { isLearned($0) && !isTested($0) ? values[$0] : nil }
    notes += copies.notes
    func part(_ isMember: (String) -> Bool) -> Part {
      let chosen = rows.filter { isMember($0.name) }
      return Part(files: chosen.map { table.folder + "/" + $0.name }, values: chosen.map(\.values))
    }
    let training = part { isLearned($0) && !isTested($0) && !copies.leftOut.contains($0) }
    let strangers = rows.count { !isLearned($0.name) && !isTested($0.name) }
    if strangers > 0 {
      notes.append("\(PhotoFolder.photos(strangers)) outside of train and test folders left out")
    }
    let least = testName == nil ? 5 : 4
    guard training.count >= least else {
      throw DataError(
        .empty, "\(PhotoFolder.photos(training.count)) to learn from came, at least \(least) are needed",
        advice: "Some hundreds make a good start.")
    }
    if table.columns.task == .labels {
      let counts = training.counts(table.names.count)
      let constant = counts.indices.filter { counts[$0] == 0 || counts[$0] == training.count }
      if constant.count == counts.count {
        throw DataError(
          .classes, "\(PhotoFolder.listed(table.names)): what is to be learned is the same for every photo",
          advice: "There have to be photos with and without each label.")
      }
      for label in constant {
        notes.append(
          "“\(table.names[label])” holds for \(counts[label] == 0 ? "no" : "every") photo to learn from: nothing can be "
            + "learned about it")
      }
      let few = counts.indices.filter { (1..<20).contains(counts[$0]) }
      if !few.isEmpty {
        notes.append(
          "fewer than 20 photos to learn from: "
            + PhotoFolder.listed(few.map { "\(table.names[$0]) (\(counts[$0]))" })
            + "; results will depend much on chance"
        )
      }
    }
    if table.columns.task == .numbers {
      let constant = table.names.indices.filter { column in Set(training.values.map { $0[column] }).count < 2
      }
      if let column = constant.first {
        throw DataError(
          .classes,
          "“\(table.names[column])” is the same for every photo to learn from: nothing can be learned",
          advice: "Choose another column.")
      }
    }
    self.table = table
    self.census = census
    self.training = training
    let tested = part(isTested)
    test = tested.count > 0 ? tested : nil
    self.testName = test == nil ? nil : testName
    self.notes = notes
  }

  /// Half of the photos have a shorter side of at least this.
  public var medianShorterSide: Int {
    let sides = census.entries.map { min($0.size.width, $0.size.height) }.sorted()
    return sides[sides.count / 2]
  }

  /// The photos dealt out by chance that depends on the seed alone: to learn from, to decide by, to test with.
  public func split(seed: UInt64) -> (training: Part, validation: Part, test: Part) {
    let places = PhotoSplit.dealt(training.count, hasTest: test != nil, seed: seed)
    func chosen(_ places: [Int]) -> Part {
      Part(files: places.map { training.files[$0] }, values: places.map { training.values[$0] })
    }
    return (chosen(places.training), chosen(places.validation), test ?? chosen(places.test))
  }
}
