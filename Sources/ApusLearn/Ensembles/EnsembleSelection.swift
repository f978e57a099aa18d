import ApusData
import Foundation

/// The weights with which models predict best together, chosen on rows that none of them was fitted to.
///
/// Models are added greedily with replacement, as in Caruana et al., "Ensemble selection from libraries of models" (2004),
/// on draws of the rows with replacement; the weights are the mean over the draws, so that few rows do not decide alone.
public struct EnsembleSelection: Sendable {
  /// The weight of each model, 1 in all.
  public let weights: [Double]
  /// The mean loss of the ensemble on the rows: log loss for classes, squared error for numbers.
  public let loss: Double
  /// What the ensemble puts out for each row, `[rows, outputs]`.
  public let outputs: [Double]

  /// Draws of the rows.
  private static let draws = 20
  /// Rows of a draw at most; more change the weights little.
  private static let drawnRows = 20_000
  /// Models that are added at most, each of which may be one that was added before.
  private static let rounds = 50
  /// Smaller weights are noise, and cost the time of a model at every prediction.
  private static let leastWeight = 0.02

  /// Chooses weights.
  /// - Parameters:
  ///   - outputs: What each model puts out for the rows, `[rows, outputs]`: logits or numbers.
  ///   - labels: What is known of the rows.
  ///   - seed: What the draws depend on.
  /// - Throws: `DataError` for no models or outputs of another size.
  public init(outputs: [[Double]], labels: Labels, seed: UInt64 = 0) throws {
    let width = labels.outputCount
    guard !outputs.isEmpty, outputs.allSatisfy({ $0.count == labels.count * width }), labels.count > 0 else {
      throw DataError(
        .shape, "outputs of at least one model for \(labels.count) rows of \(width) were expected")
    }
    // All that losses depend on: the probability of the right class, or the error.
    let parts = outputs.map { labels.parts(of: $0) }
    var sums = [Double](repeating: 0, count: outputs.count)
    for draw in 0..<Self.draws {
      var random = PhiloxGenerator(seed: seed, index: draw)
      let rows = (0..<min(labels.count, Self.drawnRows)).map { _ in
        random.uniform(below: labels.count)
      }
      let drawn = parts.map { part in rows.map { part[$0] } }
      for (model, weight) in Self.greedy(drawn, labels).enumerated() { sums[model] += weight }
    }
    let total = sums.reduce(0, +)
    var found = sums.map { $0 / total }
    let largest = found.max() ?? 1
    found = found.map { $0 < min(Self.leastWeight, largest) ? 0 : $0 }
    let rest = found.reduce(0, +)
    weights = found.map { $0 / rest }
    self.outputs = WeightedEnsemble.mean(outputs, weights: weights, outputCount: width)
    var mixed = [Double](repeating: 0, count: labels.count)
    for (part, weight) in zip(parts, weights) where weight > 0 {
      for row in mixed.indices { mixed[row] += weight * part[row] }
    }
    loss = labels.loss(mixed, scale: 1)
  }

  /// How often each model is in the best of the ensembles that adding one after the other gives.
  private static func greedy(_ parts: [[Double]], _ labels: Labels) -> [Double] {
    var counts = [Double](repeating: 0, count: parts.count), best = counts
    var sum = [Double](repeating: 0, count: parts[0].count)
    var bestLoss = Double.infinity
    for round in 1...rounds {
      var chosen = 0, least = Double.infinity
      for model in parts.indices {
        let loss = labels.loss(adding: parts[model], to: sum, scale: 1 / Double(round))
        if loss < least { (chosen, least) = (model, loss) }
      }
      guard least.isFinite else { break }
      counts[chosen] += 1
      for row in sum.indices { sum[row] += parts[chosen][row] }
      // What no longer gets better does not after many more.
      guard least < bestLoss else { if round > 10 { break } else { continue } }
      (best, bestLoss) = (counts, least)
    }
    let total = best.reduce(0, +)
    return total > 0 ? best.map { $0 / total } : parts.map { _ in 1 / Double(parts.count) }
  }
}

extension Labels {
  /// Of each row the probability of the right class, or the error of the number.
  fileprivate func parts(of outputs: [Double]) -> [Double] {
    switch self {
    case .numbers(let numbers): return zip(outputs, numbers).map { $0 - $1 }
    case .classes(let labels, let count):
      return labels.indices.map { row in
        var logits = outputs[row * count..<(row + 1) * count]
        softmax(&logits)
        return logits[row * count + Int(labels[row])]
      }
    }
  }

  /// The mean loss of scaled sums of such parts.
  fileprivate func loss(_ sums: [Double], scale: Double) -> Double {
    loss(adding: [], to: sums, scale: scale)
  }

  /// The mean loss with one more part added to sums.
  fileprivate func loss(adding part: [Double], to sums: [Double], scale: Double) -> Double {
    var total = 0.0
    sums.withUnsafeBufferPointer { sums in
      part.withUnsafeBufferPointer { part in
        let adds = !part.isEmpty
        switch self {
        case .numbers:
          for row in sums.indices {
            let error = (sums[row] + (adds ? part[row] : 0)) * scale
            total += error * error
          }
        case .classes:
          // The logarithm of a product of some probabilities costs one call for all of them.
          var product = 1.0
          for row in sums.indices {
            product *= max((sums[row] + (adds ? part[row] : 0)) * scale, leastProbability)
            if row % 16 == 15 {
              total -= log(product)
              product = 1
            }
          }
          total -= log(product)
        }
      }
    }
    return total / Double(sums.count)
  }
}
