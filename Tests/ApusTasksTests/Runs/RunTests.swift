import ApusData
import ApusGraph
import ApusIO
import ApusTestSupport
import ApusTrain
import Foundation
import Testing

@testable import ApusTasks

@Suite struct RunTests {
  private let toy = Toy((0..<60).map { Double($0 * 7 % 60) })

  private func error(_ body: () async throws -> Run.Outcome) async -> (any ApusError)? {
    do {
      _ = try await body()
      return nil
    } catch {
      return error as? any ApusError
    }
  }

  @Test func looksAtTestRowsOnceAfterAllFitting() async throws {
    try await withTemporaryFolder { folder in
      let outcome = try await toy.run("0.5,0.9,0.7", in: folder + "/run").perform()
      let examples = try ToySource(token: toy.token).read(for: nil, .silent)
      let parts = try examples.split(strata: nil, seed: 0)
      let test = Set((parts[.test] ?? []).map { examples.names[$0] })
      #expect(test.count == 12 && outcome.result.data.counts["test"] == 12)
      let events = toy.events
      let looks = events.indices.filter { place in
        if case .looked(let name) = events[place] { test.contains(name) } else { false }
      }
      #expect(looks.count == test.count)
      let fitted = events.indices.filter { if case .fitted = events[$0] { true } else { false } }
      #expect(fitted.count == 3)
      #expect((looks.first ?? 0) > (fitted.last ?? .max))
    }
  }

  @Test func keepsTheRecipeWithTheLeastValidationLoss() async throws {
    try await withTemporaryFolder { folder in
      let outcome = try await toy.run("0.5,nan,fail,0.9,0.7", in: folder + "/run").perform()
      #expect((outcome.model as? ToyModel)?.scale == 0.9)
      let candidates = outcome.result.candidates
      #expect(candidates.map(\.summary) == ["toy 0.5", "toy nan", "toy fail", "toy 0.9", "toy 0.7"])
      #expect(candidates.map { $0.failure != nil } == [false, false, true, false, false])
      #expect(candidates[2].failure?.contains("this toy is broken") ?? false)
      let page = try String(contentsOfFile: folder + "/run/report.html", encoding: .utf8)
      #expect(page.contains("this toy is broken"))
      let saved = try Toy.registry.open(folder + "/run") as? ToyModel
      #expect(saved?.scale == 0.9)
      #expect(!FileManager.default.fileExists(atPath: folder + "/run/candidates"))
      #expect(!FileManager.default.fileExists(atPath: folder + "/run/run.lock"))
    }
  }

  @Test func aLossThatIsNoNumberNeverWins() async throws {
    try await withTemporaryFolder { folder in
      let outcome = try await toy.run("nan,0.2", in: folder + "/run").perform()
      #expect((outcome.model as? ToyModel)?.scale == 0.2)
    }
  }

  @Test func failsWhereEveryRecipeFails() async throws {
    try await withTemporaryFolder { folder in
      let found = await error { try await toy.run("fail,fail", in: folder + "/run").perform() }
      #expect(found?.category == .failed)
      #expect(found?.problem.contains("this toy is broken") ?? false)
    }
  }

  @Test func triesAsMuchAsTheBudgetAllows() async throws {
    for (budget, expected) in [(Budget(recipes: 2), ["0.5", "0.6"]), (Budget(), ["0.5", "-0.1"])] {
      try await withTemporaryFolder { folder in
        let toy = Toy(self.toy.values)
        _ = try await toy.run("0.5,0.6,-0.1", in: folder + "/run", budget: budget).perform()
        let fitted = toy.events.compactMap { if case .fitted(let name) = $0 { name } else { nil } }
        #expect(fitted == expected)
      }
    }
  }

  @Test func refusesOptionsThatNobodyTakesBeforeAnyWork() async throws {
    try await withTemporaryFolder { folder in
      let found = await error {
        try await toy.run("0.5", in: folder + "/run", options: ["epoch": "3"]).perform()
      }
      #expect(found?.problem.contains("--epoch") ?? false)
      #expect(toy.events.isEmpty)
      #expect(!FileManager.default.fileExists(atPath: folder + "/run"))
    }
  }

  @Test(arguments: ["cancel", "cancel,0.9", "0.3,cancel"])
  func aCancelledRunLeavesTheBestModelAndSaysHowToGoOn(_ recipes: String) async throws {
    try await withTemporaryFolder { folder in
      let run = try toy.run(recipes, in: folder + "/run")
      let found = await Task { await error { try await run.perform() } }.value
      #expect(found?.category == .interrupted)
      #expect(found?.advice?.contains("--resume --output \(folder)/run") ?? false)
      #expect(found?.problem.contains("The best model so far") ?? false)
      _ = try #require(try Toy.registry.open(folder + "/run") as? ToyModel)
      #expect(!FileManager.default.fileExists(atPath: folder + "/run/result.json"))
      #expect(throws: RunError.self) { try RunFolder(path: folder + "/run").requireFree() }
    }
  }

  @Test func aRunIsRepeatedInAFolderOfItsOwn() async throws {
    try await withTemporaryFolder { folder in
      let first = try await toy.run("0.9,0.7", in: folder + "/run").perform()
      let other = RunFolder(path: folder + "/again")
      let again = try Run(
        replaying: RunFolder(path: folder + "/run"), folder: other, registry: Toy.registry)
      #expect(!again.resumes)
      #expect(try await again.perform().result.sha256 == first.result.sha256)
      // It can itself be repeated.
      #expect(other.isBegun && other.isFinished)
      let missing = await error {
        try await Run(replaying: RunFolder(path: folder + "/none"), registry: Toy.registry).perform()
      }
      #expect(missing?.category == .missingInput)
    }
  }

  @Test func goesOnWithTheSameDataOnly() async throws {
    try await withTemporaryFolder { folder in
      let path = folder + "/run"
      let run = try toy.run("0.9,cancel", in: path)
      _ = await Task { await error { try await run.perform() } }.value
      let values = toy.values
      toy.values = values.dropLast() + [-1]
      let changed = await error {
        try await Run(resuming: RunFolder(path: path), registry: Toy.registry).perform()
      }
      #expect(changed?.category == .data)
      #expect(changed?.problem.contains("data have changed") ?? false)

      toy.values = values
      // The recipe cancels again; its name is changed to one that does not, as if it had been killed.
      let text = try String(contentsOfFile: path + "/settings.json", encoding: .utf8)
      try text.replacing("cancel", with: "0.7").write(
        toFile: path + "/settings.json", atomically: true, encoding: .utf8)
      let outcome = try await Run(resuming: RunFolder(path: path), registry: Toy.registry).perform()
      #expect((outcome.model as? ToyModel)?.scale == 0.9)
      #expect(outcome.result.candidates.count == 2)

      // To the same bits as a run that nobody cut off.
      let whole = Toy(values)
      let other = try await whole.run("0.9,0.7", in: folder + "/whole").perform()
      #expect(other.result.sha256 == outcome.result.sha256)
    }
  }

  @Test func settingsThatAreNoneAreRefused() throws {
    try withTemporaryFolder { folder in
      #expect(throws: FileError.self) {
        try Run(resuming: RunFolder(path: folder), registry: Toy.registry)
      }
      try "{}".write(toFile: folder + "/settings.json", atomically: true, encoding: .utf8)
      #expect(throws: FileError.self) {
        try Run(resuming: RunFolder(path: folder), registry: Toy.registry)
      }
    }
  }
}

@Suite struct RunContextTests {
  @Test func keepsWhatIsBetterAndNumbersBeforeNone() throws {
    try withTemporaryFolder { folder in
      let context = RunContext(folder: folder, registry: Toy.registry)
      let target = try Regression(["y"])
      func keep(_ scale: Float, _ loss: Double, _ measure: String = "loss") throws -> Bool {
        try context.keep(ToyModel(target, scale: scale), loss: loss, measure: measure)
      }
      func kept() throws -> Float? { (try context.best() as? ToyModel)?.scale }
      #expect(throws: FileError.self) { try context.best() }
      #expect(try keep(1, .nan))
      #expect(try kept() == 1)
      #expect(try keep(2, 5))
      #expect(try !keep(3, .nan))
      #expect(try !keep(3, 5))
      #expect(try !keep(3, 6))
      #expect(try keep(4, 4))
      #expect(try keep(5, 9, "another loss"))
      #expect(try kept() == 5)
      #expect(context.keptLoss(measure: "loss") == nil)
      // A run that goes on knows it.
      let next = RunContext(folder: folder, resumes: true, registry: Toy.registry)
      #expect(next.keptLoss(measure: "another loss") == 9)
      #expect(RunContext(folder: folder, registry: Toy.registry).keptLoss(measure: "another loss") == nil)
    }
  }
}
