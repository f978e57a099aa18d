import ApusData
import ApusGraph
import ApusTensor
import ApusVision

/// What the frozen body of a network makes of photos: computed once, however often the classifier behind it learns
/// from it.
public struct FrozenFeatures: Sendable {
  /// The numbers of each view of each photo, `[photos · views, features…]`, a photo's views one after the other.
  public let rows: Literal
  /// What the photos show, by number of class.
  public let labels: [Int]
  /// The photos' files.
  public let files: [String]
  /// Rows of each photo.
  public let viewCount: Int
  /// Files that could not be read, and why.
  public let skipped: [(path: String, problem: String)]

  /// Computes the features of photos.
  ///
  /// - Parameters:
  ///   - model: A network with a classifier; its present weights count.
  ///   - files: The photos.
  ///   - labels: What they show, by number of class.
  ///   - loading: How photos become pictures of the network's size.
  ///   - views: The views of each photo.
  ///   - progress: Called now and then with the number of photos done.
  /// - Throws: `GraphError` for networks that cannot be parted, `DataError` when no photo can be read,
  ///   `CancellationError` in a cancelled task.
  public init(
    _ model: VisionModel, of files: [String], labels: [Int], loading: ImageLoading,
    views: [PhotoView] = [.plain], progress: (Int) -> Void = { _ in }
  ) throws {
    guard labels.count == files.count else {
      throw DataError(.shape, "\(files.count) photos and \(labels.count) labels do not belong together")
    }
    let body = try model.parted().body
    let program = CompiledFunction { [body(PhotoClassifier.prepared($0[0], for: model))] }
    let results = try PhotoRows(
      of: files, views: views, loading: loading, program: program, broken: .skipped, progress: progress)
    guard !results.sound.isEmpty else {
      throw DataError(.empty, "none of \(files.count) photos can be read")
    }
    rows = results.literal(row: body.outputShape)
    self.labels = results.sound.map { labels[$0] }
    self.files = results.sound.map { files[$0] }
    viewCount = views.count
    skipped = results.skipped.map { (files[$0.index], $0.problem) }
  }

  /// The features of each photo's first view, a row for each photo.
  public var vectors: [[Float]] {
    let numbers = rows.scalars(as: Float.self)
    let width = numbers.count / max(1, files.count * viewCount)
    return files.indices.map { Array(numbers[$0 * viewCount * width..<($0 * viewCount + 1) * width]) }
  }

  /// Every view as a sample of its own.
  public func dataset(classNames: [String]) throws -> ArrayDataset {
    let targets = labels.flatMap { Array(repeating: Int32($0), count: viewCount) }
    return try ArrayDataset(
      rows, targets: Literal(targets, shape: [targets.count]), classNames: classNames)
  }

  /// The mean over each photo's views of what a classifier says: one row of logits for each photo.
  /// - Parameters:
  ///   - classifier: A program that makes logits of rows of features.
  ///   - batchSize: Rows that it is given at once, so that no more memory is taken however many photos there are.
  public func logits(_ classifier: CompiledFunction, batchSize: Int = 1024) throws -> [[Double]] {
    let all = try ArrayDataset(features: [rows])
    let batchSize = max(1, batchSize)
    let numbers = try stride(from: 0, to: all.count, by: batchSize).flatMap { start in
      let batch = try all.batch(at: Array(start..<min(start + batchSize, all.count)))
      return try classifier([batch.features[0]])[0].doubles
    }
    let width = numbers.count / max(1, files.count * viewCount)
    return files.indices.map { photo in
      (0..<width).map { label in
        (0..<viewCount).reduce(0) { $0 + numbers[(photo * viewCount + $1) * width + label] }
          / Double(viewCount)
      }
    }
  }
}
