// Runs from data to a model, for the tests of all kinds to kill at any moment and to start again:
//
//   ApusRunProbe fit RECIPE FOLDER PATH|- OPTIONS    fits that recipe alone
//   ApusRunProbe resume RECIPE FOLDER
//
// OPTIONS is a JSON object of texts. With APUS_KILL_EPOCH=N in the environment it kills itself after N epochs; with
// APUS_KILL_BEGUN, before anything is fitted; with APUS_KILL_SAID=TEXT, when it would say a line that contains the text.

import Apus
import ApusStartup
import Foundation
import Synchronization

/// Ends the process as the kernel does it when memory runs out: nothing is cleaned up.
func die() { kill(getpid(), SIGKILL) }

let environment = ProcessInfo.processInfo.environment
let epochsLeft = Mutex(environment["APUS_KILL_EPOCH"].flatMap { Int($0) } ?? .max)
let diesBegun = environment["APUS_KILL_BEGUN"] != nil
let lastWords = environment["APUS_KILL_SAID"]

func options(_ text: String) throws -> Options {
  Options(try JSONDecoder().decode([String: String].self, from: Data(text.utf8)))
}

func request(_ path: String, _ options: Options) -> DataRequest {
  DataRequest(path == "-" ? nil : path, options: options)
}

do {
  let arguments = CommandLine.arguments
  switch (arguments.dropFirst().first, arguments.count) {
  case ("fit", 6), ("resume", 4):
    let folder = RunFolder(path: arguments[3])
    let reporter = Reporter(
      say: { line in
        if diesBegun, FileManager.default.fileExists(atPath: folder.settingsPath) { die() }
        if let lastWords, line.contains(lastWords) { die() }
        print(line)
      },
      epoch: { _ in
        let isLast = epochsLeft.withLock {
          $0 -= 1
          return $0 == 0
        }
        if isLast { die() }
      })
    let registry = Registry.withDrawnSamples(recipe: arguments[2])
    let run =
      arguments[1] == "resume"
      ? try Run(resuming: folder, reporter: reporter, registry: registry)
      : try Run(
        request(arguments[4], options(arguments[5])), folder: folder, seed: 3, reporter: reporter,
        registry: registry)
    _ = try await run.perform()
  default:
    print("see the source")
    exit(2)
  }
} catch {
  print((error as? any ApusError).map { "ApusError: \($0)" } ?? "untyped error: \(error)")
  exit(1)
}
