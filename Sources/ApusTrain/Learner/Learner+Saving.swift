import ApusGraph
import ApusIO
import ApusNN

extension Learner {
  /// The version of the files that `save` writes.
  static let modelFormat = (name: "apus.model", version: 1)

  /// Writes the model's weights and what is needed to use them (names of the classes, shapes of the inputs,
  /// preprocessing) as a safetensors file. It appears complete or not at all, and holds no code.
  public func save(to path: String) throws {
    try Safetensors.write(try modelState(), metadata: modelMetadata(), to: path)
  }

  /// Reads weights that `save` wrote into this learner's model, which must be of the same layers; it need not
  /// have been built. Nothing is changed if names or shapes do not fit.
  public func load(from path: String) throws {
    try claim()
    defer { release() }
    let file = try Safetensors(path: path)
    let description = try ModelDescription(file.metadata, path: path)
    if let types = description.inputTypes { try build(types) }
    try restoreModelState(try file.literals())
    if let names = description.classNames { classNames = names }
    preprocessing.merge(description.preprocessing) { $1 }
  }

  /// All weights and states of the model, by their dotted paths.
  public func modelState() throws -> [String: Literal] { try model.namedLiterals() }

  /// Gives the model what `modelState` gave.
  public func restoreModelState(_ state: [String: Literal]) throws { try model.load(named: state) }

  private func modelMetadata() -> [String: String] {
    var metadata = [
      "format": Self.modelFormat.name, "version": String(Self.modelFormat.version), "loss": loss.name,
      "output_activation": loss.activation.rawValue,
    ]
    if let inputTypes {
      metadata["inputs"] =
        JSON.array(
          inputTypes.map { type in
            .object([
              JSON.Member("dtype", .string(type.dtype.rawName)),
              JSON.Member("shape", .array(type.shape.dimensions.map { .integer($0) })),
            ])
          }
        ).text()
    }
    if let classNames { metadata["class_names"] = JSON.array(classNames.map { .string($0) }).text() }
    if !preprocessing.isEmpty {
      metadata["preprocessing"] =
        JSON.object(preprocessing.sorted { $0.key < $1.key }.map { JSON.Member($0.key, .string($0.value)) })
        .text()
    }
    return metadata
  }
}

/// What a saved model says of itself, for programs that decide by it how to use the model.
public struct ModelDescription: Sendable, Equatable {
  /// The names of the classes in the order of their labels.
  public let classNames: [String]?
  /// The types of one sample's inputs, without the batch axis.
  public let inputTypes: [TensorType]?
  /// What was done to raw inputs before the model saw them.
  public let preprocessing: [String: String]
  /// The loss that the model was trained with.
  public let loss: String?

  /// Reads the description of the model file at `path`.
  public init(path: String) throws { try self.init(try Safetensors(path: path).metadata, path: path) }

  init(_ metadata: [String: String], path: String) throws {
    func wrong(_ problem: String) -> TrainingError {
      TrainingError(.checkpoint, "\(path): \(problem)", advice: "Was it written by Learner.save(to:)?")
    }
    guard metadata["format"] == Learner.modelFormat.name,
      let version = metadata["version"].flatMap({ Int($0) })
    else {
      throw TrainingError(
        .checkpoint, "\(path) is not a model saved by a learner",
        advice: "Weights of other origin are read with model.loadWeights(from:).")
    }
    guard version <= Learner.modelFormat.version else {
      throw TrainingError(
        .checkpoint,
        "\(path) has format version \(version), this program reads up to \(Learner.modelFormat.version)",
        advice: "Use a newer version of Apus.")
    }
    func parsed(_ key: String) throws -> JSON? {
      guard let text = metadata[key] else { return nil }
      guard let json = try? JSON(parsing: Array(text.utf8)) else { throw wrong("its \(key) cannot be read") }
      return json
    }
    classNames = try parsed("class_names").map { json in
      guard let names = json.arrayValue?.compactMap(\.stringValue) else {
        throw wrong("class names expected")
      }
      return names
    }
    inputTypes = try parsed("inputs").map { json in
      try (json.arrayValue ?? []).map { entry in
        guard let dtype = entry["dtype"]?.stringValue.flatMap(DType.init(rawName:)),
          let sizes = entry["shape"]?.arrayValue?.compactMap(\.integerValue),
          sizes.allSatisfy({ $0 >= 0 && $0 < 1 << 40 })
        else { throw wrong("the types of its inputs cannot be read") }
        return TensorType(dtype, Shape(sizes))
      }
    }
    preprocessing = Dictionary(
      (try parsed("preprocessing")?.members ?? []).compactMap { member in
        member.value.stringValue.map { (member.key, $0) }
      }, uniquingKeysWith: { $1 })
    loss = metadata["loss"]
  }
}

extension DType {
  /// The name in files; not to be changed.
  var rawName: String { "\(self)" }

  init?(rawName: String) {
    let all: [DType] = [.float32, .float64, .int32, .int64, .uint8, .bool, .bfloat16, .uint32]
    guard let found = all.first(where: { $0.rawName == rawName }) else { return nil }
    self = found
  }
}
