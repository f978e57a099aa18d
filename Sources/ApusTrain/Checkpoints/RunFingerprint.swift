import ApusData
import ApusIO

/// What must be the same for the rest of a run to be the same: the settings and the data.
struct RunFingerprint {
  private let settings: [(name: String, value: JSON)]
  private let training: DatasetDigest
  private let validation: DatasetDigest?

  private static let trainingKey = "training data", validationKey = "validation data"

  /// - Throws: `DataError`, `FileError` for data that cannot be read.
  init(_ loop: FitLoop) throws {
    let (loader, options) = (loop.training, loop.options)
    let sizes = loader.resizing?.stages.map { "\($0.size) from epoch \($0.firstEpoch) on" }
      .joined(separator: ", ")
    settings = [
      ("batch size", .integer(loader.batchSize)), ("shuffling", .bool(loader.isShuffled)),
      ("sampling", .string(loader.sampling.name)),
      ("sample weights", .string(Self.hash(loader.sampling))), ("image sizes", .string(sizes ?? "")),
      ("augmentations", Self.described(loader.augmentations)),
      ("batch augmentations", Self.described(loader.batchAugmentations)),
      ("dropped remainder", .bool(loader.dropsRemainder)),
      ("seed of the data", .string(String(loader.seed))),
      ("accumulated batches", .integer(options.accumulating)),
      ("class weights", options.classWeights.map { .array($0.map { .number($0) }) } ?? .null),
      ("transforms", Self.described(options.transforms)), ("loss", .string(loop.learner.loss.name)),
      ("optimizer", .string(loop.learner.optimizer.rule.name)),
    ]
    training = try loader.dataset.digest()
    validation = try loop.validation?.dataset.digest()
  }

  var json: JSON {
    .object(
      settings.map { JSON.Member($0.name, $0.value) } + [
        JSON.Member(Self.trainingKey, Self.json(training)),
        JSON.Member(Self.validationKey, validation.map(Self.json) ?? .null),
      ])
  }

  /// What differs from the run that a checkpoint was saved in; nil where nothing does. What older versions did not
  /// save counts as the same.
  func difference(from saved: JSON?) -> String? {
    for (name, value) in settings {
      guard let earlier = saved?[name], earlier != value else { continue }
      return "it is of a run with \(name) \(earlier.text()), this one has \(value.text())"
    }
    if let earlier = saved?[Self.trainingKey].flatMap(Self.digest),
      let difference = training.difference(from: earlier)
    {
      return "the training data is not that of the run: \(difference)"
    }
    guard let earlier = saved?[Self.validationKey] else { return nil }
    switch (Self.digest(earlier), validation) {
    case (nil, nil): return nil
    case (nil, _?): return "the run had no validation data, this one has some"
    case (_?, nil): return "the run had validation data, this one has none"
    case (let earlier?, let validation?):
      return validation.difference(from: earlier).map {
        "the validation data is not that of the run: \($0)"
      }
    }
  }

  private static func described(_ parts: [Any]) -> JSON {
    .array(parts.map { .string(SettingsDescription($0).text) })
  }

  private static func hash(_ sampling: Sampling) -> String {
    guard case .weighted(let weights) = sampling else { return "" }
    var hash = ContentHash()
    weights.withUnsafeBytes { hash.update($0) }
    return hash.value.hexadecimal
  }

  private static func json(_ digest: DatasetDigest) -> JSON {
    .object([
      JSON.Member("samples", .integer(digest.count)),
      JSON.Member("class_names", .string(digest.classNames.hexadecimal)),
      JSON.Member("features", .string(digest.features.hexadecimal)),
      JSON.Member("targets", .string(digest.targets.hexadecimal)),
    ])
  }

  private static func digest(_ json: JSON) -> DatasetDigest? {
    func hash(_ key: String) -> UInt64? { json[key]?.stringValue.flatMap { UInt64($0, radix: 16) } }
    guard let count = json["samples"]?.integerValue, let names = hash("class_names"),
      let features = hash("features"), let targets = hash("targets")
    else { return nil }
    return DatasetDigest(count: count, classNames: names, features: features, targets: targets)
  }
}

extension UInt64 {
  /// 16 hexadecimal digits.
  var hexadecimal: String {
    let digits = String(self, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
