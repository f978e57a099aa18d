import ApusData
import ApusIO
import ApusReport
import ApusTasks
import ApusTrain
import Foundation

/// Images in a folder for each class, or in training, validation and test folders of such.
public struct ImageFolder: ExampleSource {
  /// The name in files.
  public static let kind = "image-folder"
  /// Nothing but the folder.
  public static let options: [OptionDescription] = []
  /// How it is used.
  public static let usage = """
    Images, in a folder for each class, or in train, valid and test folders of such:

      apus fit photos --output my-model
      apus evaluate --model my-model other-photos
      apus predict --model my-model dog.jpg
    """

  /// The folder, as an absolute path.
  public let folder: String

  /// Images in a folder.
  public init(_ folder: String) { self.folder = absolutePath(folder) }

  /// A folder that holds images, and no table or masks beside it.
  public static func recognize(_ request: DataRequest) throws -> ImageFolder? {
    guard let path = request.path, request.options.text("table") == nil, request.options.text("masks") == nil,
      request.options.text("data") == nil,
      isFolder(path), try holdsImages(path)
    else { return nil }
    return ImageFolder(path)
  }

  /// The folder.
  public var paths: [String] { [folder] }

  /// Decodes every image. What cannot be used is counted and named.
  public func read(for problem: Problem?, _ reporter: Reporter) throws -> Examples {
    if let target = problem?.target, !(target is Classification) {
      throw RunError(
        .usage, "a model for \(target.summary) is not measured on folders of classes",
        advice: target is Segmentation
          ? "Name the folder of the masks by --masks." : "Name the table of what is right by --table.")
    }
    reporter.say("Looking at every image in \(shortPaths(folder))")
    let census = try ImageCensus(folder: folder)
    guard !census.entries.isEmpty else {
      let broken = census.damaged.map(\.name) + census.misnamed
      throw DataError(
        .empty,
        broken.isEmpty
          ? "there are no images in \(folder)"
            + (census.unread.isEmpty
              ? "" : ", but " + UnreadFile.summary(of: census.unread).joined(separator: "; "))
          : "none of the \(broken.count) images in \(folder) can be read, \(broken[0]) first",
        advice: broken.isEmpty
          ? FolderLayout.advice : "`apus check-images \(folder)` says what is wrong with each.")
    }
    let layout = FolderLayout(census.entries.map(\.name))
    var notes = census.damageNotes
    notes += Self.partNotes(layout)
    let loose = layout.names.filter {
      layout.className($0) == nil && (!layout.isParted || layout.part($0) != nil)
    }
    if !loose.isEmpty {
      notes.append(
        "\(Format.count(loose.count, "image")) in no class's folder left out: " + Format.list(loose, limit: 3)
      )
    }
    let lost = census.unusableClasses.map { "\($0.name) (\($0.reason))" }
    if !lost.isEmpty {
      notes.append("classes without a single image that can be used: " + Format.list(lost, limit: 5))
    }
    var names = layout.names.filter { layout.className($0) != nil }
    guard !names.isEmpty else {
      throw DataError(
        .classes,
        "the images in \(folder) lie in no class's folder, such as \(loose.first ?? layout.names[0])",
        advice: FolderLayout.advice)
    }
    if problem == nil {
      let copies = ImageCopies(
        census, part: layout.part, contradiction: "the same lies in several classes", label: layout.className)
      notes += copies.notes
      names.removeAll(where: copies.leavesOut)
      let merged = Dictionary(grouping: Set(names.compactMap(layout.className).map { Array($0.utf8) })) {
        String(decoding: $0, as: UTF8.self)
      }.filter { $0.value.count > 1 }.keys.sorted()
      if !merged.isEmpty {
        notes.append(
          "folders whose names differ only in their Unicode form are one class: "
            + Format.list(merged, limit: 3))
      }
    } else if let known = problem?.target?.classNames {
      let unknown = Set(names.compactMap(layout.className)).subtracting(known).sorted()
      if !unknown.isEmpty {
        notes.append("classes that the model does not know left out: " + Format.list(unknown, limit: 5))
      }
      let missing = Set(known).subtracting(names.compactMap(layout.className)).sorted()
      if !missing.isEmpty { notes.append("there are no images of " + Format.list(missing, limit: 5)) }
    }
    return try Examples(
      modality: ImageInput.modality, title: folder, names: names.map { folder + "/" + $0 },
      inputs: [Column("image", .files(names.map { folder + "/" + $0 }))],
      targets: [Column("class", .categories(names.map(layout.className)))], parts: names.map(layout.part),
      notes: notes, skipped: census.skipped(in: folder))
  }

  /// What is told of parts and of folders beside them.
  static func partNotes(_ layout: FolderLayout) -> [String] {
    var notes: [String] = []
    if layout.isParted, layout.partFolders[.test] == nil, let name = layout.partFolders[.validation] {
      notes.append(
        "\(name) is the validation set; as there is no test folder, the test set is drawn from the training set"
      )
    }
    if !layout.strangers.isEmpty {
      notes.append("folders beside those of the parts left out: " + Format.list(layout.strangers, limit: 5))
    }
    return notes
  }
}

/// A path from the root.
func absolutePath(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }

/// Whether a folder is at a path.
func isFolder(_ path: String) -> Bool {
  var isFolder: ObjCBool = false
  return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
}

/// Whether a folder holds images, and not mostly something else.
func holdsImages(_ path: String) throws -> Bool {
  let files = try ImageFiles(folder: path)
  return !(files.names + files.misnamed).isEmpty
}
