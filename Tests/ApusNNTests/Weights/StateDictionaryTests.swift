import ApusGraph
import ApusNN
import ApusTensor
import ApusTestSupport
import Foundation
import Testing

@Suite struct StateDictionaryTests {
  private func model() -> Sequential {
    Sequential {
      Dense(3, activation: .relu)
      BatchNorm()
      Dense(2)
    }
  }

  @Test func filesBringBackTheSameNumbers() throws {
    let path = temporaryPath("weights.safetensors")
    defer { try? FileManager.default.removeItem(atPath: path) }
    let first = model(), second = model()
    try first.build(inputShape: [4], seed: 1)
    try second.build(inputShape: [4], seed: 2)
    try first.saveWeights(to: path, metadata: ["epoch": "3"])
    let report = try second.loadWeights(from: path)
    #expect(report.isComplete)
    #expect(report.loaded.count == 8)
    let x = Tensor(numbers: [1, -2, 3, 0.5], [1, 4])
    #expect(try first(x).doubles() == second(x).doubles())
  }

  @Test func unbuiltModelsTakeTheFilesShapes() throws {
    let first = model(), second = model()
    try first.build(inputShape: [4], seed: 1)
    try second.load(named: try first.namedLiterals())
    let x = Tensor(numbers: [1, -2, 3, 0.5], [1, 4])
    #expect(try first(x).doubles() == second(x).doubles())
  }

  @Test func strictLoadingChangesNothingUnlessAllFits() throws {
    let model = model()
    try model.build(inputShape: [4], seed: 1)
    let before = try model.namedLiterals()
    var wrong = before
    wrong["0.kernel"] = Literal([Float](repeating: 1, count: 6), shape: [2, 3])
    wrong["2.bias"] = nil
    wrong["3.bias"] = Literal([1] as [Float], shape: [1])
    wrong["2.kernel"] = Literal([Float](repeating: 9, count: 6), shape: [3, 2])
    let error = #expect(throws: LoadError.self) { try model.load(named: wrong) }
    #expect(error?.report.missing == ["2.bias"])
    #expect(error?.report.unexpected == ["3.bias"])
    #expect(error?.report.mismatched.map(\.name) == ["0.kernel"])
    #expect(error?.description.contains("0.kernel (expects [4, 3], got [2, 3])") == true)
    #expect(try model.namedLiterals()["2.kernel"]?.doubles == before["2.kernel"]?.doubles)

    let report = try model.load(named: wrong, strict: false)
    #expect(!report.isComplete)
    #expect(try model.namedLiterals()["2.kernel"]?.doubles == [9, 9, 9, 9, 9, 9])
    #expect(try model.namedLiterals()["0.kernel"]?.doubles == before["0.kernel"]?.doubles)
  }
}
