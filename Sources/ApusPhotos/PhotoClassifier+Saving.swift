import ApusData
import ApusGraph
import ApusIO
import ApusVision
import Foundation

extension PhotoClassifier {
  /// The file's name inside a folder.
  public static let fileName = PhotoModelFile<Card>.fileName

  private static let file = PhotoModelFile<Card>(
    format: "apus.photos", version: 1, content: "classifier of photos",
    source: "PhotoClassifier.save(to:) or `apus fit PHOTOS/`")

  /// What a file says beside the weights.
  struct Card: Codable {
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
  public static func isClassifier(at path: String) -> Bool { file.isOne(at: path) }

  /// Writes weights and all else into one file, which appears complete or not at all.
  /// - Parameter folder: Where `model.safetensors` is written; it is made where it is missing.
  public func save(to folder: String) throws {
    let card = Card(
      architecture: model.architecture.name, classNames: classNames, size: loading.size,
      channels: loading.channels, fitting: loading.fitting, interpolation: loading.interpolation,
      temperature: temperature, views: views, origin: origin)
    try Self.file.write(try model.namedLiterals(), card: card, to: folder)
  }

  /// Reads what `save` wrote.
  /// - Parameter path: The folder, or the file in it.
  /// - Throws: `FileError` for files that are missing, damaged or something else.
  public static func load(from path: String) throws -> PhotoClassifier {
    let (weights, card) = try file.read(path)
    let shape = try file.frame(path, card.size, channels: card.channels, card.fitting, card.views)
    guard (2...1 << 20).contains(card.classNames.count), Set(card.classNames).count == card.classNames.count,
      card.temperature > 0, card.temperature.isFinite
    else { throw file.corrupt(path, "classes or temperature make no sense") }
    let model = try VisionModel(
      file.architecture(path, card.architecture), classes: card.classNames.count, inputShape: shape)
    try model.plan(inputShape: shape)
    try file.load(weights, into: model, path: path)
    return try PhotoClassifier(
      model: model, classNames: card.classNames, fitting: card.fitting, interpolation: card.interpolation,
      temperature: card.temperature, views: card.views, origin: card.origin)
  }
}
