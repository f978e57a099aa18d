import ApusIO
import ApusNN
import Foundation
import Testing

@testable import ApusTrain

@Suite struct HistoryTests {
  private func history() -> History {
    var history = History()
    for epoch in 0..<4 {
      history.epochs.append(
        History.Epoch(
          number: epoch,
          values: ["loss": 1 / Double(epoch + 1), "val_loss": [3, 1, 2, .nan][epoch], "accuracy": 0.1],
          learningRate: 0.001, seconds: 1.5, samplesPerSecond: 10))
    }
    return history
  }

  @Test func historyTellsItsBest() {
    let history = history()
    #expect(history.best("val_loss")?.epoch == 1)
    #expect(history.best("loss")?.epoch == 3)
    #expect(history.best("accuracy")?.epoch == 0)
    #expect(history.best("nothing") == nil)
    #expect(history.names == ["loss", "val_loss", "accuracy"])
  }

  @Test func historySurvivesJSON() throws {
    var history = history()
    history.epochs.removeLast()
    let text = history.json.text()
    #expect(History(json: try JSON(parsing: Array(text.utf8))) == history)
    #expect(History(json: .null) == nil)
  }

  @Test func monitorsKnowTheirDirection() {
    #expect(Monitor("val_loss").prefersSmall)
    #expect(!Monitor("val_accuracy").prefersSmall)
    #expect(Monitor("meanAbsoluteError").prefersSmall)
    #expect(!Monitor("val_loss", mode: .maximum).prefersSmall)
    #expect(!Monitor("loss").isBetter(.nan, than: nil))
    #expect(!Monitor("loss").isBetter(0.95, than: 1, minDelta: 0.1))
  }

  @Test func curvesAreDrawn() throws {
    let svg = try #require(LearningCurves(history()).svg("loss"))
    let parser = XMLCheck(svg)
    #expect(parser.isWellFormed)
    #expect(svg.components(separatedBy: "<path").count == 3)
    #expect(!svg.lowercased().contains("nan"))
    #expect(!svg.contains("href"))
    #expect(LearningCurves(history()).svg("nothing") == nil)
  }

  @Test func learningRateCurveSuggests() {
    // Flat, then falling from 1e-4 to 1e-1, then rising.
    let rates = (0..<60).map { pow(10, -7 + Double($0) / 10) }
    let losses = rates.map { rate -> Double in
      let place = log10(rate)
      if place < -4 { return 2 }
      return place < -1.95 ? 2 - (place + 4) * 0.8 : 0.4 + (place + 2) * 3
    }
    let curve = LearningRateCurve(rates: rates, losses: losses)
    let suggestion = curve.suggestion ?? 0
    #expect(suggestion > 1e-4 && suggestion < 1e-2)
    #expect((curve.steepest ?? 0) >= 1e-4)
    #expect(curve.text().contains("suggested learning rate"))
    #expect(XMLCheck(curve.svg()).isWellFormed)
    #expect(LearningRateCurve(rates: [], losses: []).suggestion == nil)
    #expect(LearningRateCurve(rates: [1, 2, 3], losses: [1, 2, 3]).suggestion == nil)
  }

  @Test func findsALearningRate() async throws {
    let learner = Learner(smallModel(), loss: .crossEntropy, optimizer: .adam(schedule: .constant(0.003)))
    let data = try points(120)
    try await learner.fit(data, epochs: 1, options: .quiet)
    let before = try learner.bits()
    let curve = try learner.findLearningRate(data, steps: 60, batchSize: 16)
    #expect(try learner.bits() == before)
    #expect(learner.learningRate == 0.003)
    #expect(learner.optimizer.stepCount == learner.stepCount)
    let suggestion = try #require(curve.suggestion)
    #expect(suggestion > 1e-5 && suggestion < 5)
    #expect(throws: TrainingError.self) { try learner.findLearningRate(data, from: 1, to: 0.1) }
  }
}

/// Whether a text is well-formed XML.
private struct XMLCheck {
  let isWellFormed: Bool

  /// A small scanner, as Foundation's parser is a module of its own on Linux: tags must nest and quotes
  /// must close.
  init(_ text: String) {
    var open: [Substring] = []
    var rest = text[...]
    var isFine = true
    while let start = rest.firstIndex(of: "<"), let end = rest[start...].firstIndex(of: ">") {
      let tag = rest[rest.index(after: start)..<end]
      if tag.count(where: { $0 == "\"" }) % 2 != 0 || tag.contains("<") { isFine = false }
      let name = tag.drop { $0 == "/" }.prefix { $0 != " " && $0 != "/" }
      if tag.hasPrefix("/") {
        if open.popLast() != name { isFine = false }
      } else if !tag.hasSuffix("/") {
        open.append(name)
      }
      rest = rest[rest.index(after: end)...]
    }
    isWellFormed = isFine && open.isEmpty
  }
}
