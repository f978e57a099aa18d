import Apus
import Foundation

/// The samples of a run, and what a model of them looks like.
struct TrainingData {
  let train: any Dataset
  let test: any Dataset
  /// What the samples are, for headings.
  let title: String
  let input: ModelCard.Input
  let task: ModelCard.Task
  /// What is suspicious about the data.
  var warnings: [String] = []

  /// Samples as the settings say.
  init(_ settings: RunSettings) throws {
    switch settings.source {
    case .dataset(let name):
      let set = try NamedDataset.named(name)
      let (train, test) = try set.load()
      (self.train, self.test) = (
        try Self.limited(train, settings.sampleLimit), try Self.limited(test, settings.sampleLimit)
      )
      title = set.title
      let shape = try train.batch(at: [0]).features[0].shape.dimensions
      input = .picture(height: shape[1], width: shape[2], channels: shape[3])
      task = .classification(classNames: train.classNames ?? [])
    case .table(let path, let target, let task, let ignored, let testFraction):
      let table = try CSVTable(path: path)
      let (train, test) = try table.datasets(
        target: target, testFraction: testFraction, seed: settings.seed,
        task: task.flatMap(TableEncoder.Task.init(rawValue:)), ignoring: Set(ignored),
        droppingRowsWithoutTarget: true)
      title = "\(URL(fileURLWithPath: path).lastPathComponent): \(target)"
      warnings = train.warnings
      let droppedCount = table.rowCount - train.count - test.count
      if droppedCount > 0 {
        warnings.append("\(droppedCount) rows without a value of \(target) are left out")
      }
      input = .table(train.encoder)
      if let names = train.classNames {
        (self.train, self.test) = (
          try Self.limited(train.inMemory(), settings.sampleLimit),
          try Self.limited(test.inMemory(), settings.sampleLimit)
        )
        self.task = .classification(classNames: names)
      } else {
        let trainRows = try Self.limited(train.inMemory(), settings.sampleLimit).inMemory()
        let testRows = try Self.limited(test.inMemory(), settings.sampleLimit).inMemory()
        let (mean, deviation) = Self.moments(trainRows.targets?.doubles ?? [])
        self.train = try Self.standardized(trainRows, mean: mean, deviation: deviation)
        self.test = try Self.standardized(testRows, mean: mean, deviation: deviation)
        self.task = .regression(target: target, mean: mean, deviation: deviation)
      }
    }
  }

  /// The test data that goes with a saved model.
  static func evaluationData(for card: ModelCard, source: RunSettings.Source) throws -> any Dataset {
    switch (source, card.input) {
    case (.dataset(let name), .picture(let height, let width, let channels)):
      let test = try NamedDataset.named(name).load().test
      let shape = try test.batch(at: [0]).features[0].shape.dimensions
      guard shape == [1, height, width, channels] else {
        throw Failure(
          .data,
          "\(name) has pictures of \(shape[2]) by \(shape[1]) pixels and \(shape[3]) channels; the model takes "
            + "\(width) by \(height) and \(channels).")
      }
      return test
    case (.table(let path, _, _, _, _), .table(let encoder)):
      let rows = try CSVDataset(CSVTable(path: path), encoder: encoder, droppingRowsWithoutTarget: true)
        .inMemory()
      guard case .regression(_, let mean, let deviation) = card.task else { return rows }
      return try standardized(rows, mean: mean, deviation: deviation)
    case (_, .picture):
      throw Failure(.usage, "The model was trained on pictures: name a data set by --dataset.")
    case (_, .table):
      throw Failure(.usage, "The model was trained on a table: name a CSV file by --data.")
    }
  }

  private static func limited(_ dataset: ArrayDataset, _ limit: Int?) throws -> any Dataset {
    guard let limit, limit < dataset.count else { return dataset }
    return try dataset.subset(0..<limit)
  }

  private static func moments(_ values: [Double]) -> (mean: Double, deviation: Double) {
    let count = Double(max(1, values.count))
    let mean = values.reduce(0, +) / count
    let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot()
    return (mean, deviation > 0 ? deviation : 1)
  }

  /// Targets of mean 0 and deviation 1 are learned at the same pace, whatever their unit.
  private static func standardized(_ rows: ArrayDataset, mean: Double, deviation: Double) throws
    -> ArrayDataset
  {
    guard let targets = rows.targets else { return rows }
    let values = targets.doubles.map { Float(($0 - mean) / deviation) }
    return try ArrayDataset(features: rows.features, targets: Literal(values, shape: targets.shape))
  }
}

/// Data sets that go by a name.
struct NamedDataset: Sendable {
  let name: String
  let title: String
  let summary: String
  let advice: String
  let find: @Sendable () -> String?
  let load: @Sendable () throws -> (train: ArrayDataset, test: ArrayDataset)

  static let all = [
    NamedDataset(
      name: "fashion-mnist", title: "Fashion-MNIST",
      summary: "grey pictures of clothes, 28 by 28, in 10 classes: 60,000 to learn from, 10,000 to test with",
      advice: "apt-get install dataset-fashion-mnist", find: { FashionMNIST.location() },
      load: { try FashionMNIST.load() }),
    NamedDataset(
      name: "mnist", title: "MNIST",
      summary: "grey pictures of handwritten digits, 28 by 28, in 10 classes: 60,000 and 10,000",
      advice: "put its four files into data/mnist, or into $APUS_DATA/mnist", find: { MNIST.location() },
      load: { try MNIST.load() }),
  ]

  static func named(_ name: String) throws -> NamedDataset {
    guard let found = all.first(where: { $0.name == name.lowercased() }) else {
      throw Failure(
        .usage,
        "There is no data set \"\(name)\". Known are \(all.map(\.name).joined(separator: " and ")); for a "
          + "table of your own, give its file by --data.")
    }
    return found
  }
}
