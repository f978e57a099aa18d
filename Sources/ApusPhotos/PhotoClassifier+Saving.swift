import ApusData
import ApusGraph
import ApusIO
import ApusVision
import Foundation

extension PhotoClassifier {
  /// The file's name inside a folder.
  public static let fileName = "model.safetensors"

  /// The version of the files that `save` writes.
  private static let format = (name: "apus.photos", version: 1)

  /// What a file says beside the weights.
  private struct Card: Codable {
    var architecture: String
    var classNames: [String]
    var size: ImageSize
    var channels: Int
    var fitting: ImageFitting
    var interpolation: Image.Interpolation
    var temperature: Double
    var views: [PhotoView]
    var origin: PhotoOrigin
  }

  /// Whether a file was written by `save`.
  /// - Parameter path: A file, or a folder that has one.
  public static func isClassifier(at path: String) -> Bool {
    (try? Safetensors(path: resolved(path)).metadata["format"]) == format.name
  }

  /// Writes weights and all else into one file, which appears complete or not at all.
  /// - Parameter folder: Where `model.safetensors` is written; it is made where it is missing.
  public func save(to folder: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw FileError(
        path: folder, reason: .unwritable, problem: "the folder cannot be made",
        advice: "A file may have that name, or the place may not be written to: choose another one.")
    }
    let card = Card(
      architecture: model.architecture.name, classNames: classNames, size: loading.size,
      channels: loading.channels, fitting: loading.fitting, interpolation: loading.interpolation,
      temperature: temperature, views: views, origin: origin)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    try Safetensors.write(
      try model.namedLiterals(),
      metadata: [
        "format": Self.format.name, "version": String(Self.format.version),
        "card": String(decoding: try encoder.encode(card), as: UTF8.self),
      ], to: folder + "/" + Self.fileName)
  }

  /// Reads what `save` wrote.
  /// - Parameter path: The folder, or the file in it.
  /// - Throws: `FileError` for files that are missing, damaged or something else.
  public static func load(from path: String) throws -> PhotoClassifier {
    let path = resolved(path)
    let file = try Safetensors(path: path)
    guard file.metadata["format"] == format.name, let version = file.metadata["version"].flatMap({ Int($0) })
    else {
      throw FileError(
        path: path, reason: .unsupported, problem: "it holds no classifier of photos",
        advice: "Make one by PhotoClassifier.save(to:) or `apus fit PHOTOS/`.")
    }
    guard version <= format.version else {
      throw FileError(
        path: path, reason: .unsupported,
        problem: "its format has version \(version), this program reads up to \(format.version)",
        advice: "Use a newer version of Apus.")
    }
    func corrupt(_ problem: String) -> FileError {
      FileError(path: path, reason: .corrupt, problem: problem, advice: "Train the model again.")
    }
    guard let text = file.metadata["card"],
      let card = try? JSONDecoder().decode(Card.self, from: Data(text.utf8))
    else { throw corrupt("what it says of its network cannot be read") }
    guard let architecture = VisionArchitecture.named(card.architecture) else {
      throw FileError(
        path: path, reason: .unsupported,
        problem: "its network is called \(card.architecture), which is not known here",
        advice: "Use a newer version of Apus.")
    }
    let sides = [card.size.height, card.size.width]
    guard sides.allSatisfy((1...16_384).contains), (1...4).contains(card.channels),
      (2...1 << 20).contains(card.classNames.count), Set(card.classNames).count == card.classNames.count,
      card.temperature > 0, card.temperature.isFinite, (1...1000).contains(card.views.count),
      card.views.allSatisfy(\.isSound)
    else { throw corrupt("sizes, classes, views or temperature make no sense") }
    if case .crop(let share) = card.fitting, !(share > 0 && share <= 1) {
      throw corrupt("a share of \(share) of the photos makes no sense")
    }
    let model = try VisionModel(
      architecture, classes: card.classNames.count, inputShape: Shape(sides + [card.channels]))
    // Shapes are compared before any memory is taken for the network.
    try model.plan(inputShape: model.inputShape)
    let expected = try model.parameters()
    for (name, parameter) in expected {
      guard let entry = file.entry(named: name), entry.shape == parameter.shape else {
        throw corrupt("its weights do not fit the network \(card.architecture): '\(name)' differs")
      }
    }
    guard expected.count == file.entries.count else {
      throw corrupt("it holds \(file.entries.count) tensors, the network has \(expected.count)")
    }
    try model.load(named: file.literals())
    return try PhotoClassifier(
      model: model, classNames: card.classNames, fitting: card.fitting, interpolation: card.interpolation,
      temperature: card.temperature, views: card.views, origin: card.origin)
  }

  private static func resolved(_ path: String) -> String {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    return exists && isFolder.boolValue ? path + "/" + fileName : path
  }
}
