import ApusGraph
import Foundation

/// A shape whose elements this machine can hold at all. Sizes multiply beyond what numbers hold, and memory that is not
/// there ends the process: both are known beforehand.
/// - Throws: `DataError` with the bytes that are wanted and those that there are.
func checkedShape(_ sizes: [Int], _ dtype: DType, for what: String) throws -> Shape {
  var byteCount = dtype.byteSize
  var isTooLarge = false
  for size in sizes {
    guard size >= 0 else {
      throw DataError(.shape, "sizes of 0 or more were expected for \(what), \(sizes) came")
    }
    let product = byteCount.multipliedReportingOverflow(by: size)
    isTooLarge = isTooLarge || product.overflow
    byteCount = product.partialValue
  }
  // A size of 0 makes all of it nothing.
  if sizes.contains(0) { return Shape(sizes) }
  let limit = memoryLimit
  guard !isTooLarge, byteCount <= limit else {
    let wanted = isTooLarge ? "more bytes than can be counted" : "\(byteCount) bytes"
    throw DataError(
      .memory,
      "\(what) of shape \(sizes) and type \(dtype) would take \(wanted), this process can have \(limit)",
      advice: "Take smaller batches or images.")
  }
  return Shape(sizes)
}

/// The bytes that this process may have: the machine's, or fewer where a limit was set (`ulimit -v`).
private let memoryLimit: Int = {
  let machine = Int(clamping: ProcessInfo.processInfo.physicalMemory)
  var limit = rlimit()
  #if os(Linux)
    let status = getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
  #else
    let status = getrlimit(RLIMIT_AS, &limit)
  #endif
  return status == 0 ? min(machine, Int(clamping: limit.rlim_cur)) : machine
}()
