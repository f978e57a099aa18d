import ApusData
import ApusGraph
import ApusIO
import ApusLearn
import ApusReport
import ApusTasks
import Foundation

/// A fitted estimator of `ApusLearn` with everything that it takes to use it on a table: how rows become features, and what
/// its outputs mean.
public struct EstimatorModel: Predictor {
  /// The name in files.
  public static let kind = "estimator"
  /// What it takes and predicts.
  public var problem: Problem
  /// Where it came from.
  public var origin: ModelOrigin
  /// The estimator.
  public let fitted: any FittedEstimator
  /// How rows become features.
  let input: TabularInput
  /// Features of some training rows, against which predictions are explained; nil where there are none.
  let background: FeatureMatrix?

  /// A model.
  /// - Throws: `DataError` for an estimator that was fitted to other columns or has other outputs.
  public init(
    _ fitted: any FittedEstimator, _ input: TabularInput, _ target: any Target,
    background: FeatureMatrix? = nil, origin: ModelOrigin
  ) throws {
    guard fitted.columns == input.encoder.matrixColumns, fitted.outputCount == target.outputCount else {
      throw DataError(
        .shape,
        "an estimator of \(input.encoder.matrixColumns.count) columns with \(target.outputCount) outputs was expected, "
          + "one of \(fitted.columns.count) columns with \(fitted.outputCount) came")
    }
    (self.fitted, self.input, self.background, self.origin) = (fitted, input, background, origin)
    problem = Problem(input: input, target: target)
  }

  /// Reads a model.
  public init(_ package: ModelPackage, registry: any KindReader) throws {
    let problem = try registry.problem(of: package)
    guard let input = problem.input as? TabularInput, let target = problem.target else {
      throw package.corrupt("it predicts nothing from a table")
    }
    do {
      let background = try package.tensors[Self.backgroundName].map { literal in
        try FeatureMatrix(literal.scalars(as: Float.self), columns: input.encoder.matrixColumns)
      }
      try self.init(
        Catalog.open(EstimatorArchive.read(from: package)), input, target, background: background,
        origin: package.manifest.origin)
    } catch let error as DataError {
      throw package.corrupt(error.problem)
    }
  }

  /// Everything that it takes to read it again.
  public func package() throws -> ModelPackage {
    var manifest = try Manifest(kind: Self.kind, problem: problem, origin: origin)
    manifest.signature = Manifest.Signature(
      inputs: problem.input.types.map { "\($0)" },
      output: "\(TensorType(.float32, [fitted.outputCount]))")
    var package = ModelPackage(manifest)
    try fitted.archive().write(into: &package)
    if let background {
      package.tensors[Self.backgroundName] = Literal(
        background.values, shape: [background.rowCount, background.columnCount])
    }
    return package
  }

  private static let backgroundName = "background"

  /// Numbers that were fitted.
  public var parameterCount: Int { fitted.parameterCount }

  /// What goes in and what comes out.
  public var facts: [Report.Fact] {
    [Report.Fact("Estimator", type(of: fitted).kind)] + problem.input.facts + (problem.target?.facts ?? [])
  }

  /// Rows that are predicted at once.
  private static let blockSize = 4096

  /// Runs the estimator over rows.
  @discardableResult
  public func outputs(
    _ examples: Examples, rows: [Int]?, progress: (Int) -> Void,
    _ body: (_ row: Int, _ output: [Float]) throws -> Void
  ) throws -> [Skipped] {
    let all = rows ?? Array(0..<examples.count)
    var skipped: [Skipped] = []
    for start in stride(from: 0, to: all.count, by: Self.blockSize) {
      try Task.checkCancellation()
      let block = Array(all[start..<min(start + Self.blockSize, all.count)])
      let (features, known) = try matrix(examples, block, &skipped)
      let width = fitted.outputCount
      let outputs = known.isEmpty ? [] : try fitted.outputs(features)
      for (place, row) in known.enumerated() {
        try body(row, outputs[place * width..<(place + 1) * width].map { Float($0) })
      }
      progress(start + block.count)
    }
    return skipped
  }

  /// The features of rows; where one cannot be read, of the others.
  private func matrix(
    _ examples: Examples, _ rows: [Int], _ skipped: inout [Skipped]
  ) throws -> (FeatureMatrix, rows: [Int]) {
    do {
      return (try input.matrix(examples, rows: rows), rows)
    } catch {
      let known = rows.filter { row in
        do {
          _ = try input.matrix(examples, rows: [row])
          return true
        } catch {
          skipped.append(Skipped(examples.names[row], (error as? any ApusError)?.problem ?? "\(error)"))
          return false
        }
      }
      return (try input.matrix(examples, rows: known), known)
    }
  }
}
