import ApusData

/// A network that a `GMDH` grew; its output is that of the first neuron of the last layer.
public struct FittedGMDH: FittedEstimator, Equatable {
  /// The name in files.
  public static let kind = GMDH.kind
  /// The columns that it was fitted to.
  public let columns: [FeatureMatrix.Column]
  private let layers: [[PolynomialNeuron]]
  private let constant: Double

  private struct Settings: Codable {
    var columns: [FeatureMatrix.Column]
    var layers: [[PolynomialNeuron]]
    var constant: Double
  }

  /// A network, of which only the neurons that the output depends on are kept.
  init(columns: [FeatureMatrix.Column], layers: [[PolynomialNeuron]], constant: Double) {
    var kept: [[PolynomialNeuron]] = []
    var wanted = [0]
    for layer in layers.reversed() {
      var neurons = wanted.map { layer[$0] }
      let used = Set(neurons.flatMap { [$0.first.place, $0.second.place] }).sorted()
      if kept.count < layers.count - 1 {
        let places = Dictionary(uniqueKeysWithValues: used.enumerated().map { ($1, $0) })
        for place in neurons.indices {
          neurons[place].first.place = places[neurons[place].first.place] ?? 0
          neurons[place].second.place = places[neurons[place].second.place] ?? 0
        }
      }
      kept.insert(neurons, at: 0)
      wanted = used
    }
    (self.columns, self.layers, self.constant) = (columns, kept, constant)
  }

  /// Reads a model.
  public init(_ archive: EstimatorArchive) throws {
    let settings = try archive.settings(as: Settings.self)
    var width = settings.columns.count
    for layer in settings.layers {
      let isSound = layer.allSatisfy { neuron in
        neuron.coefficients.count == 6
          && [neuron.first, neuron.second].allSatisfy {
            (0..<width).contains($0.place) && $0.lowest <= $0.highest
          }
      }
      guard isSound, !layer.isEmpty else {
        throw archive.corrupt("a neuron of it has inputs that there are not")
      }
      width = layer.count
    }
    (columns, layers, constant) = (settings.columns, settings.layers, settings.constant)
  }

  /// Everything that it takes to read it again.
  public func archive() throws -> EstimatorArchive {
    try EstimatorArchive(
      Self.kind, settings: Settings(columns: columns, layers: layers, constant: constant))
  }

  /// One number.
  public var outputCount: Int { 1 }
  /// Six coefficients of each neuron, or the mean alone.
  public var parameterCount: Int { max(1, 6 * layers.reduce(0) { $0 + $1.count }) }
  /// Layers of neurons.
  public var depth: Int { layers.count }

  /// The number of each row.
  public func outputs(_ features: FeatureMatrix) throws -> [Double] {
    try features.requireColumns(columns)
    try features.requireNumbers(for: "the model")
    return (0..<features.rowCount).map { row in
      var values = features[row].map { Double($0) }
      if layers.isEmpty { return constant }
      for layer in layers {
        values = layer.map { neuron in
          PolynomialNeuron.value(
            neuron.coefficients, neuron.first.scaled(values[neuron.first.place]),
            neuron.second.scaled(values[neuron.second.place]))
        }
      }
      return values[0]
    }
  }
}
