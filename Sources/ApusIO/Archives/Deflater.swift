import CZlib

/// Compresses whole blocks of bytes with DEFLATE.
enum Deflater {
  static func compress(
    _ bytes: some Collection<UInt8>, wrapper: Inflater.Wrapper, level: Int32
  ) throws -> [UInt8] {
    let input = Array(bytes)
    return try input.withUnsafeBytes { try compress($0, wrapper: wrapper, level: level) }
  }

  static func compress(
    _ input: UnsafeRawBufferPointer, wrapper: Inflater.Wrapper, level: Int32
  ) throws -> [UInt8] {
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    defer {
      deflateEnd(stream)
      stream.deinitialize(count: 1)
      stream.deallocate()
    }
    let status = deflateInit2_(
      stream, level, Z_DEFLATED, wrapper.rawValue, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else {
      throw Inflater.Failure(problem: "zlib cannot be started (status \(status))")
    }
    var result: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    var consumed = 0
    while true {
      let count = min(input.count - consumed, 1 << 30)
      let rest = UnsafeRawBufferPointer(rebasing: input[consumed..<consumed + count])
      stream.pointee.next_in = UnsafeMutablePointer(mutating: rest.bindMemory(to: UInt8.self).baseAddress)
      stream.pointee.avail_in = UInt32(count)
      let isLast = consumed + count == input.count
      let (status, produced) = piece.withUnsafeMutableBufferPointer { output in
        stream.pointee.next_out = output.baseAddress
        stream.pointee.avail_out = UInt32(output.count)
        let status = deflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH)
        return (status, output.count - Int(stream.pointee.avail_out))
      }
      consumed += count - Int(stream.pointee.avail_in)
      result.append(contentsOf: piece[..<produced])
      if status == Z_STREAM_END { return result }
      guard status == Z_OK || status == Z_BUF_ERROR else {
        throw Inflater.Failure(problem: "zlib cannot compress (status \(status))")
      }
    }
  }
}

/// The checksum that zip and gzip keep of uncompressed bytes.
func crc32(_ bytes: UnsafeRawBufferPointer, after start: UInt32 = 0) -> UInt32 {
  UInt32(truncatingIfNeeded: crc32_z(UInt(start), bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count))
}
