/// The formats of weight files that are read.
public enum WeightFormat: String, Sendable {
  /// Hugging Face's safetensors.
  case safetensors
  /// What `torch.save` writes, in either form.
  case pyTorch
  /// HDF5, or Keras's archive.
  case keras

  /// Looks at the first bytes of a file, and into an archive.
  /// - Throws: `FileError` that names what the file is where it is none of these.
  public init(_ source: any ByteSource) throws {
    let start = try source.bytes(at: 0, count: min(16, source.byteCount))
    if start.starts(with: HDF5File.signature) {
      self = .keras
    } else if start.starts(with: [0x50, 0x4b, 0x03, 0x04]) {
      let archive = try ZipReader(source)
      if archive.entry(named: "model.weights.h5") != nil {
        self = .keras
      } else if archive.entries.contains(where: { $0.name.hasSuffix(".npy") }) {
        throw FileError(
          path: source.path, reason: .unsupported,
          problem: "weights were expected, it is an archive of NumPy's arrays (.npz)",
          advice:
            "Pass what NumPyFile.readLiterals(from:) reads to load(named:), by the names of the parameters.")
      } else {
        self = .pyTorch
      }
    } else if let error = ForeignFile.error(path: source.path, start: start) {
      throw error
    } else {
      // The old form of PyTorch begins with a pickle of protocol 2.
      self = start.starts(with: [0x80, 0x02]) ? .pyTorch : .safetensors
    }
  }
}
