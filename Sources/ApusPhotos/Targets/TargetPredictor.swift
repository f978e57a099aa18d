import ApusData
import ApusGraph
import ApusIO
import ApusTensor
import ApusVision
import Foundation

/// A network that says which labels hold for photos, or gives numbers for them, with everything that it takes to ask it.
///
/// ```swift
/// let predictor = try TargetPredictor.load(from: "my-model")
/// let answers = try predictor.answers(for: ["beach.jpg"])
/// print(zip(predictor.names, answers.values[0]))
/// ```
public struct TargetPredictor: Sendable {
  /// The network. It gives a logit for each label, or the numbers scaled to mean 0 and deviation 1.
  public let model: VisionModel
  /// The columns that it learned from.
  public let columns: PhotoTable.Columns
  /// The names of the labels or numbers, in the order of the network's outputs.
  public let names: [String]
  /// The probability above which each label is said; empty for numbers.
  public var thresholds: [Double]
  /// How numbers were scaled for training; nil for labels.
  public let scaling: TargetScaling?
  /// How photos become pictures of the network's size.
  public let loading: ImageLoading
  /// The views of each photo that are asked about; the mean of the outputs counts.
  public var views: [PhotoView]
  /// What is to be known of the training.
  public var origin: PhotoOrigin
  private let program: CompiledFunction

  /// A network and what goes with it.
  ///
  /// - Parameters:
  ///   - model: A network with an output for each name and no activation at its end.
  ///   - columns: The columns that it learns from: labels or numbers.
  ///   - names: The names of the labels or numbers.
  ///   - thresholds: The probability above which each label is said; ½ for all when nil.
  ///   - scaling: How numbers are scaled; needed for them.
  ///   - fitting: What happens to photos that are not of the network's proportions.
  ///   - views: The views of each photo that are asked about, at least one.
  ///   - origin: What is to be known of the training.
  /// - Throws: `DataError` when these do not belong together.
  public init(
    model: VisionModel, columns: PhotoTable.Columns, names: [String], thresholds: [Double]? = nil,
    scaling: TargetScaling? = nil, fitting: ImageFitting = .crop, views: [PhotoView] = [.plain],
    origin: PhotoOrigin = PhotoOrigin()
  ) throws {
    guard model.head.classes == names.count, model.head.activation == nil, !names.isEmpty,
      Set(names).count == names.count
    else {
      throw DataError(
        .classes,
        "a network with an output for each of \(names.count) different names was expected; "
          + "\(model.architecture.name) with \(model.head.classes.map { "\($0)" } ?? "no") outputs came")
    }
    let thresholds = thresholds ?? (columns.task == .labels ? names.map { _ in 0.5 } : [])
    guard
      columns.task == .labels
        ? thresholds.count == names.count : scaling?.statistics.means.count == names.count,
      columns.task != .classes, (1...1000).contains(views.count)
    else {
      throw DataError(
        .setting,
        "a threshold for each label, or a scaling of each number, and 1 to 1,000 views were expected")
    }
    (self.model, self.columns, self.names, self.thresholds) = (model, columns, names, thresholds)
    (self.scaling, self.views, self.origin) = (columns.task == .numbers ? scaling : nil, views, origin)
    let shape = model.inputShape
    loading = ImageLoading(
      ImageSize(width: shape[1], height: shape[0]), channels: shape[2], fitting: fitting)
    program = CompiledFunction { [PhotoClassifier.prepared($0[0], for: model)].map { model($0) } }
  }

  /// What the network says of photos in files.
  ///
  /// - Parameters:
  ///   - files: The photos.
  ///   - truths: What they show, where that is known: 0 or 1 for each label, or the numbers.
  ///   - broken: What happens to files that cannot be read.
  ///   - progress: Called now and then with the number of photos done.
  public func answers(
    for files: [String], truths: [[Float]]? = nil, broken: DamagedFiles = .skipped,
    progress: (Int) -> Void = { _ in }
  ) throws -> TargetAnswers {
    if let truths, truths.count != files.count || truths.contains(where: { $0.count != names.count }) {
      throw DataError(
        .shape,
        "\(names.count) values for each of \(files.count) photos were expected, \(truths.count) rows came")
    }
    let rows = try PhotoRows(
      of: files, views: views, loading: loading, program: program, broken: broken, progress: progress)
    let outputs = rows.values.map { row in
      names.indices.map { place in
        stride(from: place, to: row.count, by: names.count).reduce(0) { $0 + Double(row[$1]) }
          / Double(views.count)
      }
    }
    return answers(
      outputs, files: rows.sound.map { files[$0] },
      truths: truths.map { truths in rows.sound.map { truths[$0] } },
      skipped: rows.skipped.map { (files[$0.index], $0.problem) })
  }

  /// Answers from the network's outputs.
  func answers(
    _ outputs: [[Double]], files: [String], truths: [[Float]]?, skipped: [(path: String, problem: String)]
  ) -> TargetAnswers {
    let values = outputs.map { row in
      guard let statistics = scaling?.statistics else { return row.map { 1 / (1 + exp(-$0)) } }
      return row.indices.map { row[$0] * statistics.stds[$0] + statistics.means[$0] }
    }
    return TargetAnswers(
      files: files, values: values, truths: truths.map { $0.map { $0.map(Double.init) } }, names: names,
      thresholds: thresholds, scaling: scaling, skipped: skipped)
  }
}

extension TargetPredictor {
  private static let file = PhotoModelFile<Card>(
    format: "apus.photo-targets", version: 1, content: "network for labels or numbers of photos",
    source: "TargetPredictor.save(to:) or `apus fit PHOTOS/ --table FILE --target COLUMN`")

  /// What a file says beside the weights.
  private struct Card: Codable {
    var architecture: String
    var columns: PhotoTable.Columns
    var names: [String]
    var thresholds: [Double]
    var scaling: TargetScaling?
    var size: ImageSize
    var channels: Int
    var fitting: ImageFitting
    var views: [PhotoView]
    var origin: PhotoOrigin
  }

  /// Whether a file was written by `save`.
  /// - Parameter path: A file, or a folder that has one.
  public static func isPredictor(at path: String) -> Bool { file.isOne(at: path) }

  /// Writes weights and all else into one file, which appears complete or not at all.
  /// - Parameter folder: Where `model.safetensors` is written; it is made where it is missing.
  public func save(to folder: String) throws {
    let card = Card(
      architecture: model.architecture.name, columns: columns, names: names, thresholds: thresholds,
      scaling: scaling, size: loading.size, channels: loading.channels, fitting: loading.fitting,
      views: views,
      origin: origin)
    try Self.file.write(try model.namedLiterals(), card: card, to: folder)
  }

  /// Reads what `save` wrote.
  /// - Parameter path: The folder, or the file in it.
  /// - Throws: `FileError` for files that are missing, damaged or something else.
  public static func load(from path: String) throws -> TargetPredictor {
    let (weights, card) = try file.read(path)
    let shape = try file.frame(path, card.size, channels: card.channels, card.fitting, card.views)
    let scales = (card.scaling?.statistics.means ?? []) + (card.scaling?.statistics.stds ?? [])
    guard (1...1 << 20).contains(card.names.count), (card.thresholds + scales).allSatisfy(\.isFinite),
      card.scaling.map({ $0.statistics.stds.count == $0.statistics.means.count }) ?? true
    else { throw file.corrupt(path, "names, thresholds or scales make no sense") }
    let model = try VisionModel(
      file.architecture(path, card.architecture), classes: card.names.count, inputShape: shape)
    try model.plan(inputShape: shape)
    try file.load(weights, into: model, path: path)
    do {
      return try TargetPredictor(
        model: model, columns: card.columns, names: card.names, thresholds: card.thresholds,
        scaling: card.scaling,
        fitting: card.fitting, views: card.views, origin: card.origin)
    } catch let error as DataError {
      throw file.corrupt(path, error.problem)
    }
  }
}
