import ApusData

/// Columns that transformers are for, one transformer after the other.
public struct Columns: Sendable {
  /// Which columns.
  public enum Choice: Sendable, Codable, Equatable {
    /// Numbers.
    case numbers
    /// Categories.
    case categories
    /// All columns.
    case all
    /// Columns of some names; names that there are not choose nothing.
    case named([String])

    func contains(_ column: FeatureMatrix.Column) -> Bool {
      switch self {
      case .numbers: column.kind == .number
      case .categories: column.kind != .number
      case .all: true
      case .named(let names): names.contains(column.name)
      }
    }
  }

  let choice: Choice
  let transformers: [any Transformer]

  /// Transformers for some columns.
  /// - Parameters:
  ///   - choice: The columns, of those that no earlier `Columns` of the pipeline chose.
  ///   - transformers: What is done with them, in order.
  public init(_ choice: Choice, @TransformerBuilder _ transformers: () -> [any Transformer]) {
    (self.choice, self.transformers) = (choice, transformers())
  }

  init(_ choice: Choice, _ transformers: [any Transformer]) {
    (self.choice, self.transformers) = (choice, transformers)
  }
}

/// Lists transformers.
@resultBuilder
public enum TransformerBuilder {
  /// One transformer.
  public static func buildExpression(_ transformer: any Transformer) -> [any Transformer] { [transformer] }
  /// Several.
  public static func buildBlock(_ parts: [any Transformer]...) -> [any Transformer] { parts.flatMap { $0 } }
  /// Of an `if` without an `else`.
  public static func buildOptional(_ part: [any Transformer]?) -> [any Transformer] { part ?? [] }
  /// Of an `if`.
  public static func buildEither(first: [any Transformer]) -> [any Transformer] { first }
  /// Of an `else`.
  public static func buildEither(second: [any Transformer]) -> [any Transformer] { second }
  /// Of a `for`.
  public static func buildArray(_ parts: [[any Transformer]]) -> [any Transformer] { parts.flatMap { $0 } }
}

/// Lists the columns of a pipeline.
@resultBuilder
public enum ColumnsBuilder {
  /// Some columns with their transformers.
  public static func buildExpression(_ columns: Columns) -> [Columns] { [columns] }
  /// Several.
  public static func buildBlock(_ parts: [Columns]...) -> [Columns] { parts.flatMap { $0 } }
  /// Of an `if` without an `else`.
  public static func buildOptional(_ part: [Columns]?) -> [Columns] { part ?? [] }
  /// Of an `if`.
  public static func buildEither(first: [Columns]) -> [Columns] { first }
  /// Of an `else`.
  public static func buildEither(second: [Columns]) -> [Columns] { second }
  /// Of a `for`.
  public static func buildArray(_ parts: [[Columns]]) -> [Columns] { parts.flatMap { $0 } }
}
