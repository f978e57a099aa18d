// Learns to tell the texts in a folder apart: TEXTS/sports/1.txt, TEXTS/politics/1.txt, and so on.
//
//   swift run -c release Texts TEXTS
//
// Without a folder it writes some short reviews of two kinds to learn from.
import Apus
import Foundation

let texts = CommandLine.arguments.dropFirst().first ?? "written-texts"
if CommandLine.arguments.count < 2 { try writeReviews(in: texts) }

// Every recipe for texts is tried, the best by validation loss is kept; the test texts are looked at once, at the end.
let run = try Run(
  DataRequest(texts), folder: RunFolder(path: "text-model"), registry: Registry([.core, .texts]))
let outcome = try await run.perform()
for candidate in outcome.result.candidates { print(candidate.recipe, candidate.score ?? .nan) }
print("Test accuracy: \(outcome.result.test?.primaryScore ?? 0), by \(outcome.result.recipe)")

/// Short reviews, each of some words that praise or blame and some that do neither.
func writeReviews(in folder: String) throws {
  let opinions = [
    "good": ["delicious", "friendly", "fresh", "perfect", "lovely", "warm"],
    "bad": ["stale", "rude", "cold", "awful", "greasy", "slow"],
  ]
  let others = [
    "the", "soup", "waiter", "table", "and", "was", "we", "dinner", "bread", "with", "on", "Sunday",
  ]
  for (kind, words) in opinions {
    try FileManager.default.createDirectory(atPath: "\(folder)/\(kind)", withIntermediateDirectories: true)
    for number in 0..<60 {
      var text = (0..<12).map { others[(number * 7 + $0 * ($0 + number)) % others.count] }
      for place in 0..<3 { text[place * 4 + 1] = words[(number + place * (number / 6 + 1)) % words.count] }
      try text.joined(separator: " ").write(
        toFile: "\(folder)/\(kind)/\(number).txt", atomically: true, encoding: .utf8)
    }
  }
}
