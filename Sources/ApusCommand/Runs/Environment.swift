import Foundation

/// The machine and the software that a training ran on.
enum Environment {
  static var facts: [(name: String, value: String)] {
    [
      ("Processor", processor), ("Threads", "\(ProcessInfo.processInfo.activeProcessorCount)"),
      ("Memory", String(format: "%.1f GB", Double(ProcessInfo.processInfo.physicalMemory) / 1e9)),
      ("System", system), ("Apus", RootCommand.configuration.version),
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
