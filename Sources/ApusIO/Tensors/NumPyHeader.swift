import ApusGraph

/// The header of an `.npy` file: the text of a Python dictionary.
struct NumPyHeader: Equatable {
  var format: StorageFormat
  var isBigEndian: Bool
  var isFortranOrder: Bool
  var shape: Shape

  /// NumPy's own headers have some hundred bytes; its reader refuses more than 10,000 from strangers.
  private static let maximumByteCount = 1 << 16

  /// What keeps a text from being a header.
  private struct Failure: Error {
    var reason = FileError.Reason.corrupt
    let problem: String
  }

  /// Reads the header of `source`, and says where the elements begin.
  static func read(_ source: any ByteSource) throws -> (header: NumPyHeader, dataOffset: Int) {
    let start = try source.bytes(at: 0, count: min(source.byteCount, 12))
    do {
      guard start.starts(with: [0x93] + Array("NUMPY".utf8)), start.count == 12 else {
        throw Failure(problem: "it does not begin with the bytes of the format")
      }
      guard (1...3).contains(start[6]) else {
        throw Failure(reason: .unsupported, problem: "version \(start[6]) came, 1 to 3 are read")
      }
      let lengthSize = start[6] == 1 ? 2 : 4
      let length = Int(start.littleEndian(at: 8, size: lengthSize))
      guard length <= maximumByteCount else {
        throw Failure(reason: .tooLarge, problem: "a header of \(length) bytes is announced")
      }
      let text = try source.bytes(at: 8 + lengthSize, count: length)
      return (try NumPyHeader(parsing: text), 8 + lengthSize + length)
    } catch let failure as Failure {
      throw FileError(path: source.path, reason: failure.reason, problem: "as .npy: \(failure.problem)")
    } catch let failure as NumPyDictionary.Failure {
      throw FileError(path: source.path, reason: .corrupt, problem: "as .npy: \(failure.problem)")
    }
  }

  private init(parsing text: [UInt8]) throws {
    var dictionary = NumPyDictionary(text: text)
    let values = try dictionary.parse()
    guard values.count == 3, let description = values["descr"], let order = values["fortran_order"],
      let sizes = values["shape"]
    else { throw Failure(problem: "its header should hold descr, fortran_order and shape") }
    guard case .text(let type) = description else {
      throw Failure(
        reason: .unsupported, problem: "arrays of records are not read: save each field as an array")
    }
    guard case .truth(let isFortranOrder) = order, case .tuple(let dimensions) = sizes else {
      throw Failure(problem: "fortran_order should be True or False and shape a tuple of integers")
    }
    guard let (format, isBigEndian) = Self.element(type) else {
      throw Failure(
        reason: .unsupported,
        problem: "elements of type '\(type)' are not read: convert with astype to float32 or int64")
    }
    guard dimensions.count <= 64, let shape = Shape(checked: dimensions, elementSize: format.byteSize) else {
      throw Failure(problem: "an array cannot have the shape \(dimensions)")
    }
    self.format = format
    self.isBigEndian = isBigEndian
    self.isFortranOrder = isFortranOrder
    self.shape = shape
  }

  private static func element(_ type: String) -> (StorageFormat, isBigEndian: Bool)? {
    let formats: [String: StorageFormat] = [
      "f2": .float16, "f4": .direct(.float32), "f8": .direct(.float64),
      "i1": .int8, "i2": .int16, "i4": .direct(.int32), "i8": .direct(.int64),
      "u1": .direct(.uint8), "u2": .uint16, "u4": .direct(.uint32), "u8": .uint64, "b1": .direct(.bool),
    ]
    guard let order = type.first, "<>|=".contains(order), let format = formats[String(type.dropFirst())]
    else {
      return nil
    }
    return (format, order == ">")
  }

  init(dtype: DType, shape: Shape) {
    format = .direct(dtype)
    isBigEndian = false
    isFortranOrder = false
    self.shape = shape
  }

  /// Magic, length and text for a value in row-major order, filled up so that the elements begin at a
  /// multiple of 64. Version 2 is used where the text is longer than version 1 can say.
  func encoded() -> [UInt8] {
    let type =
      switch format.dtype {
      case .float32, .bfloat16: "<f4"
      case .float64: "<f8"
      case .int32: "<i4"
      case .int64: "<i8"
      case .uint8: "|u1"
      case .bool: "|b1"
      case .uint32: "<u4"
      }
    let sizes = shape.dimensions.map(String.init).joined(separator: ", ")
    let tuple = shape.rank == 1 ? "(\(sizes),)" : "(\(sizes))"
    var text = Array("{'descr': '\(type)', 'fortran_order': False, 'shape': \(tuple), }".utf8)
    let version: UInt8 = text.count + 128 > 0xffff ? 2 : 1
    let prefix = version == 1 ? 10 : 12
    text += [UInt8](repeating: UInt8(ascii: " "), count: 63 - (prefix + text.count) % 64)
    text.append(UInt8(ascii: "\n"))
    var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [version, 0]
    bytes.append(littleEndian: text.count, size: prefix - 8)
    return bytes + text
  }
}
