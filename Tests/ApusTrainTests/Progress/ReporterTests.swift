import ApusData
import ApusNN
import Synchronization
import Testing

@testable import ApusTrain

/// What a reporter was told, from any thread.
private final class Notes<Entry: Sendable>: Sendable {
  private let state = Mutex<[Entry]>([])
  var all: [Entry] { state.withLock { $0 } }
  func add(_ entry: Entry) { state.withLock { $0.append(entry) } }
}

@Suite struct ReporterTests {
  private func fit(_ reporter: Reporter, epochs: Int = 1, progress: Progress = .automatic) async throws {
    let learner = Learner(smallModel(), loss: .crossEntropy, metrics: [.accuracy], reporter: reporter)
    try await learner.fit(
      points(20), validation: points(10, seed: 8), epochs: epochs, batchSize: 10,
      options: FitOptions(progress: progress))
  }

  @Test func writesPlainLines() async throws {
    let notes = Notes<String>()
    let report = ConsoleReport(drawsBar: false) { notes.add($0) }
    try await fit(report.reporter, epochs: 2)
    #expect(notes.all.count == 2)
    #expect(notes.all[1].hasPrefix("Epoch 2/2 · "))
    #expect(notes.all[1].contains("val_accuracy 0.") || notes.all[1].contains("val_accuracy 1."))
    #expect(!notes.all.joined().contains("\u{1B}"))
  }

  @Test func drawsABar() async throws {
    let notes = Notes<String>()
    let report = ConsoleReport(drawsBar: true, columns: { 200 }) { notes.add($0) }
    try await fit(report.reporter)
    #expect(notes.all.joined().contains("2/2"))
    #expect(notes.all.joined().contains("left"))
    #expect(notes.all.last?.hasSuffix("samples/s\n") == true)
  }

  /// A line in the middle of a bar takes its place; a bar that is cut off ends on a line of its own.
  @Test func linesDoNotMixWithABar() {
    let notes = Notes<String>()
    let reporter = ConsoleReport(drawsBar: true) { notes.add($0) }.reporter
    let progress = EpochProgress(
      epoch: 0, epochCount: 1, batch: 1, batchCount: 2, quantities: ["loss": 1], seconds: 1,
      samplesPerSecond: 10)
    reporter.batch?(progress)
    reporter.say("a note")
    reporter.say("another")
    reporter.batch?(progress)
    reporter.end()
    reporter.end()
    let clear = "\r\u{1B}[2K"
    #expect(notes.all.count == 5)
    #expect(notes.all[1] == clear + "a note\n")
    #expect(notes.all[2] == "another\n")
    #expect(notes.all[4] == "\n")
  }

  @Test func countsEndInALine() {
    let notes = Notes<String>()
    let reporter = ConsoleReport(drawsBar: false) { notes.add($0) }.reporter
    for done in 1...1200 { reporter.count("images", done, 1200) }
    #expect(notes.all.count == 1)
    #expect(notes.all.first?.hasPrefix("1,200 images: ") == true)
  }

  @Test func aProgramHearsOfEpochsAndBatches() async throws {
    let epochs = Notes<EpochProgress>(), batches = Notes<EpochProgress>(), ends = Notes<Int>()
    let reporter = Reporter(
      epoch: { epochs.add($0) }, batch: { batches.add($0) }, end: { ends.add(1) })
    try await fit(reporter, epochs: 3)
    #expect(epochs.all.map(\.epoch) == [0, 1, 2])
    #expect(epochs.all.allSatisfy { $0.epochCount == 3 && $0.batch == 2 && $0.secondsLeft == 0 })
    #expect(epochs.all.allSatisfy { $0.quantities.keys.contains("val_accuracy") })
    #expect(batches.all.filter { $0.batch == 2 }.count == 3)
    #expect(ends.all.count == 1)
    // Without progress nothing of it is told.
    try await fit(reporter, progress: .none)
    #expect(epochs.all.count == 3 && ends.all.count == 1)
  }

  /// Each warning once, and none to standard error.
  @Test func warningsGoToTheReporter() async throws {
    let warnings = Notes<TrainingWarning>()
    let learner = Learner(
      smallModel(), loss: .crossEntropy, reporter: Reporter(warn: { warnings.add($0) }))
    let sorted = try points(40)
    let order = try (sorted.classLabels() ?? []).enumerated().sorted {
      ($0.element, $0.offset) < ($1.element, $1.offset)
    }.map(\.offset)
    for _ in 0..<2 {
      try await learner.fit(
        sorted.subset(order), batchSize: 10, options: FitOptions(shuffle: false, progress: .none))
    }
    #expect(warnings.all.map(\.kind) == [.sortedByClass])
    #expect(warnings.all == learner.warnings)
  }
}
