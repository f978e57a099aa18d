/// The variables of a file that Keras wrote: `.weights.h5`, an old `.h5`, or the archive `.keras`.
public struct KerasFile: Sendable {
  /// The variables, each with the layers that lead to it.
  public let variables: [KerasVariable]

  /// Reads the file at `path`.
  /// - Throws: `FileError` when it cannot be read or is no file of Keras.
  public init(path: String) throws { try self.init(FileReader(path: path)) }

  /// Reads the file that `source` holds.
  /// - Throws: `FileError` when it cannot be read or is no file of Keras.
  public init(_ source: any ByteSource) throws {
    if try source.bytes(at: 0, count: min(4, source.byteCount)) == [0x50, 0x4b, 0x03, 0x04] {
      let archive = try ZipReader(source)
      guard let weights = archive.entry(named: "model.weights.h5") else {
        throw FileError(
          path: source.path, reason: .unsupported,
          problem: "the archive holds no model.weights.h5, which Keras writes")
      }
      self.variables = try Self.variables(
        HDF5File(MemorySource(try archive.contents(of: weights), path: source.path)))
    } else {
      self.variables = try Self.variables(HDF5File(source))
    }
  }

  private static func variables(_ file: HDF5File) throws -> [KerasVariable] {
    // Whole models keep the optimizer's variables beside the weights.
    let isWhole = file.texts["model_weights"] != nil
    return try file.datasets.compactMap { dataset in
      var path = dataset.path
      if isWhole {
        guard path.first == "model_weights" else { return nil }
        path.removeFirst()
      }
      guard let last = path.last, path.first != "optimizer", let value = try file.literal(of: dataset) else {
        return nil
      }
      if path.count >= 2, path[path.count - 2] == "vars" {
        return KerasVariable(
          layers: names(path.dropLast(2), file), name: last, value: value,
          types: path.dropLast(2).filter { $0 != "layers" })
      }
      let name = last.hasSuffix(":0") ? String(last.dropLast(2)) : last
      return KerasVariable(layers: path.dropLast(), name: name, value: value)
    }
  }

  /// The names of the layers on a way such as `layers/sequential/layers/conv2d`, whose steps are the layers' types:
  /// the names stand beside the variables.
  private static func names(_ path: ArraySlice<String>, _ file: HDF5File) -> [String] {
    var names: [String] = []
    for end in path.indices where path[end] != "layers" {
      let group = path[...end].joined(separator: "/")
      names.append(file.texts[group + "/vars"]?["name"] ?? path[end])
    }
    return names
  }
}
