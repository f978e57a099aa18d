import ApusStudy
import ApusTestSupport
import Foundation
import Testing

/// The program of the page "Searching for hyper-parameters".
@Suite struct StudyPageTests {
  /// Stands for training: the loss falls with the epochs, fastest at a rate of 0.01.
  private func trainOneEpoch(_ rate: Double, _ depth: Int) -> Double {
    abs(log10(rate) + 2) + Double(abs(depth - 6)) / 10
  }

  @Test func theProgramOfThePageRuns() async throws {
    try await withTemporaryFolder { folder in
      let study = try Study(
        "loans", storage: .journal(folder + "/loans.journal"), sampler: .tpe(seed: 1), pruner: .asha())
      try await study.run(upTo: 100) { trial in
        let rate = try trial.float("rate", in: 1e-4...0.3, scale: .log)
        let depth = try trial.int("depth", in: 2...10)
        var loss = 0.0
        for epoch in 1...20 {
          loss = trainOneEpoch(rate, depth)
          try trial.report(loss, at: epoch)
        }
        return loss
      }
      print(try study.best()?.parameters ?? [:])
      #expect(try study.trials().count == 100)
      #expect(try #require(study.best()?.value) < 0.3)
    }
  }

  @Test func thePageShowsTheProgram() throws {
    let page = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../../docs/Apus.docc/Study.md")
    let code = try String(contentsOf: page.standardizedFileURL, encoding: .utf8)
      .split(separator: "```swift\n")[1].split(separator: "```")[0]
    let source = try String(contentsOfFile: #filePath, encoding: .utf8).replacing("folder + \"/", with: "\"")
    for line in code.split(separator: "\n") where line != "import Apus" {
      #expect(source.contains(line.trimmingCharacters(in: .whitespaces)), "\(line)")
    }
  }
}
