import CZlib

/// Undoes DEFLATE (RFC 1951) piece by piece, so that nothing larger than a piece is held.
final class Inflater {
  /// What surrounds the compressed bytes.
  enum Wrapper: Int32 {
    /// Nothing, as in a zip archive.
    case none = -15
    /// The header and trailer of gzip.
    case gzip = 31
  }

  /// How far one step came.
  enum Progress {
    /// More of the input, or more room for the output, is needed.
    case more
    /// The stream is complete.
    case finished
  }

  /// What is wrong with the compressed bytes.
  struct Failure: Error {
    let problem: String
  }

  private let stream: UnsafeMutablePointer<z_stream>

  init(_ wrapper: Wrapper) throws {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let status = inflateInit2_(stream, wrapper.rawValue, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else { throw Failure(problem: "zlib cannot be started (status \(status))") }
  }

  deinit {
    inflateEnd(stream)
    stream.deinitialize(count: 1)
    stream.deallocate()
  }

  /// Moves from `input` to `output`, and says how many bytes of each were used.
  func step(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws -> (progress: Progress, consumed: Int, produced: Int) {
    let inputCount = min(input.count, 1 << 30)
    let outputCount = min(output.count, 1 << 30)
    stream.pointee.next_in = UnsafeMutablePointer(mutating: input.bindMemory(to: UInt8.self).baseAddress)
    stream.pointee.avail_in = UInt32(inputCount)
    stream.pointee.next_out = output.bindMemory(to: UInt8.self).baseAddress
    stream.pointee.avail_out = UInt32(outputCount)
    let status = inflate(stream, Z_NO_FLUSH)
    let consumed = inputCount - Int(stream.pointee.avail_in)
    let produced = outputCount - Int(stream.pointee.avail_out)
    switch status {
    case Z_STREAM_END: return (.finished, consumed, produced)
    case Z_OK, Z_BUF_ERROR: return (.more, consumed, produced)
    default:
      let message = stream.pointee.msg.map { String(cString: $0) } ?? "status \(status)"
      throw Failure(problem: "the compressed bytes are damaged (\(message))")
    }
  }

  /// Makes ready for another stream.
  func reset() { inflateReset(stream) }
}
