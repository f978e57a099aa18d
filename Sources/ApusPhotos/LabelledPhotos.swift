import ApusData
import ApusIO

/// Photos in folders of known classes: what a classifier is measured on.
public struct LabelledPhotos: Sendable {
  /// The photos' paths.
  public let files: [String]
  /// What they show, by number of class.
  public let labels: [Int]
  /// The folder that they are in, below the one that was given; nil where they are in that itself.
  public let part: String?
  /// Folders that are none of the classes, and how many photos they have.
  public let unknownClasses: [(name: String, count: Int)]
  /// Classes without a photo.
  public let missingClasses: [String]
  /// Files that are named as pictures, but are none.
  public let misnamed: [String]

  /// Photos in a folder of the classes' folders, or in its test (or val) folder.
  /// - Throws: `FileError` for what is no folder, `DataError` where no photo is of a known class.
  public init(_ folder: String, classNames: [String]) throws {
    let found = try ImageFiles(folder: folder)
    let layout = PhotoLayout(found.names)
    let isDirect = !layout.tops.isDisjoint(with: classNames)
    let part = isDirect ? nil : layout.testFolders.first ?? layout.trainingFolder
    let places = Dictionary(zip(classNames, classNames.indices)) { first, _ in first }
    var files: [String] = [], labels: [Int] = []
    var unknown: [String: Int] = [:]
    for (name, className) in layout.classed(in: part) {
      if let label = places[className] {
        files.append(found.path(name))
        labels.append(label)
      } else {
        unknown[className, default: 0] += 1
      }
    }
    guard !files.isEmpty else {
      throw DataError(
        found.names.isEmpty ? .empty : .classes,
        found.names.isEmpty
          ? "there are no photos in \(folder)"
          : "no photo in \(folder) lies in a folder of one of the classes \(PhotoFolder.listed(classNames))",
        advice: "Put the photos of each class into a folder of its name, as those of the training were.")
    }
    self.files = files
    self.labels = labels
    self.part = part
    unknownClasses = unknown.sorted { $0.key < $1.key }.map { (name: $0.key, count: $0.value) }
    missingClasses = classNames.indices.filter { !labels.contains($0) }.map { classNames[$0] }
    misnamed = found.misnamed.map(found.path)
  }

  /// Photos to which a table gives one class each; those in the folder's test part where it has one.
  /// - Throws: `DataError` for tables of something else.
  public init(_ table: PhotoTable) throws {
    guard table.columns.task == .classes else {
      throw DataError(
        .classes,
        "a table of one class for each photo was expected, \(table.path) was read as \(table.columns.task)")
    }
    let tested = try table.tested()
    files = tested.photos.files
    let labels = tested.photos.values.map { Int($0[0]) }
    self.labels = labels
    part = tested.part
    unknownClasses = []
    missingClasses = table.names.indices.filter { !labels.contains($0) }.map { table.names[$0] }
    misnamed = []
  }
}
