import Testing

@testable import ApusTrain

@Suite struct ReportTests {
  @Test func scoresOfClasses() throws {
    // 3 cats, of which 2 are found; 1 dog taken for a cat; no bird.
    let report = try #require(
      ClassificationReport(
        truths: [0, 0, 0, 1, 1], predictions: [0, 0, 1, 1, 0], classNames: ["cat", "dog", "bird"]))
    #expect(report.counts == [[2, 1, 0], [1, 1, 0], [0, 0, 0]])
    #expect(report.accuracy == 0.6)
    #expect(report.precision(0) == 2.0 / 3 && report.recall(0) == 2.0 / 3)
    #expect(report.precision(1) == 0.5 && report.recall(1) == 0.5 && report.f1(1) == 0.5)
    #expect(report.precision(2).isNaN && report.recall(2).isNaN && report.f1(2).isNaN)
    #expect(abs(report.macroF1 - (2.0 / 3 + 0.5) / 2) < 1e-12)
    #expect(
      report.confusions == [
        .init(truth: 0, prediction: 1, count: 1), .init(truth: 1, prediction: 0, count: 1),
      ])
  }

  @Test func labelsOutOfRangeAreRefused() {
    #expect(ClassificationReport(truths: [2], predictions: [0], classNames: ["a", "b"]) == nil)
    #expect(ClassificationReport(truths: [0], predictions: [-1], classNames: ["a", "b"]) == nil)
    #expect(ClassificationReport(truths: [0, 1], predictions: [0], classNames: ["a", "b"]) == nil)
  }

  @Test func scoresOfNumbers() throws {
    let report = try #require(
      RegressionReport(targetName: "x", truths: [1, 2, 6], predictions: [1, 3, 4], baseline: 2))
    #expect(report.meanAbsoluteError == 1)
    #expect(abs(report.rootMeanSquaredError - (5.0 / 3).squareRoot()) < 1e-12)
    #expect(abs(report.baselineMeanAbsoluteError - 5.0 / 3) < 1e-12)
    #expect(abs(report.rSquared - (1 - 5.0 / 14)) < 1e-12)
  }

  @Test func textFromDataCannotBecomeMarkup() throws {
    let name = "<script>alert('x')</script> & \"co\""
    var report = TrainingReport(title: name, introduction: name)
    report.classification = ClassificationReport(
      truths: [0, 1], predictions: [1, 1], classNames: [name, "b"])
    report.regression = RegressionReport(targetName: name, truths: [1, 2], predictions: [2, 1], baseline: 0)
    report.mistakes = [.init(picture: [1, 2], truth: name, prediction: name, probability: 1, sample: 0)]
    report.charts = [
      SVGChart(title: name, xLabel: name, yLabel: name, series: [.init(name, [.init(x: 0, y: 0)])]).svg()
    ]
    report.sections = [.init("Facts", [(name, name)])]
    report.architecture = name
    let page = report.html()
    #expect(!page.contains("<script"))
    #expect(!page.contains("alert('x')"))
    #expect(page.contains("&lt;script&gt;"))
  }

  @Test func pageAsksForNothing() {
    let page = TrainingReport(title: "t", introduction: "i").html()
    #expect(!page.contains("http"))
    #expect(!page.contains("url("))
  }

  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
    ("foobar", "Zm9vYmFy"),
  ])
  func base64AsInRFC4648(text: String, expected: String) {
    #expect(HTML.base64(Array(text.utf8)) == expected)
  }

  @Test func ticksAreRound() {
    #expect(SVGChart.ticks((0, 1)) == [0, 0.2, 0.4, 0.6000000000000001, 0.8, 1])
    #expect(SVGChart.ticks((1, 3), whole: true) == [1, 2, 3])
    #expect(SVGChart.ticks((3, 3)) == [3])
    #expect(SVGChart.ticks((1, 60), whole: true) == [20, 40, 60])
  }

  @Test func valuesThatAreNotFiniteLeaveGaps() {
    let points = [(0.0, 1.0), (1, .nan), (2, 2), (3, 3)].map { SVGChart.Point(x: $0, y: $1) }
    let drawing = SVGChart(title: "t", xLabel: "x", yLabel: "y", series: [.init("s", points)]).svg()
    #expect(!drawing.contains("nan"))
    #expect(drawing.contains("<path"))
  }
}
