import Apus
import ApusTestSupport
import Foundation
import Testing

@testable import ApusRunProbe

/// The portfolio as a run: killed, limited, asked for single estimators.
@Suite(.serialized) struct PortfolioTests {
  /// 240 rows of a table in which the class depends on two columns together.
  private func write(_ folder: String) throws -> String {
    var random = PhiloxGenerator(seed: 8)
    var lines = ["a,b,color,y"]
    for row in 0..<240 {
      let (a, b) = (random.uniform() * 2 - 1, random.uniform() * 2 - 1)
      let color = ["red", "green", "blue"][row % 3]
      lines.append("\(a),\(row % 17 == 0 ? "" : "\(b)"),\(color),\(a * b > 0 ? "same" : "other")")
    }
    let path = folder + "/table.csv"
    try (lines.joined(separator: "\n") + "\n").write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  private func fit(
    _ data: String, _ folder: String, _ options: [String: String], _ environment: [String: String] = [:]
  ) throws -> Probe.Outcome {
    let all = ["target": "y", "recipe": "portfolio"].merging(options) { $1 }
    return try Probe.run(
      ["fit", "portfolio", folder, data, String(decoding: JSONEncoder().encode(all), as: UTF8.self)],
      environment: environment)
  }

  private func result(_ folder: RunFolder) throws -> JSON {
    try JSON(parsing: [UInt8](Data(contentsOf: URL(filePath: folder.resultPath))))
  }

  @Test func aRunThatWasKilledBetweenEstimatorsEndsWithTheSameModel() throws {
    try withTemporaryFolder { root in
      let data = try write(root)
      let options = ["quality": "good", "estimators": "constant,linear,tree,extra-trees,random-forest"]
      let (whole, broken) = (RunFolder(path: root + "/whole"), RunFolder(path: root + "/broken"))
      let unbroken = try fit(data, whole.path, options)
      try #require(unbroken.status == 0, "\(unbroken.output)")
      for word in ["linear:", "extra-trees:"] {
        let killed =
          word == "linear:"
          ? try fit(data, broken.path, options, ["APUS_KILL_SAID": word])
          : try Probe.run(["resume", "portfolio", broken.path], environment: ["APUS_KILL_SAID": word])
        #expect(killed.wasKilled && !broken.isFinished, "\(killed.output)")
      }
      let resumed = try Probe.run(["resume", "portfolio", broken.path])
      try #require(resumed.status == 0, "\(resumed.output)")
      #expect(try SHA256.hash(ofFile: whole.modelPath) == SHA256.hash(ofFile: broken.modelPath))
      #expect(!FileManager.default.fileExists(atPath: broken.path + "/checkpoint"))
      // Trees see what a linear model cannot.
      #expect((try result(whole)["test"]?["metrics"]?["accuracy"]?["value"]?.doubleValue ?? 0) > 0.8)
      let report = try String(contentsOfFile: whole.reportPath, encoding: .utf8)
      for text in ["1 Define", "2 Prepare", "3 Evaluate", "4 Improve", "5 Present", "Cross-validation"] {
        #expect(report.contains(text), "\(text) is not in the report")
      }
    }
  }

  @Test func aSingleEstimatorIsFittedAloneAndExplainsItself() throws {
    try withTemporaryFolder { root in
      let data = try write(root)
      let folder = RunFolder(path: root + "/run")
      let outcome = try fit(data, folder.path, ["estimators": "random-forest"])
      try #require(outcome.status == 0, "\(outcome.output)")
      let model = try #require(try Registry.standard.open(folder.path) as? EstimatorModel)
      let examples = try model.problem.input.examples(at: [data])
      let found = try #require(try model.explain(examples, row: 3, output: 1))
      #expect(found.contributions.count == 3)
      // The two columns that matter come before the one that does not.
      #expect(found.contributions.last?.name.hasPrefix("color") == true)
      // The contributions lead from the mean to the prediction.
      guard case .category(let probabilities) = try model.predict(examples).predictions[3] else {
        Issue.record("a class was expected")
        return
      }
      let sum = found.contributions.reduce(0) { $0 + $1.value }
      #expect(sum > -1 && sum < 1 && probabilities[1] - sum > -0.01 && probabilities[1] - sum < 1.01)
    }
  }

  /// Where later rows validate, folds by chance would let models see the future.
  @Test func rowsInTheOrderOfTimeAreNotDealtToFolds() throws {
    try withTemporaryFolder { root in
      let lines = (0..<200).map { row in
        "2024-\(row / 28 % 12 + 1 < 10 ? "0" : "")\(row / 28 % 12 + 1)-\(row % 28 + 1 < 10 ? "0" : "")\(row % 28 + 1),\(row * 37 % 101),\(row * 37 % 101 * 2)"
      }
      let path = root + "/table.csv"
      try (["day,x,y"] + lines).joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
      let folder = RunFolder(path: root + "/run")
      let outcome = try fit(
        path, folder.path, ["quality": "good", "estimators": "linear,extra-trees", "split": "time:day"])
      try #require(outcome.status == 0, "\(outcome.output)")
      let report = try String(contentsOfFile: folder.reportPath, encoding: .utf8)
      #expect(report.contains("measured on the validation set") && !report.contains("Cross-validation"))
    }
  }

  @Test func theTimeIsKeptWithAUsableModel() throws {
    try withTemporaryFolder { root in
      let data = try write(root)
      let folder = RunFolder(path: root + "/run")
      let outcome = try fit(data, folder.path, ["time": "0.000001"])
      try #require(outcome.status == 0, "\(outcome.output)")
      let report = try String(contentsOfFile: folder.reportPath, encoding: .utf8)
      #expect(report.contains("the time was over before it was begun"))
      _ = try #require(try Registry.standard.open(folder.path) as? EstimatorModel)
    }
  }

  @Test func wrongNamesAreRefusedBeforeAnythingIsWritten() throws {
    try withTemporaryFolder { root in
      let data = try write(root)
      for (options, text) in [
        (["estimators": "linear,magic"], "there is no estimator \"magic\""),
        (["quality": "great"], "--quality is one of fast, good, best"),
        (["recipe": "magic"], "there is no recipe \"magic\""),
        (["estimators": "linear,linear"], "each once"),
      ] {
        let outcome = try fit(data, root + "/run", options)
        #expect(outcome.status == 1 && outcome.output.contains(text), "\(outcome.output)")
        #expect(!FileManager.default.fileExists(atPath: root + "/run"))
      }
    }
  }

  /// Where labels say nothing, no estimator may seem to know anything, whatever the encodings did with them.
  @Test func shuffledLabelsTeachNothing() throws {
    try withTemporaryFolder { root in
      var random = PhiloxGenerator(seed: 4)
      var lines = ["a,level,y"]
      for _ in 0..<600 {
        lines.append(
          "\(random.uniform()),v\(random.uniform(below: 60)),\(random.uniform() < 0.5 ? "yes" : "no")")
      }
      let path = root + "/table.csv"
      try (lines.joined(separator: "\n") + "\n").write(toFile: path, atomically: true, encoding: .utf8)
      let folder = RunFolder(path: root + "/run")
      let outcome = try fit(path, folder.path, ["quality": "good"])
      try #require(outcome.status == 0, "\(outcome.output)")
      let json = try result(folder)
      // Three standard errors of 120 rows; validation scores are a little too good, as boosting stops by them.
      let area = try #require(json["test"]?["metrics"]?["area_under_curve"]?["value"]?.doubleValue)
      #expect(abs(area - 0.5) < 0.16, "\(area)")
    }
  }
}
