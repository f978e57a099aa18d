#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The trace that `APUS_PROFILE` asks for.
enum ProfileFile {
  /// Where the trace is to be written; nil if none was asked for.
  static let path: String? = getenv("APUS_PROFILE").map { String(cString: $0) }.flatMap {
    $0.isEmpty ? nil : $0
  }

  /// Whether one was asked for; it is then written when the process exits.
  static let isWanted: Bool = {
    guard path != nil else { return false }
    atexit {
      guard let path = ProfileFile.path, let profile = Profiler.stop() else { return }
      ProfileFile.write(profile.chromeTrace, to: path)
    }
    return true
  }()

  /// Writes beside the file first, so that nobody ever sees half a trace.
  private static func write(_ text: String, to path: String) {
    let temporary = "\(path).\(getpid()).tmp"
    guard let file = fopen(temporary, "w") else { return warn(path) }
    var isWhole = fputs(text, file) >= 0
    isWhole = fclose(file) == 0 && isWhole
    guard isWhole, rename(temporary, path) == 0 else {
      warn(path)
      unlink(temporary)
      return
    }
  }

  private static func warn(_ path: String) {
    Diagnostics.warn(
      "APUS_PROFILE: the trace could not be written to \(path): \(String(cString: strerror(errno)))")
  }
}
