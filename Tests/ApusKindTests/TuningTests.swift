import Apus
import ApusTestSupport
import Foundation
import Testing

@testable import ApusRunProbe

@Suite(.serialized) struct TuningTests {
  private static let drawing = Drawing.tableNumbers
  private static let options = ["target": "y", "tune": "4", "epochs": "2"]

  private func fit(
    _ recipe: String, _ data: String, _ folder: String, _ options: [String: String],
    _ environment: [String: String] = [:]
  ) throws -> Probe.Outcome {
    try Probe.run(
      ["fit", recipe, folder, data, String(decoding: JSONEncoder().encode(options), as: UTF8.self)],
      environment: environment)
  }

  @Test func aSearchThatWasKilledEndsWithTheSameModel() throws {
    try withTemporaryFolder { root in
      let (path, _) = try Self.drawing.write(root, nil)
      let data = try #require(path)
      let (whole, broken) = (RunFolder(path: root + "/whole"), RunFolder(path: root + "/broken"))
      let unbroken = try fit("mlp", data, whole.path, Self.options)
      try #require(unbroken.status == 0, "\(unbroken.output)")
      // In the second trial's last words, whose training has ended and is not yet in the journal.
      let killed = try fit("mlp", data, broken.path, Self.options, ["APUS_KILL_SAID": "trial 2 of 4"])
      #expect(killed.wasKilled && !broken.isFinished, "\(killed.output)")
      let resumed = try Probe.run(["resume", "mlp", broken.path])
      try #require(resumed.status == 0, "\(resumed.output)")
      #expect(
        try SHA256.hash(ofFile: whole.modelPath) == SHA256.hash(ofFile: broken.modelPath),
        "the resumed search ended elsewhere")
      #expect(!FileManager.default.fileExists(atPath: broken.path + "/candidates"))
      let report = try String(contentsOfFile: whole.reportPath, encoding: .utf8)
      #expect(report.contains("Search for settings") && report.contains("hidden-layers"))
      // Two epochs were asked for, and are not searched.
      #expect(!report.contains(">epochs<"))
    }
  }

  @Test func theBestTrialIsTheModel() throws {
    try withTemporaryFolder { root in
      let (path, _) = try Self.drawing.write(root, nil)
      let folder = RunFolder(path: root + "/run")
      let outcome = try fit("mlp", try #require(path), folder.path, Self.options)
      try #require(outcome.status == 0, "\(outcome.output)")
      let study = try Study("mlp", storage: .journal(folder.journalPath), sampler: .tpe(seed: 3))
      let best = try #require(try study.best()?.value)
      let result = try JSON(parsing: [UInt8](Data(contentsOf: URL(filePath: folder.resultPath))))
      #expect(try study.trials().count == 4)
      #expect(result["validation"]?["loss"]?.doubleValue == best)
    }
  }

  @Test func aRecipeWithoutSettingsIsRefused() throws {
    try withTemporaryFolder { root in
      let (path, _) = try Self.drawing.write(root, nil)
      let outcome = try fit(
        "portfolio", try #require(path), root + "/run",
        ["target": "y", "tune": "4", "recipe": "portfolio"])
      #expect(outcome.status == 1 && outcome.output.contains("has no settings to search"))
    }
  }
}
