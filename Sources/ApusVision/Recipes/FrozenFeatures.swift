import ApusData
import ApusGraph
import ApusTasks
import ApusTensor
import ApusTrain

/// What the frozen backbone of a network makes of images: computed once, however many epochs its head is trained on it.
struct FrozenFeatures: Sendable {
  /// The places of the examples that could be read.
  private(set) var rows: [Int] = []
  /// Features of each crop of each example, `[examples · crops, features…]`, an example's crops one after the other.
  let table: Literal
  /// Crops of each example.
  let cropCount: Int
  /// Examples that could not be read, and why.
  let skipped: [Skipped]

  /// Computes the features of a part of the data.
  /// - Throws: `GraphError` for networks that cannot be parted, `DataError` when no image can be read.
  init(_ model: NetworkModel, _ vision: VisionModel, _ data: TaskData, _ part: Part, _ reporter: Reporter)
    throws
  {
    let backbone = try vision.parted().backbone
    let program = CompiledFunction { [backbone(vision.preprocessing($0[0] * 255))] }
    let input = model.problem.input
    let all = data.rows(part)
    var rows: [Int] = [], skipped: [Skipped] = [], tables: [Literal] = []
    var crops = 1
    let step = 16
    for start in stride(from: 0, to: all.count, by: step) {
      try Task.checkCancellation()
      let places = start..<min(start + step, all.count)
      let read = parallelMap(places.count) { place in
        Result { try input.features(data.examples, row: all[places.lowerBound + place]) }
      }
      var batch: [Literal] = []
      for (place, result) in zip(places, read) {
        switch result {
        case .success(let variants):
          crops = variants.count
          batch += variants.map { $0[0] }
          rows.append(all[place])
        case .failure(let error):
          skipped.append(
            Skipped(data.examples.names[all[place]], (error as? any ApusError)?.problem ?? "\(error)"))
        }
      }
      if !batch.isEmpty {
        // One program for all batches: a short one is filled up.
        let filled = batch + Array(repeating: batch[0], count: max(0, step * crops - batch.count))
        let output = try program([Literal(stacking: filled)])[0]
        tables.append(try output.prefix(batch.count))
      }
      reporter.count("\(part.rawValue) images", places.upperBound, all.count)
    }
    guard let table = try Literal(joiningRows: tables) else {
      throw DataError(.empty, "none of \(all.count) \(part.rawValue) images can be read")
    }
    self.rows = rows
    self.table = table
    self.skipped = skipped
    cropCount = crops
  }

  /// Every crop as a sample of its own, with its example's target.
  func dataset(_ data: TaskData, _ target: any Target) throws -> ArrayDataset {
    let targets = try rows.flatMap { row in
      let literal = try target.encode(data.examples, row: row)
      guard let literal else { throw DataError(.sample, "\(data.examples.names[row]) has no target") }
      return Array(repeating: literal, count: cropCount)
    }
    return try ArrayDataset(table, targets: Literal(stacking: targets), classNames: target.classNames)
  }

  /// The outputs of a head for each example.
  /// - Parameters:
  ///   - head: A program that makes outputs of rows of features.
  ///   - isPlain: Whether the plain crop alone counts, or the mean over all crops.
  ///   - body: Called with the place of each example and its outputs.
  /// - Throws: whatever `body` throws.
  func outputs(
    _ head: CompiledFunction, isPlain: Bool, _ body: (_ row: Int, _ output: [Float]) throws -> Void
  ) throws {
    let all = try ArrayDataset(features: [table])
    let step = 1024 / cropCount * cropCount
    var place = 0
    for start in stride(from: 0, to: all.count, by: max(cropCount, step)) {
      let indices = Array(start..<min(start + max(cropCount, step), all.count))
      let result = try head([all.batch(at: indices).features[0]])[0]
      let width = result.shape.elementCount / indices.count
      let numbers = result.scalars(as: Float.self)
      for first in stride(from: 0, to: indices.count, by: cropCount) {
        let counted = isPlain ? 1 : cropCount
        let output = (0..<width).map { column in
          Float(
            (0..<counted).reduce(0.0) { $0 + Double(numbers[(first + $1) * width + column]) }
              / Double(counted))
        }
        try body(rows[place], output)
        place += 1
      }
    }
  }

  /// The features of each example's plain crop, a row for each.
  var vectors: [[Float]] {
    let numbers = table.scalars(as: Float.self)
    let width = numbers.count / max(1, rows.count * cropCount)
    return rows.indices.map { Array(numbers[$0 * cropCount * width..<($0 * cropCount + 1) * width]) }
  }
}
