import ApusData
import ApusTasks
import ApusTrain

/// A published dataset by its name.
public struct NamedDataset: ExampleSource {
  /// The name in files.
  public static let kind = "dataset"
  /// The dataset.
  public static let options = [
    OptionDescription("dataset", "name", "A published dataset; `apus datasets` lists them."),
    OptionDescription(
      "samples", "count", "Datasets and tables: use the first ones only, to try something quickly.",
      values: .whole(1...Int.max)),
  ]
  /// How it is used.
  public static let usage = """
    A published dataset:

      apus fit --dataset fashion-mnist --epochs 10
    """

  /// The dataset's name.
  public let name: String
  /// Samples of its training and of its test set at most; all when nil.
  public let limit: Int?

  /// What is known of a dataset.
  public struct Entry: Sendable {
    /// The name.
    public let name: String
    /// What is in it.
    public let summary: String
    /// How to get it.
    public let advice: String
    /// Where its files are; nil where they are not.
    public let find: @Sendable () -> String?
    let load: @Sendable () throws -> (train: ArrayDataset, test: ArrayDataset)
  }

  /// The datasets that there are.
  public static let all = [
    Entry(
      name: "fashion-mnist",
      summary: "gray images of clothes, 28 by 28, in 10 classes: 60,000 for training, 10,000 for the test",
      advice: "apt-get install dataset-fashion-mnist", find: { FashionMNIST.location() },
      load: { try FashionMNIST.load() }),
    Entry(
      name: "mnist",
      summary:
        "gray images of handwritten digits, 28 by 28, in 10 classes: 60,000 for training, 10,000 for the test",
      advice: "put its four files into the folder mnist of the data home, see `apus datasets`",
      find: { MNIST.location() }, load: { try MNIST.load() }),
  ]

  /// A request with `--dataset`.
  public static func recognize(_ request: DataRequest) throws -> NamedDataset? {
    guard let name = request.options.text("dataset") else { return nil }
    guard request.path == nil, request.options.text("data") == nil else {
      throw RunError(.usage, "a path or --data, and --dataset came: give one of them")
    }
    guard let found = all.first(where: { $0.name == name.lowercased() }) else {
      throw RunError(
        .usage, "there is no dataset \"\(name)\"",
        advice:
          "There are \(all.map(\.name).joined(separator: " and ")); for a table of your own, name its file.")
    }
    return NamedDataset(name: found.name, limit: try request.options.integer("samples", in: 1...Int.max))
  }

  /// None: nothing could be written over them.
  public var paths: [String] { [] }

  /// Loads the dataset. Its official test set is the test set; the validation set is drawn from the rest.
  public func read(for problem: Problem?, _ reporter: Reporter) throws -> Examples {
    guard let entry = Self.all.first(where: { $0.name == name }) else {
      throw RunError(.data, "there is no dataset \"\(name)\"")
    }
    let (train, test) = try entry.load()
    let counts = [train.count, test.count].map { min($0, limit ?? $0) }
    let names = train.classNames ?? []
    let labels = try [train, test].map { try $0.classLabels() ?? [] }
    let categories = zip(labels, counts).flatMap { labels, count in
      labels.prefix(count).map { Optional(names[$0]) }
    }
    var notes: [String] = []
    if let limit { notes.append("only the first \(limit) samples of training and test set are used") }
    let all = [("train", counts[0]), ("test", counts[1])]
    return try Examples(
      modality: ImageInput.modality, title: name,
      names: all.flatMap { part, count in (0..<count).map { "\(name)/\(part)/\($0)" } },
      inputs: [
        Column("image", .samples(JoinedDataset(train.subset(0..<counts[0]), test.subset(0..<counts[1]))))
      ],
      targets: [Column("class", .categories(categories))],
      parts: Array(repeating: nil, count: counts[0]) + Array(repeating: .test, count: counts[1]), notes: notes
    )
  }
}

/// Two datasets, one after the other.
private struct JoinedDataset: Dataset {
  let first: any Dataset
  let second: any Dataset

  init(_ first: any Dataset, _ second: any Dataset) { (self.first, self.second) = (first, second) }

  var count: Int { first.count + second.count }

  subscript(index: Int) -> Sample {
    get throws { index < first.count ? try first[index] : try second[index - first.count] }
  }

  func batch(at indices: [Int]) throws -> Batch {
    if indices.allSatisfy({ $0 < first.count }) { return try first.batch(at: indices) }
    if indices.allSatisfy({ $0 >= first.count }) {
      return try second.batch(at: indices.map { $0 - first.count })
    }
    return try Batch(collating: indices.map { try self[$0] })
  }
}
