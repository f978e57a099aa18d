import ApusData
import Foundation

/// Transformers for columns of different kinds, and an estimator that sees what they make: fitted as one, so that nothing is
/// ever taken from rows that measure it.
///
/// ```swift
/// let pipeline = Pipeline(Ridge()) {
///   Columns(.numbers) { Impute(.median); Standardize() }
///   Columns(.categories) { OneHot(minimumCount: 5) }
/// }
/// ```
///
/// A column belongs to the first `Columns` that choose it; those that none chooses pass as they are, after the others.
public struct Pipeline: Estimator {
  /// The name in files.
  public static let kind = "pipeline"
  let columns: [Columns]
  let estimator: any Estimator

  /// A pipeline.
  /// - Parameters:
  ///   - estimator: What is fitted in the end.
  ///   - columns: What is done with the columns before.
  public init(_ estimator: any Estimator, @ColumnsBuilder columns: () -> [Columns]) {
    (self.estimator, self.columns) = (estimator, columns())
  }

  private struct Coded: Codable {
    struct Part: Codable {
      var choice: Columns.Choice
      var transformers: [CodedTransformer]
    }
    var columns: [Part]
    var estimator: CodedEstimator
  }

  /// Reads what was encoded.
  /// - Parameter decoder: Where it was saved.
  /// - Throws: `DecodingError` and `DataError` for something else.
  public init(from decoder: any Decoder) throws {
    let coded = try Coded(from: decoder)
    columns = try coded.columns.map { part in
      Columns(part.choice, try part.transformers.map(TransformerCatalog.transformer))
    }
    estimator = try coded.estimator.decoded()
  }

  /// Saves the kinds and settings of all parts.
  /// - Parameter encoder: Where to.
  /// - Throws: what `encoder` throws.
  public func encode(to encoder: any Encoder) throws {
    try Coded(
      columns: columns.map { part in
        Coded.Part(
          choice: part.choice, transformers: try part.transformers.map { try TransformerCatalog.encoded($0) })
      }, estimator: CodedEstimator(estimator)
    ).encode(to: encoder)
  }

  /// The estimator's.
  public var summary: String { estimator.summary }

  /// Fits the transformers, then the estimator to what they make.
  public func fit(_ rows: TrainingRows, _ context: FitContext) async throws -> any FittedEstimator {
    var groups: [FittedColumns] = []
    var matrices: [FeatureMatrix] = []
    var open = Array(rows.features.columns.indices)
    for part in columns + [Columns(.all, [])] {
      let places = open.filter { part.choice.contains(rows.features.columns[$0]) }
      guard !places.isEmpty else { continue }
      open.removeAll(where: places.contains)
      var chosen = rows.replacing(rows.features.selecting(places))
      var fitted: [any FittedTransformer] = []
      for (step, transformer) in part.transformers.enumerated() {
        let found = try transformer.fitTransform(chosen, seed: context.seed &+ UInt64(step))
        fitted.append(found.fitted)
        chosen = chosen.replacing(found.features)
      }
      groups.append(FittedColumns(places: places, transformers: fitted))
      matrices.append(chosen.features)
    }
    let features = FeatureMatrix.joined(matrices)
    guard features.columnCount > 0 else {
      throw DataError(.empty, "no column is left after the transformers of the pipeline")
    }
    var inner = context
    inner.validation = try context.validation.map { validation in
      LabeledRows(
        unchecked: try Self.transformed(validation.features, groups), validation.labels,
        weights: validation.weights)
    }
    let model = try await estimator.fit(rows.replacing(features), inner)
    return FittedPipeline(columns: rows.features.columns, groups: groups, model: model)
  }

  static func transformed(_ features: FeatureMatrix, _ groups: [FittedColumns]) throws -> FeatureMatrix {
    FeatureMatrix.joined(
      try groups.map { group in
        try group.transformers.reduce(features.selecting(group.places)) { try $1.transformed($0) }
      })
  }
}

/// Columns with their fitted transformers.
struct FittedColumns: Sendable {
  /// The columns' places among all.
  let places: [Int]
  let transformers: [any FittedTransformer]
}

/// A fitted `Pipeline`.
public struct FittedPipeline: FittedEstimator {
  /// The name in files.
  public static let kind = Pipeline.kind
  /// The columns before any transformer.
  public let columns: [FeatureMatrix.Column]
  let groups: [FittedColumns]
  /// The model that sees what the transformers make.
  public let model: any FittedEstimator

  private struct Settings: Codable {
    struct Group: Codable {
      var places: [Int]
      var transformers: [CodedTransformer]
    }
    var columns: [FeatureMatrix.Column]
    var groups: [Group]
  }

  init(columns: [FeatureMatrix.Column], groups: [FittedColumns], model: any FittedEstimator) {
    (self.columns, self.groups, self.model) = (columns, groups, model)
  }

  /// Reads a model.
  public init(_ archive: EstimatorArchive) throws {
    let settings = try archive.settings(as: Settings.self)
    let count = settings.columns.count
    guard settings.groups.allSatisfy({ $0.places.allSatisfy((0..<count).contains) }) else {
      throw archive.corrupt("it names columns that it does not have")
    }
    let groups: [FittedColumns]
    do {
      groups = try settings.groups.map { group in
        FittedColumns(
          places: group.places, transformers: try group.transformers.map(TransformerCatalog.fitted))
      }
    } catch let error as DecodingError {
      throw archive.corrupt("its transformers cannot be read: \(error)")
    }
    self.init(columns: settings.columns, groups: groups, model: try Catalog.open(archive.part("model")))
    // An empty matrix finds out whether each part takes what the one before makes.
    _ = try outputs(FeatureMatrix(unchecked: [], columns: columns))
  }

  /// Everything that it takes to read it again.
  public func archive() throws -> EstimatorArchive {
    try EstimatorArchive(
      Self.kind,
      settings: Settings(
        columns: columns,
        groups: try groups.map { group in
          Settings.Group(
            places: group.places,
            transformers: try group.transformers.map { try TransformerCatalog.encoded($0) })
        }), parts: ["model": model.archive()])
  }

  /// The model's.
  public var outputCount: Int { model.outputCount }
  /// The model's.
  public var parameterCount: Int { model.parameterCount }

  /// Transforms and predicts.
  public func outputs(_ features: FeatureMatrix) throws -> [Double] {
    try features.requireColumns(columns)
    return try model.outputs(Pipeline.transformed(features, groups))
  }
}
