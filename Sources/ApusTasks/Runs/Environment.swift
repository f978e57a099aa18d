import Foundation

/// The machine and the software that a run used.
public enum Environment {
  /// The version of Apus.
  public static let version = "0.2.0"

  /// Names and values.
  public static var facts: [(name: String, value: String)] {
    [
      ("Processor", processor), ("Threads", "\(ProcessInfo.processInfo.activeProcessorCount)"),
      ("Memory", String(format: "%.1f GB", Double(ProcessInfo.processInfo.physicalMemory) / 1e9)),
      ("System", system), ("Apus", version),
    ]
  }

  private static var processor: String {
    let lines = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n") ?? []
    let line = lines.first { $0.hasPrefix("model name") }
    return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? architecture
  }

  private static var architecture: String {
    #if arch(x86_64)
      "x86-64"
    #elseif arch(arm64)
      "AArch64"
    #else
      "unknown"
    #endif
  }

  private static var system: String {
    let lines =
      (try? String(contentsOfFile: "/etc/os-release", encoding: .utf8))?.split(separator: "\n") ?? []
    let line = lines.first { $0.hasPrefix("PRETTY_NAME=") }
    let name = line?.dropFirst("PRETTY_NAME=".count).trimmingCharacters(in: CharacterSet(charactersIn: "\""))
    return name ?? ProcessInfo.processInfo.operatingSystemVersionString
  }
}
