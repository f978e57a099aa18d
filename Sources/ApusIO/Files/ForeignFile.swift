/// What a file is that is none of the formats read here, by its first bytes.
enum ForeignFile {
  /// The beginnings of files that are taken for weights, what they are, and what to do about them.
  private static let kinds: [(start: [UInt8], name: String, advice: String)] = [
    (
      Array("<!DOCTYPE".utf8), "a web page",
      "A download failed: open the file as text to see what the server said."
    ),
    (
      Array("<html".utf8), "a web page",
      "A download failed: open the file as text to see what the server said."
    ),
    (
      Array("GGUF".utf8), "a GGUF file of llama.cpp",
      "Take the same weights as safetensors, from which GGUF files are made."
    ),
    (
      [0x1f, 0x8b], "compressed by gzip",
      "Unpack it first: gunzip FILE, or tar -xzf FILE for an archive."
    ),
    (
      [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59], "an array of NumPy (.npy)",
      "NumPyFile.readLiteral(from:) reads it; pass it to load(named:) under a parameter's name."
    ),
    (
      [0x80, 0x03], "a pickle of Python that is not torch.save's",
      "In Python, write the weights by torch.save or safetensors."
    ),
    (
      [0x80, 0x04], "a pickle of Python that is not torch.save's, such as joblib's",
      "In Python, write the weights by torch.save or safetensors."
    ),
    (
      [0x80, 0x05], "a pickle of Python that is not torch.save's, such as joblib's",
      "In Python, write the weights by torch.save or safetensors."
    ),
    (
      [0x08], "a model of ONNX or TensorFlow (protobuf)",
      "ONNX and TensorFlow graphs are not read; export the weights as safetensors, .h5 or a state dictionary."
    ),
    (
      [0x0a], "a model of ONNX or TensorFlow (protobuf)",
      "ONNX and TensorFlow graphs are not read; export the weights as safetensors, .h5 or a state dictionary."
    ),
  ]

  /// An error that names what the file is, or nil when its first bytes tell nothing. A safetensors file begins with the
  /// length of its header as eight bytes, of which the last ones are zero, and a brace.
  static func error(path: String, start: [UInt8]) -> FileError? {
    guard start.count > 8 else { return nil }
    let isSafetensors = start[8] == UInt8(ascii: "{") && start[5...7].allSatisfy { $0 == 0 }
    guard !isSafetensors, let kind = kinds.first(where: { start.starts(with: $0.start) }) else { return nil }
    return FileError(
      path: path, reason: .unsupported, problem: "weights were expected, it is \(kind.name)",
      advice: kind.advice)
  }

  /// Bytes that a pointer of Git LFS never has more than.
  static let pointerLimit = 1024

  /// An error for a small file that only says where Git LFS keeps the real one; nil for every other.
  static func pointerError(path: String, bytes: [UInt8]) -> FileError? {
    guard bytes.starts(with: Array("version https://git-lfs.github.com/spec/".utf8)) else { return nil }
    let size =
      String(decoding: bytes, as: UTF8.self).split(separator: "\n")
      .first { $0.hasPrefix("size ") }.map { " of \($0.dropFirst(5)) bytes" } ?? ""
    return FileError(
      path: path, reason: .unsupported,
      problem: "it is a pointer of Git LFS, \(bytes.count) bytes that stand for a file\(size)",
      advice: "Fetch the file itself: git lfs pull in its repository, or the download link of its page.")
  }
}
