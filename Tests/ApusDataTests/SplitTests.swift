import ApusTestSupport
import Testing

@testable import ApusData

@Suite struct SplitTests {
  private let labels = (0..<100).map { Int32($0 < 70 ? 0 : $0 < 95 ? 1 : 2) }

  private func counts(_ subset: Subset) throws -> [Int] {
    var counts = [0, 0, 0]
    for label in try subset.classLabels() ?? [] { counts[label] += 1 }
    return counts
  }

  @Test func stratifiedSplitsKeepTheProportions() throws {
    let (first, second) = try toyDataset(labels: labels).split(0.8, seed: 3)
    #expect(try counts(first) == [56, 20, 4])
    #expect(try counts(second) == [14, 5, 1])
    #expect((first.indices + second.indices).sorted() == Array(0..<100))
    let again = try toyDataset(labels: labels).split(0.8, seed: 3)
    #expect(again.first.indices == first.indices)
    #expect(try toyDataset(labels: labels).split(0.8, seed: 4).first.indices != first.indices)
  }

  @Test(arguments: [0.01, 0.1, 1.0 / 3, 0.5, 0.77, 0.99])
  func everyClassIsOnBothSides(fraction: Double) throws {
    let (first, second) = try toyDataset(labels: labels).split(fraction)
    #expect(try counts(first).allSatisfy { $0 > 0 })
    #expect(try counts(second).allSatisfy { $0 > 0 })
    #expect(first.count + second.count == 100)
  }

  @Test func aClassThatCannotBeSplitIsNamed() throws {
    let data = try toyDataset(labels: [0, 0, 0, 1, 1, 2], classNames: ["cat", "dog", "emu"])
    let text = message { _ = try data.split(0.5) }
    #expect(text.contains("class 2 (\"emu\")"))
    #expect(text.contains("allowsMissingClasses"))
    #expect(try data.split(0.5, allowsMissingClasses: true).first.count >= 2)
  }

  @Test func plainSplitsThatMissAClassAreRefused() throws {
    let data = try toyDataset(labels: [Int32](repeating: 0, count: 50) + [1])
    #expect(message { _ = try data.split(0.5, stratified: false) }.contains("stratified: true"))
  }

  @Test func dataWithoutClassesSplitsPlainly() throws {
    let data = try toyDataset(labels: labels).mapped { sample in
      var sample = sample
      sample.target = nil
      return sample
    }
    let (first, second) = try data.split(0.25, seed: 1)
    #expect(first.count == 25 && second.count == 75)
    #expect(message { _ = try data.split(0.25, stratified: true) }.contains("needs classes"))
  }

  @Test(arguments: [-1, 0, 1, 2, Double.nan])
  func refusesOddFractions(fraction: Double) throws {
    let data = try toyDataset(labels: labels)
    #expect(message { _ = try data.split(fraction) }.contains("between 0 and 1"))
  }

  @Test(arguments: [2, 3, 5])
  func foldsHoldEverySampleOnce(count: Int) throws {
    let folds = try toyDataset(labels: labels).stratifiedKFold(count, seed: 9)
    #expect(folds.count == count)
    #expect(folds.flatMap(\.validation.indices).sorted() == Array(0..<100))
    for fold in folds {
      #expect((fold.training.indices + fold.validation.indices).sorted() == Array(0..<100))
      let counts = try counts(fold.validation)
      #expect(abs(counts[0] - 70 / count) <= 1 && abs(counts[1] - 25 / count) <= 1 && counts[2] >= 1)
      #expect(abs(fold.validation.count - 100 / count) <= 1)
    }
  }

  @Test func foldsThatMissAClassAreRefused() throws {
    let data = try toyDataset(labels: labels)
    #expect(message { _ = try data.stratifiedKFold(6) }.contains("class 2"))
    #expect(message { _ = try data.kFold(20) }.contains("class"))
    #expect(message { _ = try data.kFold(1) }.contains("from 2 to 100 folds"))
    #expect(message { _ = try data.kFold(101) }.contains("from 2 to 100 folds"))
    #expect(try data.kFold(20, allowsMissingClasses: true).count == 20)
  }
}
