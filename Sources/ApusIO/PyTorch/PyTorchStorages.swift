import ApusGraph

/// Where the numbers of a PyTorch file are.
struct PyTorchStorages: Sendable {
  private enum Place: Sendable {
    /// A member of a zip archive.
    case member(ZipReader.Entry)
    /// So many bytes of the file from an offset on.
    case range(offset: Int, byteCount: Int)

    var byteCount: Int {
      switch self {
      case .member(let entry): entry.byteCount
      case .range(_, let byteCount): byteCount
      }
    }
  }

  let path: String
  private let source: any ByteSource
  private let archive: ZipReader?
  private let places: [String: Place]
  private let isSwapped: Bool

  /// The element types that are read, and how.
  private static let formats: [String: StorageFormat] = [
    "DoubleStorage": .direct(.float64), "FloatStorage": .direct(.float32),
    "BFloat16Storage": .direct(.bfloat16),
    "HalfStorage": .float16, "LongStorage": .direct(.int64), "IntStorage": .direct(.int32),
    "ShortStorage": .int16, "CharStorage": .int8, "ByteStorage": .direct(.uint8),
    "BoolStorage": .direct(.bool),
  ]

  /// Reads the program of a file, and finds its storages.
  static func open(_ source: any ByteSource) throws -> (PickleValue, PyTorchStorages) {
    let start = try source.bytes(at: 0, count: min(4, source.byteCount))
    return start == [0x50, 0x4b, 0x03, 0x04] ? try openArchive(source) : try openStream(source)
  }

  private static func openArchive(_ source: any ByteSource) throws -> (PickleValue, PyTorchStorages) {
    let archive = try ZipReader(source)
    guard let program = archive.entries.first(where: { $0.name.hasSuffix("/data.pkl") }) else {
      throw FileError(
        path: source.path, reason: .unsupported,
        problem: "the zip archive holds no data.pkl, which torch.save writes",
        advice:
          "Programs that torch.jit.save wrote keep their weights elsewhere: save model.state_dict() instead.")
    }
    let prefix = program.name.dropLast("data.pkl".count)
    var places: [String: Place] = [:]
    for entry in archive.entries where entry.name.hasPrefix(prefix + "data/") {
      places[String(entry.name.dropFirst(prefix.count + 5))] = .member(entry)
    }
    var isSwapped = false
    if let order = archive.entry(named: prefix + "byteorder") {
      isSwapped = String(decoding: try archive.contents(of: order), as: UTF8.self) == "big"
    }
    var reader = PickleReader(MemorySource(try archive.contents(of: program), path: source.path))
    let root = try reader.next()
    return (
      root,
      PyTorchStorages(
        path: source.path, source: source, archive: archive, places: places, isSwapped: isSwapped)
    )
  }

  /// 0x1950a86a20f9469cfc6c, with which the old stream begins.
  private static let streamMark: [UInt8] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]

  /// The old stream: a number, a version, facts of the machine, the program, the keys of the storages, and then
  /// for each key the number of elements and the elements.
  private static func openStream(_ source: any ByteSource) throws -> (PickleValue, PyTorchStorages) {
    var reader = PickleReader(source)
    guard try source.bytes(at: 0, count: min(2, source.byteCount)).first == 0x80,
      case .wideInteger(streamMark) = try reader.next()
    else {
      throw FileError(
        path: source.path, reason: .corrupt, problem: "neither form of a PyTorch file begins like this",
        advice: "Only files of torch.save are read.")
    }
    guard try reader.next().integerValue == 1001 else {
      throw FileError(path: source.path, reason: .unsupported, problem: "its version is not 1001")
    }
    var isSwapped = false
    if case .dictionary(let facts) = try reader.next(), case .truth(false)? = facts["little_endian"] {
      isSwapped = true
    }
    let root = try reader.next()
    var finder = StorageTypes(path: source.path)
    try finder.visit(root)
    let keys = try reader.next().elements?.compactMap(\.textValue) ?? []
    var places: [String: Place] = [:]
    var position = reader.position
    for key in keys {
      let count = Int(exactly: try source.bytes(at: position, count: 8).littleEndian(at: 0, size: 8)) ?? .max
      position += 8
      guard let type = finder.types[key], let size = formats[type]?.byteSize else {
        throw FileError(
          path: source.path, reason: .unsupported,
          problem: "storage \(key) has elements of type \(finder.types[key] ?? "that no tensor names")")
      }
      guard count <= (source.byteCount - position) / size else {
        throw FileError(
          path: source.path, reason: .truncated,
          problem: "\(count) elements of \(size) bytes expected at byte \(position), but there are only "
            + "\(source.byteCount) bytes in all", advice: "Copy or download the file again.")
      }
      places[key] = .range(offset: position, byteCount: count * size)
      position += count * size
    }
    guard position == source.byteCount else {
      throw FileError(
        path: source.path, reason: .corrupt,
        problem: "\(source.byteCount - position) bytes follow its last storage")
    }
    return (
      root,
      PyTorchStorages(path: source.path, source: source, archive: nil, places: places, isSwapped: isSwapped)
    )
  }

  /// The element types of the storages that an object's tensors use.
  private struct StorageTypes {
    let path: String
    var types: [String: String] = [:]
    private var remaining = 1_000_000

    init(path: String) { self.path = path }

    mutating func visit(_ value: PickleValue, depth: Int = 0) throws {
      remaining -= 1
      guard remaining > 0, depth < 64 else {
        throw FileError(
          path: path, reason: .tooLarge,
          problem: "it holds more than 1,000,000 objects, or 64 inside each other")
      }
      switch value {
      case .persistent(let parts):
        if parts.count >= 3, case .global(let type) = parts[1], let key = parts[2].textValue {
          types[key] = type.split(separator: ".").last.map(String.init)
        }
      case .dictionary(let dictionary):
        for member in dictionary.members { try visit(member.value, depth: depth + 1) }
      case .call(_, let arguments): for argument in arguments { try visit(argument, depth: depth + 1) }
      case .tuple, .list: for element in value.elements ?? [] { try visit(element, depth: depth + 1) }
      default: break
      }
    }
  }

  private func format(of entry: PyTorchFile.Entry) throws -> StorageFormat {
    guard let format = Self.formats[entry.storedType] else {
      throw FileError(
        path: path, reason: .unsupported,
        problem: "tensor \"\(entry.name)\" has elements of type \(entry.storedType), which is not read",
        advice: "Convert it to one of \(Self.formats.keys.sorted().joined(separator: ", ")).")
    }
    return format
  }

  /// Elements from the storage's start to the last that a tensor uses; nil when that is beyond all bounds.
  private func reach(of entry: PyTorchFile.Entry) -> Int? {
    guard entry.shape.elementCount > 0 else { return 0 }
    var last = entry.offset
    for (size, stride) in zip(entry.shape.dimensions, entry.strides) {
      let (step, overflow) = (size - 1).multipliedReportingOverflow(by: stride)
      let (sum, carry) = last.addingReportingOverflow(step)
      guard !overflow, !carry else { return nil }
      last = sum
    }
    return last == .max ? nil : last + 1
  }

  /// A tensor must lie inside its storage.
  func check(_ entry: PyTorchFile.Entry) throws {
    guard let format = Self.formats[entry.storedType] else { return }
    guard let place = places[entry.storage] else {
      throw FileError(
        path: path, reason: .corrupt,
        problem: "tensor \"\(entry.name)\" lies in storage \(entry.storage), which is missing")
    }
    guard let reach = reach(of: entry), reach <= place.byteCount / format.byteSize else {
      throw FileError(
        path: path, reason: .corrupt,
        problem:
          "tensor \"\(entry.name)\" of shape \(entry.shape) reaches beyond its storage of \(place.byteCount) bytes"
      )
    }
    // A stride of 0 would let a few bytes stand for any amount of memory.
    guard entry.shape.elementCount <= max(1, place.byteCount / format.byteSize) else {
      throw FileError(
        path: path, reason: .unsupported,
        problem: "tensor \"\(entry.name)\" of shape \(entry.shape) repeats the elements of its storage",
        advice: "Save it after .contiguous().")
    }
  }

  /// The value of a tensor.
  func literal(of entry: PyTorchFile.Entry) throws -> Literal {
    try check(entry)
    let format = try format(of: entry)
    guard let place = places[entry.storage] else {
      throw FileError(path: path, reason: .corrupt, problem: "storage \(entry.storage) is missing")
    }
    do {
      return try format.literal(shape: entry.shape, isSwapped: isSwapped) { bytes in
        try read(entry, from: place, elementSize: format.byteSize, into: bytes)
      }
    } catch let failure as StorageFormat.Failure {
      throw FileError(path: path, reason: .corrupt, problem: "tensor \"\(entry.name)\": \(failure.problem)")
    }
  }

  private func read(
    _ entry: PyTorchFile.Entry, from place: Place, elementSize: Int,
    into target: UnsafeMutableRawBufferPointer
  ) throws {
    guard target.count > 0, let reach = reach(of: entry) else { return }
    let first = entry.offset * elementSize
    let count = reach * elementSize - first
    if case .range(let offset, _) = place, isContiguous(entry) {
      return try source.read(at: offset + first, into: target)
    }
    let stored: [UInt8]
    switch place {
    case .range(let offset, _): stored = try source.bytes(at: offset + first, count: count)
    case .member(let member):
      guard let archive else { return }
      stored = Array(try archive.contents(of: member)[first..<(first + count)])
    }
    stored.withUnsafeBytes { bytes in
      if isContiguous(entry) {
        target.copyMemory(from: bytes)
      } else {
        gather(bytes, entry, elementSize: elementSize, into: target)
      }
    }
  }

  private func isContiguous(_ entry: PyTorchFile.Entry) -> Bool {
    var expected = 1
    for (size, stride) in zip(entry.shape.dimensions, entry.strides).reversed() {
      if size != 1, stride != expected { return false }
      expected *= size
    }
    return true
  }

  /// Elements of a transposed tensor, in the order of its axes.
  private func gather(
    _ bytes: UnsafeRawBufferPointer, _ entry: PyTorchFile.Entry, elementSize: Int,
    into target: UnsafeMutableRawBufferPointer
  ) {
    let sizes = entry.shape.dimensions
    var index = Array(repeating: 0, count: sizes.count)
    var position = 0
    for element in 0..<entry.shape.elementCount {
      let from = UnsafeRawBufferPointer(
        rebasing: bytes[(position * elementSize)..<((position + 1) * elementSize)])
      UnsafeMutableRawBufferPointer(
        rebasing: target[(element * elementSize)..<((element + 1) * elementSize)]
      ).copyMemory(from: from)
      for axis in sizes.indices.reversed() {
        index[axis] += 1
        position += entry.strides[axis]
        if index[axis] < sizes[axis] { break }
        position -= index[axis] * entry.strides[axis]
        index[axis] = 0
      }
    }
  }
}
