import ApusGraph
import ApusTensor

extension Safetensors {
  /// Reads one tensor.
  /// - Throws: `FileError` when it cannot be read.
  public func tensor(named name: String) throws -> Tensor { Tensor(try literal(named: name)) }

  /// Reads every tensor.
  /// - Throws: `FileError` when it cannot be read.
  public func tensors() throws -> [String: Tensor] { try literals().mapValues { Tensor($0) } }

  /// Reads every tensor of the file at `path`.
  /// - Throws: `FileError` when it cannot be read.
  public static func read(from path: String) throws -> [String: Tensor] {
    try Safetensors(path: path).tensors()
  }

  /// Computes tensors and writes them by name, with free text beside them. The file appears complete or not
  /// at all.
  /// - Throws: `FileError` when it cannot be written, `GraphError` when a value cannot be computed.
  public static func write(
    _ tensors: [String: Tensor], metadata: [String: String] = [:], to path: String
  ) throws {
    try write(computed(tensors), metadata: metadata, to: path)
  }
}

extension NumPyFile {
  /// Reads the array of an `.npy` file.
  /// - Throws: `FileError` when it cannot be read.
  public static func read(from path: String) throws -> Tensor { Tensor(try readLiteral(from: path)) }

  /// Reads the arrays of an `.npz` file by name.
  /// - Throws: `FileError` when it cannot be read.
  public static func readArchive(from path: String) throws -> [String: Tensor] {
    try readLiterals(from: path).mapValues { Tensor($0) }
  }

  /// Computes a tensor and writes it as an `.npy` file. NumPy has no `bfloat16`: that is written as `float32`,
  /// without loss.
  /// - Throws: `FileError` when it cannot be written, `GraphError` when a value cannot be computed.
  public static func write(_ tensor: Tensor, to path: String) throws {
    try write(tensor.literal(), to: path)
  }

  /// Computes tensors and writes them by name as an `.npz` file.
  /// - Throws: `FileError` when it cannot be written, `GraphError` when a value cannot be computed.
  public static func writeArchive(
    _ tensors: [String: Tensor], compressed: Bool = false, to path: String
  ) throws {
    try writeArchive(computed(tensors), compressed: compressed, to: path)
  }
}

/// The values of tensors, computed together in one program.
private func computed(_ tensors: [String: Tensor]) throws -> [String: Literal] {
  try evaluate(Array(tensors.values))
  return try tensors.mapValues { try $0.literal() }
}
