import ApusReport
import Testing

@testable import ApusTasks

@Suite struct EvaluationTextTests {
  private func evaluation(_ confusion: [[Int]], _ names: [String]) -> Evaluation {
    let total = confusion.joined().reduce(0, +)
    let right = confusion.indices.reduce(0) { $0 + confusion[$1][$1] }
    return Evaluation(
      samples: total, loss: 0.25, primary: "accuracy",
      metrics: [
        "calibration_error": .init(0.0123), "macro_f1": .init(0.9),
        "accuracy": .init(Double(right) / Double(total), interval: (0.8, 0.96)),
      ],
      details: names.enumerated().map { label, name in
        let support = confusion[label].reduce(0, +)
        return .init(
          name,
          [
            "recall": Double(confusion[label][label]) / Double(support), "f1": 0.5 + Double(label) / 1000,
            "samples": Double(support), "correct": 1,
          ])
      }, confusion: confusion)
  }

  @Test func fewClasses() throws {
    let names = ["cat", "a long name"]
    let text = evaluation([[48, 2], [3, 1047]], names).text(
      target: try Classification(names), of: "test image")
    #expect(
      text == """
        Accuracy 99.5 % (95 % confidence interval 80.0 – 96.0 %) on 1,100 test images
        Loss 0.25, macro F1 90.0 %, expected calibration error 1.2 %
        Most frequent confusion: 3 of 1,050 “a long name” predicted as “cat”

        class        recall      F1  examples
        cat          96.0 %  50.0 %        50
        a long name  99.7 %  50.1 %     1,050

        Confusion matrix (rows: true classes, columns: predicted classes)
                     cat  a long n
        cat           48         2
        a long name    3     1,047
        """)
  }

  @Test func classesWithoutExamplesShowNoNumberThatIsNone() throws {
    let names = ["cat", "dog"]
    let text = evaluation([[3, 0], [0, 0]], names).text(target: try Classification(names), of: "image")
    #expect(!text.showsNoNumber)
    #expect(text.contains("dog          –  50.1 %         0"))
    #expect(text.contains("on 3 images\n"))
    #expect(!text.contains("Most frequent confusion"))
  }

  @Test func manyClassesAreCutOff() throws {
    let names = (0..<60).map { "c\($0)" }
    let confusion = names.indices.map { truth in
      names.indices.map { $0 == truth ? 5 : $0 == truth + 1 ? truth : 0 }
    }
    let text = evaluation(confusion, names).text(target: try Classification(names))
    #expect(!text.contains("Confusion matrix"))
    #expect(text.contains("Most frequent confusions\n58  c58  predicted as c59\n57  c57  predicted as c58\n"))
    // The first 40 have the lowest F1.
    #expect(text.contains("\nc39 ") && !text.contains("\nc40 "))
    #expect(text.contains("… and 20 more with better scores"))
  }

  @Test func headlineWithoutInterval() {
    let evaluation = Evaluation(samples: 1, loss: 2, primary: "r2", metrics: ["r2": .init(0.5)])
    #expect(evaluation.headline(of: "row") == "R² 0.500 on 1 row")
    let unknown = Evaluation(
      samples: 2, loss: 2, primary: "dice_overlap", metrics: ["dice_overlap": .init(0.123456)])
    #expect(unknown.headline() == "Dice overlap 0.1235 on 2 examples")
  }

  @Test func scoresOfHistoriesAndEvaluationsHaveTheSameNames() {
    for (camel, snake) in [
      ("meanAveragePrecision", "mean_average_precision"), ("meanIoU", "mean_iou"), ("r2", "r2"),
      ("rootMeanSquaredError", "root_mean_squared_error"), ("labelF1", "label_f1"),
    ] {
      #expect(ScoreDescription(camel) == ScoreDescription(snake))
    }
    #expect(ScoreDescription("top5Accuracy").words == "top5 accuracy")
    #expect(
      ScoreDescription.sorted(["unknown", "f1", "accuracy", "another"]) == [
        "accuracy", "f1", "another", "unknown",
      ])
  }

  @Test func tablesOfScoresHaveIntervals() {
    let table = Report.Table.scores(
      of: "class", ["iou", "pixels"],
      rows: [("sky", [.init(0.5, interval: (0.4, 0.6)), .init(12_345)]), ("road", [.init(.nan), .init(0)])])
    #expect(table.columns.map(\.title) == ["Class", "IoU", "Pixels"])
    #expect(
      table.rows == [["sky", .init("50.0 %", detail: "40.0 – 60.0 %"), "12,345"], ["road", "–", "0"]])
  }

  @Test func excerptsKeepWords() {
    #expect("a  b\n\tc".excerpt(20) == "a b c")
    #expect("abcdef".excerpt(6) == "abcdef")
    #expect("abcde fgh".excerpt(6) == "abcde…")
    #expect((String(repeating: " ", count: 100) + "x").excerpt(10).hasSuffix("…"))
    #expect("".excerpt(3) == "")
  }
}
