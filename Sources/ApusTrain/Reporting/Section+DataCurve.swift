import ApusReport

extension DataCurve {
  /// The measured errors and the power law through them, up to twice the samples.
  ///
  /// - Parameters:
  ///   - title: The heading of the chart.
  ///   - sample: What one sample is called, such as `image`.
  /// - Returns: The chart.
  public func chart(title: String = "Error by training set size", sample: String = "sample") -> SVGChart {
    let last = points.last?.count ?? 1
    let first = points.first?.count ?? 1
    let steps = 24
    let law = (0...steps).map { step -> SVGChart.Point in
      let share = Double(step) / Double(steps)
      let count = Double(first) + share * Double(2 * last - first)
      return SVGChart.Point(x: count, y: 100 * error(at: Int(count)))
    }
    let repeats = points.flatMap { point in
      point.errors.map { SVGChart.Point(x: Double(point.count), y: 100 * $0) }
    }
    var chart = SVGChart(
      title: title, xLabel: "training \(sample)s", yLabel: "error, %",
      series: [
        SVGChart.Series("mean", points.map { .init(x: Double($0.count), y: 100 * $0.error) }),
        SVGChart.Series("power law", law),
      ])
    // Each repeat by itself: a break after each keeps them dots.
    chart.series.append(
      SVGChart.Series("repeats", repeats.flatMap { [$0, SVGChart.Point(x: .nan, y: .nan)] }))
    chart.marks = [(Double(last), "now")]
    chart.countsAlongX = true
    return chart
  }
}

extension Report.Section {
  /// The learning curve over the size of the training set, with a forecast for twice as many samples.
  ///
  /// - Parameters:
  ///   - curve: The curve, measured with the head on frozen features.
  ///   - sample: What one sample is called, such as `image`.
  ///   - isBackboneTrained: Whether the backbone, which the curve takes as it is, was trained on all samples.
  /// - Returns: The section; nil for a curve without points.
  public static func dataCurve(
    _ curve: DataCurve, sample: String = "sample", isBackboneTrained: Bool
  ) -> Report.Section? {
    guard let last = curve.points.last else { return nil }
    let double = curve.forecast(at: 2 * last.count)
    let now = Format.percent(1 - curve.error(at: last.count))
    let then = Format.percent(1 - double.error)
    let range = "95 % interval \(Format.percentRange(1 - double.interval.upper, 1 - double.interval.lower))"
    let verdict =
      switch curve.verdict {
      case .clearly:
        "Yes: twice as many would probably raise the accuracy from \(now) to about \(then) (\(range))."
      case .probably:
        "Perhaps: twice as many would raise the accuracy from \(now) to about \(then), but the forecast is uncertain "
          + "(\(range))."
      case .hardly where isBackboneTrained:
        "Unknown: the head alone would gain hardly anything, but the backbone below it was trained on all of these "
          + "\(sample)s and would gain from more of them, too."
      case .hardly:
        "Hardly: the curve is nearly flat, and with twice as many the accuracy would stay about the same (\(range)). Better "
          + "labels, \(sample)s like those that are predicted wrong, or another network would do more."
      }
    let bound =
      isBackboneTrained
      ? " It was trained on all \(sample)s: more of them would probably help more than this curve says." : ""
    return Report.Section(
      id: "data-curve", title: "Learning curve: would more \(sample)s help?", note: verdict,
      blocks: [
        .charts([curve.chart(sample: sample)]),
        .paragraph(
          "Method: the head was trained anew on random subsets of the training set, several times for each size (dots), and a "
            + "power law was fitted to the means. It is an extrapolation, not a promise. The backbone stayed as it is.\(bound)"
        ),
      ])
  }
}
