import ApusData
import Foundation

/// A network that organizes itself, the first deep one: each neuron is a quadratic polynomial of two outputs of the layer
/// below, fitted by least squares; those that do best on rows they were not fitted to are the next layer, as long as the best
/// gets better. The group method of data handling: Ivakhnenko, IEEE Transactions on Systems, Man, and Cybernetics 1, 1971.
public struct GMDH: SynchronousEstimator, Equatable {
  /// The name in files.
  public static let kind = "gmdh"
  /// Layers at most.
  public var layers: Int
  /// Neurons that each layer keeps.
  public var width: Int
  /// The share of rows by which neurons are chosen, where the context has no such rows.
  public var validationShare: Double

  /// A method.
  public init(layers: Int = 8, width: Int = 16, validationShare: Double = 0.3) {
    self.layers = layers
    self.width = width
    self.validationShare = validationShare
  }

  /// What it is.
  public var summary: String { "GMDH: a self-organizing network of polynomials" }

  /// Fits to numbers.
  /// - Throws: `DataError` for classes, categories, missing values, bad settings, and fewer than 4 rows.
  public func fit(_ rows: TrainingRows, _ context: FitContext) throws -> any FittedEstimator {
    let numbers = try rows.labels.requireNumbers(for: "GMDH")
    try requireSetting(layers >= 1, "layers", layers, "at least 1")
    try requireSetting(width >= 2, "width", width, "at least 2")
    try requireSetting(
      validationShare > 0 && validationShare < 1, "validationShare", validationShare, "between 0 and 1")
    try rows.features.requireNumbers(for: "GMDH")
    guard rows.count >= 4 else {
      throw DataError(.sample, "GMDH needs at least 4 rows, \(rows.count) came", advice: "Use Ridge.")
    }
    let weights = rows.weights ?? Array(repeating: 1, count: rows.count)
    var growth: PolynomialGrowth
    if let validation = context.validation {
      try validation.features.requireColumns(rows.features.columns)
      try validation.features.requireNumbers(for: "GMDH")
      growth = PolynomialGrowth(
        training: (rows.features, numbers, weights),
        validation: (
          validation.features, try validation.labels.requireNumbers(for: "GMDH"),
          validation.weights ?? Array(repeating: 1, count: validation.count)
        ))
    } else {
      var order = Array(0..<rows.count)
      var generator = PhiloxGenerator(seed: context.seed)
      order.shuffle(using: &generator)
      let held = min(rows.count - 2, max(1, Int(Double(rows.count) * validationShare)))
      func part(_ places: some Collection<Int>) -> PolynomialGrowth.Part {
        let places = places.sorted()
        return (rows.features.subset(places), places.map { numbers[$0] }, places.map { weights[$0] })
      }
      growth = PolynomialGrowth(training: part(order.dropFirst(held)), validation: part(order.prefix(held)))
    }
    for layer in 0..<layers {
      try context.progress(Double(layer) / Double(layers))
      guard try growth.addLayer(keeping: width, context), !context.isOutOfTime() else { break }
    }
    return FittedGMDH(columns: rows.features.columns, layers: growth.layers, constant: growth.constant)
  }
}

/// A neuron of a GMDH network.
struct PolynomialNeuron: Codable, Sendable, Equatable {
  /// How the values of an input are spread: they are taken in units of their deviation from the mean, and held at the limits
  /// that were seen, beyond which a composition of polynomials means nothing.
  struct Input: Codable, Sendable, Equatable {
    var place: Int
    var mean: Double
    var deviation: Double
    var lowest: Double
    var highest: Double

    init(_ place: Int, _ values: [Double], weights: [Double], total: Double, held: [Double]) {
      self.place = place
      let mean = zip(values, weights).reduce(0) { $0 + $1.0 * $1.1 } / total
      self.mean = mean
      let variance = zip(values, weights).reduce(0) { $0 + ($1.0 - mean) * ($1.0 - mean) * $1.1 } / total
      deviation = variance > 1e-24 * mean * mean ? variance.squareRoot() : 0
      lowest = min(values.min() ?? 0, held.min() ?? .infinity)
      highest = max(values.max() ?? 0, held.max() ?? -.infinity)
    }

    func scaled(_ value: Double) -> Double {
      deviation > 0 ? (min(max(value, lowest), highest) - mean) / deviation : 0
    }
  }

  var first: Input
  var second: Input
  /// Of 1, x, y, x², y² and xy.
  var coefficients: [Double]

  /// Its output for scaled inputs.
  static func value(_ c: [Double], _ x: Double, _ y: Double) -> Double {
    c[0] + c[1] * x + c[2] * y + c[3] * x * x + c[4] * y * y + c[5] * x * y
  }
}
