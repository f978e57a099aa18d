import ApusGraph

/// The checked header of a safetensors file.
struct SafetensorsHeader {
  let metadata: [String: String]
  let entries: [Safetensors.Entry]
  let dataOffset: Int

  /// The element types that are read, and how.
  static let formats: [String: StorageFormat] = [
    "F64": .direct(.float64), "F32": .direct(.float32), "BF16": .direct(.bfloat16), "F16": .float16,
    "I64": .direct(.int64), "I32": .direct(.int32), "I16": .int16, "I8": .int8,
    "U64": .uint64, "U32": .direct(.uint32), "U16": .uint16, "U8": .direct(.uint8), "BOOL": .direct(.bool),
  ]

  /// Sizes of the types that are not read, so that a file that has some can still be checked and listed.
  private static let otherByteSizes = ["F8_E4M3": 1, "F8_E5M2": 1, "F8_E8M0": 1, "C64": 8]

  /// The reference implementation's own limit.
  private static let maximumByteCount = 100_000_000

  init(_ source: any ByteSource) throws {
    let lengthBytes = try source.bytes(at: 0, count: 8)
    let claimed = lengthBytes.littleEndian(at: 0, size: 8)
    guard let length = Int(exactly: claimed), length <= source.byteCount - 8 else {
      throw FileError(
        path: source.path, reason: .truncated,
        problem: "a header of \(claimed) bytes is announced, the file has \(source.byteCount) bytes in all",
        advice: "It is cut short, or not a safetensors file.")
    }
    guard length <= Self.maximumByteCount else {
      throw FileError(
        path: source.path, reason: .tooLarge,
        problem: "its header has \(length) bytes, \(Self.maximumByteCount) are read at most")
    }
    dataOffset = 8 + length
    let bytes = try source.bytes(at: 8, count: length)
    let json: JSON
    do {
      json = try JSON(parsing: bytes, depth: 8)
    } catch {
      throw Self.corrupt(source, "\(error)")
    }
    guard let members = json.members, bytes.first == UInt8(ascii: "{") else {
      throw Self.corrupt(source, "an object of JSON was expected as its header")
    }
    var metadata: [String: String] = [:]
    var entries: [Safetensors.Entry] = []
    for member in members {
      if member.key == "__metadata__" {
        metadata = try Self.metadata(member.value, source)
      } else {
        entries.append(try Self.entry(member, source))
      }
    }
    self.metadata = metadata
    self.entries = try Self.contiguous(entries, byteCount: source.byteCount - dataOffset, source)
  }

  private static func metadata(_ json: JSON, _ source: any ByteSource) throws -> [String: String] {
    guard let members = json.members else { throw corrupt(source, "__metadata__ is not an object") }
    var result: [String: String] = [:]
    for member in members {
      guard let text = member.value.stringValue else {
        throw corrupt(source, "\"\(member.key)\" of __metadata__ is not a string")
      }
      result[member.key] = text
    }
    return result
  }

  private static func entry(_ member: JSON.Member, _ source: any ByteSource) throws -> Safetensors.Entry {
    let name = member.key
    guard let type = member.value["dtype"]?.stringValue,
      let sizes = member.value["shape"]?.arrayValue?.map(\.integerValue),
      let offsets = member.value["data_offsets"]?.arrayValue?.map(\.integerValue),
      offsets.count == 2, let start = offsets[0], let end = offsets[1]
    else { throw corrupt(source, "tensor \"\(name)\" lacks a dtype, a shape of integers, or two offsets") }
    guard let elementSize = formats[type]?.byteSize ?? otherByteSizes[type] else {
      throw FileError(
        path: source.path, reason: .unsupported,
        problem: "tensor \"\(name)\" has elements of type \(type), which is not known")
    }
    guard sizes.count <= 64, let shape = Shape(checked: sizes.map { $0 ?? -1 }, elementSize: elementSize)
    else {
      throw corrupt(source, "tensor \"\(name)\" has an impossible shape")
    }
    guard start >= 0, end >= start else {
      throw corrupt(source, "tensor \"\(name)\" lies from byte \(start) to \(end)")
    }
    let expected = shape.elementCount * elementSize
    guard end - start == expected else {
      throw corrupt(
        source,
        "tensor \"\(name)\" of shape \(shape) and type \(type) takes \(expected) bytes, "
          + "its offsets give \(end - start)")
    }
    return Safetensors.Entry(name: name, storedType: type, shape: shape, byteRange: start..<end)
  }

  /// The entries in the order of their bytes, which must follow each other without gaps to the file's end.
  private static func contiguous(
    _ entries: [Safetensors.Entry], byteCount: Int, _ source: any ByteSource
  ) throws -> [Safetensors.Entry] {
    let sorted = entries.sorted {
      ($0.byteRange.lowerBound, $0.byteRange.upperBound, $0.name)
        < ($1.byteRange.lowerBound, $1.byteRange.upperBound, $1.name)
    }
    var end = 0
    for entry in sorted {
      let start = entry.byteRange.lowerBound
      guard start == end else {
        throw corrupt(
          source,
          "tensor \"\(entry.name)\" begins at byte \(start), \(start < end ? "inside" : "apart from") "
            + "the one before, which ends at \(end)")
      }
      end = entry.byteRange.upperBound
      guard end <= byteCount else {
        throw FileError(
          path: source.path, reason: .truncated,
          problem: "tensor \"\(entry.name)\" ends at byte \(end) of the data, which has \(byteCount) bytes",
          advice: "Copy or download the file again.")
      }
    }
    guard end == byteCount else {
      throw corrupt(source, "its tensors take \(end) bytes, \(byteCount) follow the header")
    }
    return sorted
  }

  private static func corrupt(_ source: any ByteSource, _ problem: String) -> FileError {
    FileError(
      path: source.path, reason: .corrupt, problem: "as safetensors: \(problem)",
      advice: "Copy or download the file again.")
  }
}
