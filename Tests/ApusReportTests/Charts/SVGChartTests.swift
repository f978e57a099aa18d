import ApusReport
import Testing

@Suite struct SVGChartTests {
  private func chart(_ points: [(Double, Double)], scale: SVGChart.Scale = .linear) -> SVGChart {
    SVGChart(
      title: "a < b & \"c\"", xLabel: "x", yLabel: "y",
      series: [.init("s", points.map { SVGChart.Point(x: $0.0, y: $0.1) })], xScale: scale)
  }

  @Test func ticksAreRound() {
    #expect(SVGChart.ticks((0, 1)) == [0, 0.2, 0.4, 0.6000000000000001, 0.8, 1])
    #expect(SVGChart.ticks((0, 1)).map(SVGChart.label) == ["0", "0.2", "0.4", "0.6", "0.8", "1"])
    #expect(SVGChart.ticks((1, 3), whole: true) == [1, 2, 3])
    #expect(SVGChart.ticks((3, 3)) == [3])
    #expect(SVGChart.ticks((1, 60), whole: true) == [20, 40, 60])
    #expect(SVGChart.ticks((3, 47)).map(SVGChart.label) == ["10", "20", "30", "40"])
  }

  @Test(arguments: [
    [], [(1.0, 2.0)], [(1, 2), (2, 2)], [(1, .infinity), (2, 1), (3, .nan), (4, 1e300)],
    [(0, 0), (1, 1), (-1, 2)], [(.nan, .nan)], [(-1e308, -1e308), (1e308, 1e308)],
    [(.leastNonzeroMagnitude, .leastNonzeroMagnitude), (0, 0)],
    [(1e18, 1e18), (1e18 + 1024, 3)], [(1e20, 1e20), (1e20, 1e20)],
  ])
  func oddValuesAreDrawn(points: [(Double, Double)]) throws {
    for scale in [SVGChart.Scale.linear, .logarithmic] {
      let svg = chart(points, scale: scale).svg()
      try expectWellFormed(svg)
      #expect(!svg.contains("nan") && !svg.contains("inf") && !svg.contains("–"))
    }
  }

  @Test func valuesThatAreNotFiniteLeaveGaps() {
    let svg = chart([(0, 1), (1, 2), (2, .nan), (3, 2), (4, 3), (5, .infinity), (6, 1)]).svg()
    let line = svg.firstMatch(of: #/<path class="line" d="([^"]*)"/#)?.output.1 ?? ""
    #expect(line.count { $0 == "M" } == 2 && line.count { $0 == "L" } == 2)
    #expect(svg.ranges(of: "<circle").count == 5)
  }

  @Test func predictionsAndReliabilityOfOddValuesAreDrawn() throws {
    let cases: [([Double], [Double])] = [
      ([], []), ([1], [1]), ([1, 2], [3]), ([.nan, 1], [1, .infinity]), ([1, 2, 3], [1, 2, 3]),
    ]
    for (truths, predictions) in cases {
      let svg = PredictionChart(targetName: "<t>", truths: truths, predictions: predictions).svg()
      try expectWellFormed(svg)
      #expect(
        svg.ranges(of: "<circle").count == zip(truths, predictions).count { $0.isFinite && $1.isFinite })
    }
    let bins = [
      ReliabilityChart.Bin(lower: 0, upper: 0.5, count: 0, confidence: .nan, accuracy: .nan),
      ReliabilityChart.Bin(lower: 0.5, upper: 1, count: 1, confidence: 0.8, accuracy: 1),
    ]
    for bins in [[], bins] {
      let svg = ReliabilityChart(title: "<t>", bins: bins).svg()
      try expectWellFormed(svg)
      #expect(svg.ranges(of: "class=\"column\"").count == bins.count { $0.count > 0 })
    }
  }

  @Test func manyPredictionsAreThinned() {
    let values = (0..<10_000).map(Double.init)
    let svg = PredictionChart(targetName: "t", truths: values, predictions: values).svg()
    #expect(svg.ranges(of: "<circle").count == 2000)
  }
}
