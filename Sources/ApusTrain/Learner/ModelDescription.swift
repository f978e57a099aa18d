import ApusGraph
import ApusIO

/// The description inside of a saved model, for programs that decide by it how to use the model.
public struct ModelDescription: Sendable, Equatable {
  /// The names of the classes in the order of their labels.
  public let classNames: [String]?
  /// The types of one sample's inputs, without the batch axis.
  public let inputTypes: [TensorType]?
  /// What is done to raw inputs before they reach the model, by name.
  public let preprocessing: [String: String]
  /// The loss that the model was trained with.
  public let loss: String?

  /// Reads the description of the model file at `path`.
  /// - Throws: `FileError` for a file that cannot be read, `TrainingError` for one that `Learner.save` did not write.
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
