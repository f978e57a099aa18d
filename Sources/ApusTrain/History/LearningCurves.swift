import ApusReport

/// The quantities of a history paired for drawing: each of the training data with its validation twin.
public struct LearningCurves: Sendable, Equatable {
  /// One quantity over the epochs.
  public struct Curve: Sendable, Equatable {
    /// The quantity: `loss`.
    public let name: String
    /// Measured while training; empty if it was not.
    public let training: [Double]
    /// Measured on the validation data; empty if there was none.
    public let validation: [Double]
  }

  /// The epochs, counted from 1.
  public let epochs: [Int]
  /// The loss first, then the metrics by name.
  public let curves: [Curve]

  /// The curves of a history.
  public init(_ history: History) {
    epochs = history.epochs.map { $0.number + 1 }
    var names: [String] = []
    for name in history.names {
      let base = name.hasPrefix("val_") ? String(name.dropFirst(4)) : name
      if !names.contains(base) { names.append(base) }
    }
    curves = names.map { Curve(name: $0, training: history[$0], validation: history["val_" + $0]) }
  }

  /// A chart of one quantity as a self-contained SVG; nil if the history has no such quantity.
  public func svg(_ name: String) -> String? { chart(name)?.svg() }

  /// A chart of one quantity; nil if the history has no such quantity.
  public func chart(_ name: String) -> SVGChart? {
    guard let curve = curves.first(where: { $0.name == name }) else { return nil }
    var series: [SVGChart.Series] = []
    for (label, values) in [("training", curve.training), ("validation", curve.validation)] {
      let points = zip(epochs, values).map { SVGChart.Point(x: Double($0), y: $1) }
      if !points.isEmpty { series.append(SVGChart.Series(label, points)) }
    }
    return .epochs(name, label: name, series)
  }
}
