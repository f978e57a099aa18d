import ApusStudy
import Foundation

// Arguments: the journal, the number of trials in the end, milliseconds for a trial.
let arguments = CommandLine.arguments
let total = Int(arguments[2]) ?? 0, pause = UInt64(arguments[3]) ?? 0
let study = try Study("probe", storage: .journal(arguments[1]), sampler: .tpe(seed: 7))
try await study.run(upTo: total) { trial in
  let x = try trial.float("x", in: -5...5)
  let depth = try trial.int("depth", in: 1...9)
  try await Task.sleep(nanoseconds: pause * 1_000_000)
  return x * x + Double(depth)
}
