import ApusGraph

/// The tensors of a file that `torch.save` wrote: the zip archive of PyTorch 1.6 and later, or the stream before it.
///
/// Such a file is a program. It is not run here: the names, shapes and places of tensors are read from it, and
/// whatever else it would make is passed over. Opening reads the program alone; a tensor's bytes are read when it
/// is asked for.
public struct PyTorchFile: Sendable {
  /// One tensor of the file.
  public struct Entry: Sendable, Equatable {
    /// The keys that lead to it, joined by dots; keys such as `state_dict` that lead to all are left out.
    public let name: String
    /// The element type as the file calls it, such as `FloatStorage`.
    public let storedType: String
    /// The axis sizes.
    public let shape: Shape
    /// Elements from one index of an axis to the next.
    let strides: [Int]
    /// Elements before the first.
    let offset: Int
    let storage: String
  }

  /// The tensors in the order of the file.
  public let entries: [Entry]
  private let storages: PyTorchStorages
  private let indices: [String: Int]

  /// Opens the file at `path`.
  /// - Throws: `FileError` when it cannot be read, or holds no tensors but a whole pickled model.
  public init(path: String) throws { try self.init(FileReader(path: path)) }

  /// Opens the file that `source` holds.
  /// - Throws: `FileError` when it cannot be read, or holds no tensors but a whole pickled model.
  public init(_ source: any ByteSource) throws {
    let (root, storages) = try PyTorchStorages.open(source)
    var search = PyTorchTensorSearch(path: source.path)
    try search.visit(root, name: [])
    if search.entries.isEmpty, let object = search.objects.first {
      throw Self.noStateDictionary(object, path: source.path)
    }
    for entry in search.entries { try storages.check(entry) }
    entries = search.entries
    self.storages = storages
    indices = Dictionary(entries.enumerated().map { ($1.name, $0) }) { first, _ in first }
  }

  /// An error about a file that holds objects, such as a whole model, and no tensors outside of them.
  private static func noStateDictionary(_ type: String, path: String) -> FileError {
    if type.hasPrefix("__torch__") {
      return FileError(
        path: path, reason: .unsupported,
        problem: "it is a program of TorchScript (torch.jit.save), not a state dictionary",
        advice:
          "In Python: model = torch.jit.load(path), then torch.save(model.state_dict(), other) and load that file."
      )
    }
    return FileError(
      path: path, reason: .unsupported,
      problem:
        "it holds a whole object of the Python class \(type), as torch.save(model) writes it, not a state "
        + "dictionary; classes are never run here",
      advice: "In Python: torch.save(model.state_dict(), path).")
  }

  /// The names of the tensors, sorted.
  public var names: [String] { entries.map(\.name).sorted() }

  /// What the file says of a tensor, or nil.
  public func entry(named name: String) -> Entry? { indices[name].map { entries[$0] } }

  /// Reads one tensor's value. Half precision is read as `float32`, small integers as `int32`.
  /// - Throws: `FileError` when there is no such tensor, or it cannot be read.
  public func literal(named name: String) throws -> Literal {
    guard let entry = entry(named: name) else {
      let listed = names.prefix(5).map { "\"\($0)\"" }.joined(separator: ", ")
      throw FileError(
        path: storages.path, reason: .invalidRequest,
        problem: "there is no tensor \"\(name)\" among the \(entries.count) of the file",
        advice: entries.isEmpty ? nil : "The first names are \(listed).")
    }
    return try storages.literal(of: entry)
  }

  /// Reads every tensor's value.
  /// - Throws: `FileError` when there is no such tensor, or it cannot be read.
  public func literals() throws -> [String: Literal] {
    try Dictionary(entries.map { ($0.name, try storages.literal(of: $0)) }) { first, _ in first }
  }

  /// Reads every tensor's value from the file at `path`.
  /// - Throws: `FileError` when there is no such tensor, or it cannot be read.
  public static func readLiterals(from path: String) throws -> [String: Literal] {
    try PyTorchFile(path: path).literals()
  }
}

/// Finds the tensors of an unpickled object.
struct PyTorchTensorSearch {
  let path: String
  private(set) var entries: [PyTorchFile.Entry] = []
  /// The classes of objects that were passed over.
  private(set) var objects: [String] = []
  /// Objects may be shared without end in a few bytes.
  private var remaining = 1_000_000
  /// Keys under which training programs keep the weights beside other things.
  private static let wrappers: Set<String> = [
    "state_dict", "model_state_dict", "model_state", "model", "module",
  ]

  init(path: String) { self.path = path }

  mutating func visit(_ value: PickleValue, name: [String]) throws {
    remaining -= 1
    guard remaining > 0, name.count < 32 else {
      throw FileError(
        path: path, reason: .tooLarge,
        problem: "it holds more than 1,000,000 objects, or 32 inside each other")
    }
    switch value {
    case .call(let function, let arguments):
      if let entry = try tensor(function, arguments, name: name.joined(separator: ".")) {
        entries.append(entry)
      } else if function == "torch._utils._rebuild_parameter", let inner = arguments.first {
        try visit(inner, name: name)
      } else {
        objects.append(function)
      }
    case .dictionary(let dictionary):
      for (key, value) in dictionary.members {
        guard let key = key.textValue ?? key.integerValue.map(String.init) else { continue }
        try visit(value, name: name.isEmpty && Self.wrappers.contains(key) ? [] : name + [key])
      }
    case .list, .tuple:
      for (index, element) in (value.elements ?? []).enumerated() {
        try visit(element, name: name + [String(index)])
      }
    default: break
    }
  }

  private func tensor(
    _ function: String, _ arguments: [PickleValue], name: String
  ) throws -> PyTorchFile.Entry? {
    guard function == "torch._utils._rebuild_tensor_v2" || function == "torch._utils._rebuild_tensor" else {
      return nil
    }
    guard arguments.count >= 4, case .persistent(let storage) = arguments[0], storage.count >= 5,
      case .global(let type) = storage[1], let key = storage[2].textValue,
      let offset = arguments[1].integerValue, offset >= 0,
      let sizes = arguments[2].elements?.map({ $0.integerValue ?? -1 }),
      let strides = arguments[3].elements?.map({ $0.integerValue ?? -1 }), sizes.count == strides.count,
      sizes.count <= 64, strides.allSatisfy({ $0 >= 0 }), let shape = Shape(checked: sizes, elementSize: 8)
    else {
      throw FileError(
        path: path, reason: .corrupt, problem: "tensor \"\(name)\" is not described as PyTorch does")
    }
    return PyTorchFile.Entry(
      name: name, storedType: type.split(separator: ".").last.map(String.init) ?? type, shape: shape,
      strides: strides, offset: offset, storage: key)
  }
}
