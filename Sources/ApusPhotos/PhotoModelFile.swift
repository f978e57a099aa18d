import ApusData
import ApusGraph
import ApusIO
import ApusNN
import ApusVision
import Foundation

/// The one file of a network for photos: its weights, and a card that says everything else.
struct PhotoModelFile<Card: Codable> {
  /// The format's name, in the file.
  let format: String
  /// The newest version that is read, which is written.
  let version: Int
  /// What such a file holds, for errors: "classifier of photos".
  let content: String
  /// How such a file is made, for errors.
  let source: String

  /// The file's name inside a folder.
  static var fileName: String { "model.safetensors" }

  /// The file at a path, or in the folder there.
  func resolved(_ path: String) -> String {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    return exists && isFolder.boolValue ? path + "/" + Self.fileName : path
  }

  /// Whether `write` wrote the file.
  func isOne(at path: String) -> Bool {
    (try? Safetensors(path: resolved(path)).metadata["format"]) == format
  }

  /// Writes a file, which appears complete or not at all.
  func write(_ tensors: [String: Literal], card: Card, to folder: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw FileError(
        path: folder, reason: .unwritable, problem: "the folder cannot be made",
        advice: "A file may have that name, or the place may not be written to: choose another one.")
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    try Safetensors.write(
      tensors,
      metadata: [
        "format": format, "version": String(version),
        "card": String(decoding: try encoder.encode(card), as: UTF8.self),
      ], to: folder + "/" + Self.fileName)
  }

  /// Reads the card; weights stay on the disk.
  /// - Throws: `FileError` for files that are missing, damaged or something else.
  func read(_ path: String) throws -> (file: Safetensors, card: Card) {
    let path = resolved(path)
    let file = try Safetensors(path: path)
    guard file.metadata["format"] == format, let found = file.metadata["version"].flatMap({ Int($0) }) else {
      throw FileError(
        path: path, reason: .unsupported, problem: "it holds no \(content)", advice: "Make one by \(source).")
    }
    guard found <= version else {
      throw FileError(
        path: path, reason: .unsupported,
        problem: "its format has version \(found), this program reads up to \(version)",
        advice: "Use a newer version of Apus.")
    }
    guard let text = file.metadata["card"],
      let card = try? JSONDecoder().decode(Card.self, from: Data(text.utf8))
    else { throw corrupt(path, "what it says of its network cannot be read") }
    return (file, card)
  }

  /// Gives a network that knows its shapes the file's weights; they are compared before any memory is taken.
  func load(_ file: Safetensors, into model: some Module, path: String) throws {
    let expected = try model.parameters()
    for (name, parameter) in expected {
      guard let entry = file.entry(named: name), entry.shape == parameter.shape else {
        throw corrupt(path, "its weights do not fit its network: '\(name)' differs")
      }
    }
    guard expected.count == file.entries.count else {
      throw corrupt(path, "it holds \(file.entries.count) tensors, the network has \(expected.count)")
    }
    try model.load(named: file.literals())
  }

  /// What is said of a file that contradicts itself.
  func corrupt(_ path: String, _ problem: String) -> FileError {
    FileError(path: resolved(path), reason: .corrupt, problem: problem, advice: "Train the model again.")
  }

  /// The network of a name.
  func architecture(_ path: String, _ name: String) throws -> VisionArchitecture {
    guard let found = VisionArchitecture.named(name) else {
      throw FileError(
        path: resolved(path), reason: .unsupported,
        problem: "its network is called \(name), which is not known here",
        advice: "Use a newer version of Apus.")
    }
    return found
  }

  /// The shape of pictures, where what a card says of how photos are looked at makes sense.
  func frame(
    _ path: String, _ size: ImageSize, channels: Int, _ fitting: ImageFitting, _ views: [PhotoView] = [.plain]
  ) throws -> Shape {
    let sides = [size.height, size.width]
    guard sides.allSatisfy((1...16_384).contains), (1...4).contains(channels),
      (1...1000).contains(views.count), views.allSatisfy(\.isSound)
    else { throw corrupt(path, "sizes or views make no sense") }
    if case .crop(let share) = fitting, !(share > 0 && share <= 1) {
      throw corrupt(path, "a share of \(share) of the photos makes no sense")
    }
    return Shape(sides + [channels])
  }
}
