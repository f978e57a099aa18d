import ApusGraph

/// Regression targets, normalized to mean 0 and std 1 for training, and predictions brought back: initial weights and
/// usual learning rates assume numbers of about 1.
public struct TargetScaling: Sendable, Codable, Equatable {
  /// The mean and std of each number.
  public let statistics: ChannelStatistics

  /// Of statistics that are known already.
  public init(_ statistics: ChannelStatistics) { self.statistics = statistics }

  /// The scaling by the targets of training data. Of an `ImageDataset` no image is decoded for it; of other data, parts
  /// of one among them, every sample is fetched.
  /// - Parameter dataset: The training set. Of an `ImageDataset` no image is decoded, of others every sample
  ///   is fetched.
  /// - Throws: `DataError` for targets that are not numbers, as many in each sample.
  public init(of dataset: some Dataset) throws {
    let rows: [[Double]]
    if let images = dataset as? ImageDataset, case .numbers(let numbers) = images.targets {
      rows = numbers.map { $0.map(Double.init) }
    } else {
      rows = try (0..<dataset.count).map { index in
        guard let target = try dataset[index].target, target.dtype.isFloating, target.shape.rank <= 1 else {
          throw DataError(
            .type, "targets of one number or a row of numbers were expected, sample \(index) has another",
            samples: [index])
        }
        return target.doubles
      }
    }
    guard let width = rows.first?.count, width > 0, rows.allSatisfy({ $0.count == width }) else {
      throw DataError(.empty, "as many numbers for each sample, at least one, were expected")
    }
    let count = Double(rows.count)
    let means = (0..<width).map { column in rows.reduce(0) { $0 + $1[column] } / count }
    let stds = (0..<width).map { column -> Double in
      let squares = rows.reduce(0) { $0 + ($1[column] - means[column]) * ($1[column] - means[column]) }
      return squares > 0 ? (squares / count).squareRoot() : 1
    }
    statistics = try ChannelStatistics(means: means, stds: stds)
  }

  /// The sample with its target scaled; for `mapped`.
  /// - Parameter sample: The sample.
  /// - Returns: The sample with its target scaled.
  /// - Throws: `DataError` for a target of another number of elements.
  public func scaled(_ sample: Sample) throws -> Sample {
    guard let target = sample.target, target.shape.elementCount == statistics.means.count else {
      throw DataError(
        .shape,
        "a target of \(statistics.means.count) numbers was expected, "
          + (sample.target.map { "\($0.shape)" } ?? "none") + " came", samples: [sample.id])
    }
    var sample = sample
    let numbers = zip(target.doubles, zip(statistics.means, statistics.stds)).map { number, scale in
      Float((number - scale.0) / scale.1)
    }
    sample.target = Literal(numbers, shape: target.shape)
    return sample
  }

  /// Predictions `[samples, numbers]` in the targets' own units, a row for each sample.
  /// - Parameter predictions: The predictions, `[samples, numbers]`.
  /// - Returns: The predictions in the units of the targets, a row for each sample.
  /// - Throws: `DataError` for another number of columns.
  public func restored(_ predictions: Literal) throws -> [[Double]] {
    let width = statistics.means.count
    guard predictions.shape.rank >= 1, predictions.shape.elementCount == predictions.shape[0] * width else {
      throw DataError(.shape, "predictions [samples, \(width)] were expected, \(predictions.shape) came")
    }
    let numbers = predictions.doubles
    return stride(from: 0, to: numbers.count, by: width).map { start in
      (0..<width).map { numbers[start + $0] * statistics.stds[$0] + statistics.means[$0] }
    }
  }
}
