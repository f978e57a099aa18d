/// The formats of weight files that are read.
public enum WeightFormat: String, Sendable {
  /// Hugging Face's safetensors.
  case safetensors
  /// What `torch.save` writes, in either form.
  case pyTorch
  /// HDF5, or Keras's archive.
  case keras

  /// Looks at the first bytes of a file, and into an archive.
  public init(_ source: any ByteSource) throws {
    let start = try source.bytes(at: 0, count: min(8, source.byteCount))
    if start == HDF5File.signature {
      self = .keras
    } else if start.starts(with: [0x50, 0x4b, 0x03, 0x04]) {
      self = try ZipReader(source).entry(named: "model.weights.h5") == nil ? .pyTorch : .keras
    } else {
      // The old form of PyTorch begins with a pickle of protocol 2.
      self = start.starts(with: [0x80, 0x02]) ? .pyTorch : .safetensors
    }
  }
}
