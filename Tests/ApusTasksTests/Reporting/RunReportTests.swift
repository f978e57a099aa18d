import ApusIO
import ApusReport
import ApusTrain
import Foundation
import Testing

@testable import ApusTasks

@Suite struct RunReportTests {
  static func phase(_ name: String, losses: [Double] = [0.9, 0.5, 0.6]) throws -> TrainingPhase {
    let epochs = losses.enumerated().map { epoch, loss in
      JSON.object([
        .init("epoch", .integer(epoch)), .init("learning_rate", .number(0.001)), .init("seconds", .number(2)),
        .init("samples_per_second", .number(100)),
        .init(
          "values",
          .object([
            .init("loss", .number(loss - 0.1)), .init("val_loss", .number(loss)),
            .init("accuracy", .number(0.8)), .init("val_accuracy", .number(0.7 + 0.1 * Double(epoch))),
          ])),
      ])
    }
    let rates = (0..<40).map { 1e-5 * pow(1.3, Double($0)) }
    let curve = (0..<40).map { step -> Double in
      let step = Double(step)
      return step < 30 ? 2 - 0.05 * step : 0.3 * step - 8.2
    }
    return TrainingPhase(
      name, history: try #require(History(json: .object([.init("epochs", .array(epochs))]))),
      rates: LearningRateCurve(rates: rates, losses: curve), learningRate: 0.003, seconds: 75)
  }

  static func report(
    _ target: any Target, _ examples: Examples, _ outputs: [[Float]], model: (any Target) -> any Predictor,
    phases: [TrainingPhase] = [], candidates: [RunResult.Candidate] = [], sections: [Report.Section] = [],
    options: [String: String] = [:]
  ) throws -> RunReport {
    let count = examples.count
    let parts: [Part: [Int]] = [
      .training: Array(0..<count / 2), .validation: Array(count / 2..<count * 3 / 4),
      .test: Array(count * 3 / 4..<count),
    ]
    func evaluator(_ part: Part) throws -> any Evaluator {
      var evaluator = target.evaluator(for: examples)
      for row in parts[part] ?? [] { try evaluator.add(row: row, output: outputs[row]) }
      return evaluator
    }
    let (validation, test) = (try evaluator(.validation), try evaluator(.test))
    let result = RunResult(
      task: type(of: target).kind,
      data: .init(
        title: examples.title, source: "folder", modality: examples.modality,
        counts: parts.mapKeys(\.rawValue).mapValues(\.count), notes: examples.notes, skipped: examples.skipped
      ),
      recipe: "reported",
      candidates: candidates.isEmpty
        ? [.init(recipe: "reported", summary: "a recipe", seconds: 3)] : candidates,
      validation: try validation.evaluation(), test: try test.evaluation(),
      phases: phases.map(RunResult.PhaseSummary.init), parameters: 12_345, sha256: "0123abcd", seed: 7,
      seconds: 125,
      environment: [:], files: [:], example: nil)
    return RunReport(
      result: result, model: model(target), data: TaskData(examples: examples, parts: parts, target: target),
      test: test, phases: phases, recipe: ReportedRecipe(), recipeSections: sections,
      options: Options(options),
      reporter: .silent)
  }

  /// Cats and dogs in turn, or every so many a dog; every tenth predicted wrong.
  static func animals(
    _ count: Int, dogs: Int = 2, mistakes: Bool = true, phases: [TrainingPhase] = [],
    candidates: [RunResult.Candidate] = [],
    sections: [Report.Section] = [], origin: ModelOrigin = ModelOrigin(),
    input: ReportedInput = ReportedInput(),
    notes: [String] = [], skipped: [Skipped] = []
  ) throws -> RunReport {
    let labels = (0..<count).map { $0 % dogs == 0 ? 1 : 0 }
    let outputs = labels.enumerated().map { row, label -> [Float] in
      let isCat = (label == 0) != (mistakes && row % 10 == 3)
      return isCat ? [3, 0] : [0, 3]
    }
    let examples = try Examples.reported(
      count, [Column("class", .categories(labels.map { ["cat", "dog"][$0] }))], notes: notes, skipped: skipped
    )
    return try report(
      try Classification(["cat", "dog"]), examples, outputs,
      model: { ExplainedModel(problem: Problem(input: input, target: $0), origin: origin) }, phases: phases,
      candidates: candidates, sections: sections, options: ["epochs": "3"])
  }

  @Test func everythingHasItsPlace() throws {
    let page = try Self.animals(
      160, phases: [Self.phase("head"), Self.phase("all layers")],
      candidates: [
        .init(recipe: "a", summary: "A", seconds: 1), .init(recipe: "b", summary: "B", seconds: 1),
      ],
      sections: [.init(id: "filters", title: "Filters", note: "of the first layer")]
    ).report()
    #expect(page.title == "Classification into cat and dog")
    #expect(
      page.sections.map(\.id) == [
        "scores", "confusions", "hardest", "typical", "calibration", "classes", "training", "filters",
        "candidates",
        "data", "provenance", "limitations",
      ])
    #expect(page.sections.allSatisfy { !$0.isEmpty })
    #expect(!page.sections.page.showsNoNumber)
  }

  @Test func figuresAndLead() throws {
    let page = try Self.animals(160).report()
    // Rows 120 to 159: 4 of 20 cats are wrong. Wilson's interval of 36 of 40; F1 (32 / 36 + 40 / 44) / 2.
    #expect(
      page.figures == [
        .init("90.0 %", "test accuracy; 95 % confidence interval 76.9 – 96.0 %"),
        page.figures[1], .init("90.0 %", "test balanced accuracy"),
        .init("4 of 40", "test images predicted wrong"), .init("2 min 5 s", "for the whole run"),
      ])
    #expect(page.figures[1].meaning == "test area under the ROC curve")
    #expect(
      page.lead
        == "Fine-tuning of a small network. Fitted to 80 images of the folder photos. All choices were made on the "
        + "validation set (40 images), all scores below are on the test set (40 images), which was looked at once, at "
        + "the end.")
  }

  @Test func scoresOfBothSets() throws {
    let rows = try #require(try Self.animals(160).report().sections["scores"]?.tables.first?.rows)
    #expect(
      rows.map { $0[0].text } == [
        "Loss", "Accuracy", "Area under the ROC curve", "Balanced accuracy", "Macro F1",
        "Expected calibration error", "Share of the largest class", "Images",
      ])
    #expect(rows[1].map(\.text) == ["Accuracy", "90.0 %", "90.0 %"])
    #expect(rows[1][1].detail == "76.9 – 96.0 %")
    #expect(rows[7].map(\.text) == ["Images", "40", "40"])
  }

  @Test func phasesAreChartsAndRows() throws {
    let section = try #require(
      try Self.animals(160, phases: [Self.phase("head"), Self.phase("all layers", losses: [.nan])]).report()
        .sections["training"])
    #expect(section.headings == ["Head", "All layers"])
    #expect(
      section.tables.first?.rows == [
        ["Head", "3", "0.003", .init("0.5", detail: "epoch 2"), .init("1 min 15 s".onOneLine)],
        ["All layers", "1", "0.003", "–", .init("1 min 15 s".onOneLine)],
      ])
    let svg = section.blocks.compactMap { if case .charts(let charts) = $0 { charts } else { nil } }
    // Loss, accuracy, learning rate and its search; without a loss and of one epoch only the accuracy and the search.
    #expect(svg.map(\.count) == [4, 2])
    #expect(svg[0][0].svg().contains("Loss") && svg[0][1].svg().contains("Accuracy"))
  }

  @Test func candidatesSayWhatWasKeptAndWhatFailed() throws {
    let candidates: [RunResult.Candidate] = [
      .init(recipe: "slow", summary: "A large network", loss: 0.5, score: 0.9, seconds: 100),
      .init(recipe: "quick", summary: "A <small> network", loss: 0.25, score: 0.95, seconds: 1),
      .init(recipe: "bad", summary: "Another", failure: "too little memory", seconds: 0.5),
    ]
    let section = try #require(try Self.animals(160, candidates: candidates).report().sections["candidates"])
    #expect(
      section.tables.first?.rows.map { $0.map(\.text) } == [
        ["slow", "0.5", "90.0 %", "1 min 40 s".onOneLine],
        ["quick", "0.25", "95.0 %", "1.0 s".onOneLine],
        ["bad", "–", "–", "500 ms".onOneLine],
      ])
    #expect(section.tables.first?.rows.map { $0[0].detail } == ["", "kept", "failed"])
    #expect(
      section.factGroups.map(\.facts) == [
        [
          .init("slow", "A large network"), .init("quick", "A <small> network"),
          .init("bad", "Another. Failed: too little memory"),
        ]
      ])
    #expect(![section].page.contains("<small> network"))
    #expect(try Self.animals(160).report().sections["candidates"] == nil)
  }

  @Test func dataAreCounted() throws {
    let section = try #require(
      try Self.animals(160, notes: ["12 images are tiny"], skipped: [Skipped("/a/b/c.jpg", "it is damaged")])
        .report()
        .sections["data"])
    #expect(
      section.tables.first?.rows == [
        ["cat", "40", "20", "20"], ["dog", "40", "20", "20"], ["All images", "80", "40", "40"],
      ])
    #expect(section.sentences == ["12 images are tiny"])
    #expect([section].page.contains("b/c.jpg: it is damaged"))
  }

  @Test func manyClassesAreCountedForTheRarest() throws {
    let names = (0..<100).map { "c\($0)" }
    // Class c0 once, c1 twice in training, the others four times.
    let labels = (0..<800).map { $0 < 400 ? ($0 % 100 < 2 && $0 / 100 > $0 % 100 ? 50 : $0 % 100) : $0 % 100 }
    let examples = try Examples.reported(800, [Column("class", .categories(labels.map { names[$0] }))])
    let outputs = labels.map { label in (0..<100).map { $0 == label ? Float(5) : 0 } }
    let page = try Self.report(
      try Classification(names), examples, outputs, model: { SilentModel($0) }
    ).report()
    let rows = try #require(page.sections["data"]?.tables.first?.rows)
    #expect(rows.count == 52)
    #expect(rows[0].map(\.text) == ["c0", "1", "2", "2"])
    #expect(rows[1].map(\.text) == ["c1", "2", "2", "2"])
    #expect(rows[50][0].text == "50 more, which are more frequent")
    #expect(!page.sections.page.showsNoNumber)
    let facts = try #require(page.sections["provenance"]?.factGroups.first?.facts)
    #expect(facts.allSatisfy { $0.value.count <= 401 })
  }

  @Test func rangesOfNumbers() throws {
    let numbers = (0..<80).map { Double($0) }
    let examples = try Examples.reported(80, [Column("<u>age</u>", .numbers(numbers))], modality: "table")
    let target = try Regression(["<u>age</u>"], means: [20], stds: [10])
    let page = try Self.report(
      target, examples, numbers.map { [Float(($0 - 20) / 10)] },
      model: { SilentModel($0, ReportedInput(shown: .name)) }
    ).report()
    #expect(
      page.sections["data"]?.tables.map(\.rows) == [
        [
          [
            "<u>age</u>", .init("20", detail: "0 – 39"), .init("50", detail: "40 – 59"),
            .init("70", detail: "60 – 79"),
          ], ["All rows", "40", "20", "20"],
        ]
      ])
    #expect(page.title == "Regression of <u>age</u>")
    #expect(!page.html().contains("<u>"))
    #expect(page.figures[0] == .init("1.000", "test R²; 95 % confidence interval 1.000 – 1.000"))
  }

  @Test func provenanceHasEverythingToRepeatIt() throws {
    let groups = try #require(
      try Self.animals(160, origin: ModelOrigin(pretraining: "ImageNet")).report().sections["provenance"]?
        .factGroups)
    #expect(groups.map(\.title) == ["Data and model", "Settings", "Environment"])
    let facts = groups.flatMap(\.facts)
    for fact in [
      Report.Fact("Data", "the folder photos"), .init("Training set", "80 images"),
      .init("Pretrained on", "ImageNet"),
      .init("Network", "a small one"), .init("Parameters", "12,345"), .init("Random seed", "7"),
      .init("--epochs", "3"),
      .init("Learning rate", "0.003"), .init("Batch size", "32"), .init("Augmentation flip", "yes"),
      .init("SHA-256 of the model", "0123abcd"), .init("Apus", Environment.version),
    ] {
      #expect(facts.contains(fact), "\(fact)")
    }
  }

  @Test func onlyLimitationsThatApplyAreNamed() throws {
    func sentences(_ report: RunReport) throws -> String {
      try #require(try report.report().sections["limitations"]).sentences.joined(separator: "\n")
    }
    let small = try sentences(Self.animals(160, dogs: 9, origin: ModelOrigin(pretraining: "ImageNet")))
    #expect(small.contains("distinguishes cat and dog and nothing else"))
    #expect(
      small.contains("The test set is small (40 images): accuracy has a 95 % confidence interval of"))
    #expect(small.contains("imbalanced (4 to 36 images)"))
    #expect(small.contains("Biases of ImageNet"))
    #expect(small.contains("Explanations show"))
    #expect(small.contains("The scores hold for images like those of the test set."))
    let large = try sentences(
      Self.animals(
        480, mistakes: false, input: ReportedInput(limitation: "Other cameras may lower the scores.")))
    for words in ["small", "imbalanced", "Biases", "The scores hold"] { #expect(!large.contains(words)) }
    #expect(large.contains("Other cameras may lower the scores."))
  }

  @Test func modelsThatPredictNothingHaveAReport() throws {
    let examples = try Examples.reported(8, [])
    let page = try RunReport(
      result: RunResult(
        task: nil,
        data: .init(title: "x", source: "folder", modality: "image", counts: [:], notes: [], skipped: []),
        recipe: "reported", candidates: [], validation: nil, test: nil, phases: [], parameters: 5,
        sha256: "ab",
        seed: 0, seconds: 1, environment: [:], files: [:], example: nil),
      model: SilentModel(problem: Problem(input: ReportedInput(), target: nil), origin: ModelOrigin()),
      data: TaskData(examples: examples, parts: [.training: Array(0..<8)], target: nil), test: nil,
      phases: [],
      recipe: ReportedRecipe(), recipeSections: [], options: Options(), reporter: .silent
    ).report()
    #expect(page.sections.map(\.id) == ["data", "provenance"])
    #expect(page.figures.map(\.value) == ["8", "5", "1.0 s"])
    #expect(page.title == "The folder photos")
  }
}

extension String {
  fileprivate var onOneLine: String { replacing(" ", with: "\u{a0}") }
}

extension Dictionary {
  fileprivate func mapKeys<Other: Hashable>(_ change: (Key) -> Other) -> [Other: Value] {
    Dictionary<Other, Value>(uniqueKeysWithValues: map { (change($0.key), $0.value) })
  }
}
