import ApusData
import ApusGraph
import ApusTasks
import ApusTestSupport
import ApusTrain
import Foundation
import Testing

@testable import ApusTabular

@Suite struct TabularInputTests {
  @Test func isFittedOnTrainingRowsAlone() async throws {
    // The last rows, which are of other parts, have other numbers and a category of their own.
    try await withTable("x,color,y\n2,red,1\n4,green,2\n6,red,3\n1000,blue,4\n-500,blue,5\n") { path in
      let source = try #require(try CSVFile.recognize(DataRequest(path, options: Options(["target": "y"]))))
      let data = TaskData(
        examples: try source.read(for: nil, .silent),
        parts: [.training: [0, 1, 2], .validation: [3], .test: [4]], target: nil)
      let input = try TabularInput(data)
      let names = input.encoder.featureNames
      #expect(!names.contains { $0.contains("blue") })
      let place = try #require(names.firstIndex(of: "x"))
      func x(_ row: Int) throws -> Float {
        try input.features(data.examples, row: row)[0][0].scalars(as: Float.self)[place]
      }
      // Mean 4 and population standard deviation √(8/3) of 2, 4, 6.
      let std = (8.0 / 3).squareRoot()
      for (row, value) in [(0, 2.0), (1, 4), (2, 6), (3, 1000)] {
        #expect(abs(Double(try x(row)) - (value - 4) / std) < 1e-3, "row \(row)")
      }
      // A category that no training row has is none of the known ones.
      let unknown = try input.features(data.examples, row: 3)[0][0].scalars(as: Float.self)
      let known = names.indices.filter { names[$0].contains("red") || names[$0].contains("green") }
      #expect(known.allSatisfy { unknown[$0] == 0 }, "\(names) \(unknown)")
    }
  }
}

@Suite struct MLPRunTests {
  private static let registry = Registry([.core, .tables])

  /// A smooth function of two numbers and a category.
  private static func table(_ rows: Range<Int>, isSwapped: Bool = false) -> String {
    let lines = rows.map { row -> String in
      let (a, b) = (Double(row * 37 % 101) / 50 - 1, Double(row * 53 % 97) / 48 - 1)
      let color = ["red", "green", "blue"][row % 3]
      let y = 3 * a - 2 * b + Double(row % 3) + 10
      return isSwapped ? "\(color),\(b),\(a)" : "\(a),\(b),\(color),\(y)"
    }
    return ((isSwapped ? ["color,b,a"] : ["a,b,color,y"]) + lines).joined(separator: "\n") + "\n"
  }

  @Test func learnsAndPredictsRowsInAnotherOrderOfColumns() async throws {
    try await withTable(Self.table(0..<400)) { path in
      let folder = RunFolder(path: path + "-run")
      let outcome = try await Run(
        DataRequest(path, options: Options(["target": "y", "epochs": "30", "hidden": "16,16"])),
        folder: folder,
        registry: Self.registry
      ).perform()
      let test = try #require(outcome.result.test)
      #expect(test.primary == "r2")
      #expect(test.primaryScore > 0.8, "R² \(test.primaryScore)")

      let model = try Self.registry.predictor(folder.path)
      let new = path + "-new.csv"
      try Self.table(400..<420, isSwapped: true).write(toFile: new, atomically: true, encoding: .utf8)
      let again = path + "-again.csv"
      try Self.table(400..<420).write(toFile: again, atomically: true, encoding: .utf8)
      let swapped = try model.predict(files: [new])
      #expect(swapped.count == 20)
      #expect(try model.predict(files: [again]) == swapped)
      // Of several tables, one has a column more than the other.
      let both = try model.predict(files: [again, new])
      #expect(both == swapped + swapped)
      guard case .numbers(let numbers) = swapped[0] else {
        Issue.record("numbers were expected")
        return
      }
      #expect((4...18).contains(numbers[0]))
      // A column that is missing is told before anything is predicted.
      let narrow = path + "-narrow.csv"
      try "a,color\n1,red\n".write(toFile: narrow, atomically: true, encoding: .utf8)
      #expect(message { _ = try model.predict(files: [narrow]) }.contains("b"))
    }
  }

  @Test func oneClassIsNothingToTellApart() async throws {
    let rows = (0..<40).map { "\($0),same" }.joined(separator: "\n")
    try await withTable("a,y\n\(rows)\n") { path in
      await #expect(throws: DataError.self) {
        _ = try await Run(
          DataRequest(path, options: Options(["target": "y"])), folder: RunFolder(path: path + "-run"),
          registry: Self.registry
        ).perform()
      }
      #expect(!FileManager.default.fileExists(atPath: path + "-run"))
    }
  }

  @Test func rowsWithoutTargetsAreCountedAndLeftOut() async throws {
    try await withTable(Self.table(0..<80) + "0,0,red,\n0.5,0,blue,NA\n") { path in
      let outcome = try await Run(
        DataRequest(path, options: Options(["target": "y", "epochs": "1", "hidden": "4"])),
        folder: RunFolder(path: path + "-run"), registry: Self.registry
      ).perform()
      #expect(outcome.result.data.counts.values.reduce(0, +) == 80)
      #expect(outcome.result.data.notes.contains { $0.contains("2 examples without a known target") })
    }
  }

  @Test func aClassOfOneRowIsKeptAndNamed() async throws {
    let rows = (0..<60).map { "\($0 * 37 % 41).5,\($0 == 17 ? "rare" : $0 % 2 == 0 ? "even" : "odd")" }
    try await withTable("a,y\n" + rows.joined(separator: "\n")) { path in
      let outcome = try await Run(
        DataRequest(path, options: Options(["target": "y", "epochs": "1", "hidden": "4"])),
        folder: RunFolder(path: path + "-run"), registry: Self.registry
      ).perform()
      let notes = outcome.result.data.notes
      #expect(notes.contains { $0.contains("rare (1)") }, "\(notes)")
      #expect(notes.contains { $0.contains("validation set has no examples of rare") }, "\(notes)")
    }
  }

  @Test func targetsWithLargeOffsetsKeepTheirDigits() async throws {
    let rows = (0..<80).map { "\($0 * 37 % 41).5,\($0 * 53 % 59),\(1_000_000_000.25 + Double($0 % 5))" }
    try await withTable("a,b,y\n" + rows.joined(separator: "\n")) { path in
      let folder = RunFolder(path: path + "-run")
      let outcome = try await Run(
        DataRequest(path, options: Options(["target": "y", "epochs": "1", "hidden": "4"])), folder: folder,
        registry: Self.registry
      ).perform()
      // The mean absolute deviation of 0...4 from their mean is 1.2.
      let baseline = try #require(outcome.result.test?.metrics["baseline_mean_absolute_error"]?.value)
      #expect(abs(baseline - 1.2) < 0.4, "\(baseline)")
      let target = try Self.registry.predictor(folder.path).problem.target
      let text = Prediction.numbers([1_000_000_001.25]).text(target: target)
      #expect(text.count == 1 && text[0].hasPrefix("y 1000000001.25 ("))
    }
  }
}
