import Apus
import Foundation

// Reads commands from standard input so that a driver can alternate between this program and its peers while both
// keep their programs warm: `NAME COUNT` runs a work COUNT times and answers with one line of milliseconds.

var prepared: [String: () throws -> Void] = [:]

func milliseconds(_ body: () throws -> Void) rethrows -> Double {
  let start = ContinuousClock.now
  try body()
  return (ContinuousClock.now - start) / .milliseconds(1)
}

/// Writes a line at once: the driver waits for it.
func answer(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

while let line = readLine() {
  let words = line.split(separator: " ").map(String.init)
  guard words.count == 2, let count = Int(words[1]), let work = Work.all.first(where: { $0.name == words[0] })
  else {
    answer("error unknown work '\(line)': one of \(Work.all.map(\.name).joined(separator: " ")) and a count")
    continue
  }
  do {
    var first = 0.0
    if prepared[work.name] == nil {
      first = try milliseconds {
        let run = try work.prepare()
        try run()
        prepared[work.name] = run
      }
    }
    let run = prepared[work.name]!
    let times = try (0..<count).map { _ in try milliseconds(run) }
    answer(([first] + times).map { String(format: "%.5f", $0) }.joined(separator: " "))
  } catch {
    answer("error \(error)")
  }
}
