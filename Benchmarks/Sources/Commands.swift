import Apus
import Foundation

/// Answers the driver's commands, one line each, which begins with `error` if something went wrong:
///
///     NAME COUNT         runs a work COUNT times: milliseconds of the first run ever, or 0, and of each run
///     export NAME FILE   writes parameters and inputs, as they are before the first run
///     check NAME FILE    runs three times with nothing random and writes the results, `0` to `2`
///     cost NAME          floating-point operations and bytes of one run
///     roofline           floating-point operations and bytes a second of this machine
///     names              every work
struct Commands {
  private var prepared: [String: Work.Prepared] = [:]

  private mutating func run(_ work: Work, count: Int) throws -> String {
    var first = 0.0
    if prepared[work.name] == nil {
      first = try milliseconds {
        let new = try work.prepare(.timing)
        _ = try new.run()
        prepared[work.name] = new
      }
    }
    guard let ready = prepared[work.name] else { return "error '\(work.name)' is not ready" }
    let times = try (0..<count).map { _ in try milliseconds { _ = try ready.run() } }
    return ([first] + times).map { String(format: "%.5f", $0) }.joined(separator: " ")
  }

  private func work(named name: String) throws -> Work {
    guard let work = Work.all.first(where: { $0.name == name }) else {
      throw GraphError(.argument, "work", "there is no work '\(name)'")
    }
    return work
  }

  /// The line that answers a command, given as words.
  mutating func answer(_ words: [String]) throws -> String {
    switch (words.first, words.count) {
    case ("names", 1): return Work.all.map(\.name).joined(separator: " ")
    case ("roofline", 1):
      let roofline = try Roofline.measured()
      return "\(roofline.operationRate) \(roofline.byteRate)"
    case ("cost", 2):
      let cost = try work(named: words[1]).cost()
      return "\(cost.operations) \(cost.bytes)"
    case ("export", 3):
      try Safetensors.write(try work(named: words[1]).prepare(.checking).tensors(), to: words[2])
      return "ok"
    case ("check", 3):
      let ready = try work(named: words[1]).prepare(.checking)
      let results = try (0..<3).map { (String($0), try ready.run()) }
      try Safetensors.write(Dictionary(uniqueKeysWithValues: results), to: words[2])
      return "ok"
    default:
      guard words.count == 2, let count = Int(words[1]) else {
        return "error a work's name and a count were expected, '\(words.joined(separator: " "))' came"
      }
      return try run(try work(named: words[0]), count: count)
    }
  }
}
