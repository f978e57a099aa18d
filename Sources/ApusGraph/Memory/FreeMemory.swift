#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// How much memory this process can still be given: by the machine, by its container, by `ulimit -v`.
public enum FreeMemory {
  /// Blocks of at least this many bytes are not asked for when the machine has less. A system that promises more than
  /// it has would otherwise kill the process when the block is written to.
  static let largeByteCount = 64 << 20

  /// Left over for everybody who cannot be told that there is no more: the Swift runtime, thread stacks, generated code.
  private static let reserve = 64 << 20

  /// Bytes that can still be had; nil where the system does not tell.
  public static var byteCount: Int? {
    [machine, container, addressSpace].compactMap { $0 }.min().map { max(0, $0 - reserve) }
  }

  /// Whether a block of so many bytes can be had, as far as the system tells.
  static func suffices(for byteCount: Int) -> Bool {
    guard byteCount >= largeByteCount, let free = Self.byteCount else { return true }
    return byteCount <= free
  }

  /// What the machine has left, swap space included.
  private static var machine: Int? {
    guard let text = contents("/proc/meminfo"), let available = field("MemAvailable:", text) else {
      return nil
    }
    return (available + (field("SwapFree:", text) ?? 0)) << 10
  }

  /// What the control group of a container has left; what its files take in the page cache can be given back.
  private static var container: Int? {
    guard let limit = contents("/sys/fs/cgroup/memory.max").flatMap({ number($0[...]) }),
      let used = contents("/sys/fs/cgroup/memory.current").flatMap({ number($0[...]) })
    else { return nil }
    let cached = contents("/sys/fs/cgroup/memory.stat").flatMap { field("inactive_file ", $0) } ?? 0
    return limit - used + cached
  }

  /// What the limit of the process's address space (`ulimit -v`) leaves.
  private static var addressSpace: Int? {
    #if canImport(Glibc)
      let resource = __rlimit_resource_t(RLIMIT_AS.rawValue)
    #else
      let resource = RLIMIT_AS
    #endif
    var limit = rlimit()
    guard getrlimit(resource, &limit) == 0, limit.rlim_cur < rlim_t(Int.max),
      let pages = contents("/proc/self/statm").flatMap({ number($0[...]) })
    else { return nil }
    return Int(limit.rlim_cur) - pages * Int(getpagesize())
  }

  /// The start of a small text file of the kernel's.
  private static func contents(_ path: String) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    return withUnsafeTemporaryAllocation(byteCount: 8192, alignment: 16) { bytes in
      let count = read(file, bytes.baseAddress, bytes.count)
      return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }
  }

  private static func field(_ name: String, _ text: String) -> Int? {
    for line in text.split(separator: "\n") where line.hasPrefix(name) {
      return number(line.dropFirst(name.count))
    }
    return nil
  }

  /// The whole number that a text starts with, after any spaces.
  private static func number(_ text: Substring) -> Int? {
    Int(text.drop { $0 == " " }.prefix { $0.isNumber })
  }
}

extension GraphError {
  /// An error of memory that cannot be had: how much is wanted and for what, and how much there is.
  /// - Parameters:
  ///   - operation: The operation that wants them.
  ///   - wanted: Bytes; `Int.max` where they are too many to count.
  ///   - purpose: What they are for.
  ///   - origin: Where it was asked for.
  /// - Returns: An error of kind `memory`.
  public static func outOfMemory(
    _ operation: String, wanted: Int, for purpose: String, origin: Origin = .current
  ) -> GraphError {
    let free = FreeMemory.byteCount.map { ", \(byteText($0)) are free" } ?? ""
    return GraphError(
      .memory, operation, "\(byteText(wanted)) are wanted for \(purpose)\(free)",
      advice: "choose smaller sizes (a smaller batch, fewer units) or a narrower type", origin: origin)
  }

  /// Bytes in a unit that suits them: `1.5 GB`.
  public static func byteText(_ byteCount: Int) -> String {
    let units = ["bytes", "kB", "MB", "GB", "TB", "PB"]
    var size = Double(byteCount), unit = 0
    while size >= 1000, unit < units.count - 1 { size /= 1000; unit += 1 }
    if unit == 0 { return "\(byteCount) bytes" }
    let tenths = Int((size * 10).rounded())
    return "\(tenths / 10).\(tenths % 10) \(units[unit])"
  }
}
