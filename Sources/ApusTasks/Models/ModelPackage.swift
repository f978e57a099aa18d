import ApusGraph
import ApusIO
import Foundation

/// A model as one file: a manifest that says everything about it, tensors, and files such as vocabularies. Never code.
///
/// The file is a safetensors file, whose metadata hold the manifest; files are among its tensors as bytes.
public struct ModelPackage: Sendable {
  /// What the model is.
  public var manifest: Manifest
  /// Its tensors by name.
  public var tensors: [String: Literal]
  /// Its files by name.
  public var files: [String: [UInt8]]
  /// Where it was read from; empty for one that was not.
  public private(set) var path = ""

  /// The name of a model's file in a folder.
  public static let fileName = "model.safetensors"
  /// The name of the format in the file.
  static let format = "apus.package"
  private static let filePrefix = "file:"

  /// A package with its parts.
  public init(
    _ manifest: Manifest, tensors: [String: Literal] = [:], files: [String: [UInt8]] = [:], path: String = ""
  ) {
    self.manifest = manifest
    self.tensors = tensors
    self.files = files
    self.path = path
  }

  /// Reads a package.
  /// - Throws: `FileError` for files that are missing, damaged or something else.
  public init(path: String) throws {
    let file = try Safetensors(path: path)
    guard file.metadata["format"] == Self.format else {
      throw FileError(
        path: path, reason: .unsupported, problem: "it is no model that `apus fit` saved",
        advice: "Weights of other origin are read in Swift, by model.loadWeights(from:).")
    }
    func corrupt(_ problem: String) -> FileError {
      FileError(path: path, reason: .corrupt, problem: problem, advice: "Train the model again.")
    }
    guard let text = file.metadata["manifest"] else { throw corrupt("it has no manifest") }
    guard let version = file.metadata["version"].flatMap({ Int($0) }), version <= Manifest.newestVersion
    else {
      throw FileError(
        path: path, reason: .unsupported,
        problem: "its format has version \(file.metadata["version"] ?? "?"), this program reads up to "
          + "\(Manifest.newestVersion)", advice: "Use a newer version of Apus.")
    }
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    guard let manifest = try? decoder.decode(Manifest.self, from: Data(text.utf8)) else {
      throw corrupt("its manifest cannot be read")
    }
    var tensors: [String: Literal] = [:], files: [String: [UInt8]] = [:]
    for (name, literal) in try file.literals() {
      guard name.hasPrefix(Self.filePrefix) else {
        tensors[name] = literal
        continue
      }
      files[String(name.dropFirst(Self.filePrefix.count))] = literal.withUnsafeBytes { Array($0) }
    }
    self.init(manifest, tensors: tensors, files: files, path: path)
  }

  /// Writes the package; the file appears complete or not at all.
  /// - Throws: `FileError` where it cannot be written.
  public func write(to path: String) throws {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    if !folder.isEmpty, !FileManager.default.fileExists(atPath: folder) {
      do {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      } catch {
        throw FileError(
          path: folder, reason: .unwritable, problem: "the folder cannot be made",
          advice: "A file may have that name, or the place may not be written to: choose another one.")
      }
    }
    var all = tensors
    for (name, bytes) in files {
      all[Self.filePrefix + name] = try Literal(dtype: .uint8, shape: [bytes.count]) { target in
        bytes.withUnsafeBytes { target.copyBytes(from: $0) }
      }
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // A loss that is kept, or a value of the profile, may be no number.
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    try Safetensors.write(
      all,
      metadata: [
        "format": Self.format, "version": String(Manifest.newestVersion),
        "manifest": String(decoding: try encoder.encode(manifest), as: UTF8.self),
      ], to: path)
  }

  /// An error about a package that contradicts itself.
  public func corrupt(_ problem: String) -> FileError {
    FileError(
      path: path.isEmpty ? "model" : path, reason: .corrupt, problem: problem,
      advice: "Train the model again.")
  }
}

/// What a model's file says of it beside its tensors.
public struct Manifest: Sendable, Codable {
  /// The kind of model, such as `network`.
  public var kind: String
  /// How examples become tensors; nil for models that take none.
  public var input: Coded?
  /// What is predicted; nil for models that predict nothing.
  public var target: Coded?
  /// The network as data; nil for models that are none.
  public var network: Coded?
  /// The type and shape of inputs and outputs, for whoever serves it.
  public var signature: Signature?
  /// What the training data looked like, for whoever watches over it: names and values.
  public var profile: [String: Double] = [:]
  /// Where it came from.
  public var origin = ModelOrigin()
  /// How good it was when it was kept while training.
  public var kept: KeptLoss?

  /// The version of the format that this program writes, and the newest that it reads.
  public static let newestVersion = 2

  /// The types of tensors that go in and come out, without the batch axis.
  public struct Signature: Sendable, Codable, Equatable {
    /// Element type and shape of each input, such as `float32[224, 224, 3]`.
    public var inputs: [String]
    /// Element type and shape of the output.
    public var output: String

    /// Types of tensors.
    public init(inputs: [String], output: String) { (self.inputs, self.output) = (inputs, output) }
  }

  /// A manifest of a model of a kind.
  init(kind: String, origin: ModelOrigin) {
    self.kind = kind
    self.origin = origin
  }
}
