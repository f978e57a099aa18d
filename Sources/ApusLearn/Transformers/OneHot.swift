import ApusData

/// A column of ones and zeros for each level of a category; numbers pass as they are. scikit-learn's `OneHotEncoder` with
/// `handle_unknown="infrequent_if_exist"`.
public struct OneHot: Transformer, Equatable {
  /// The name in files.
  public static let kind = "one-hot"
  /// Levels that fewer training rows have share one column.
  public var minimumCount: Int

  /// An encoding.
  /// - Parameter minimumCount: Levels that fewer training rows have share one column, as do levels that none had; 1 pools
  ///   none, and a level that no training row had is zeros alone.
  public init(minimumCount: Int = 1) { self.minimumCount = minimumCount }

  /// Counts the levels; missing is a level of its own where training rows had it.
  public func fitTransform(
    _ rows: TrainingRows, seed: UInt64
  ) throws -> (fitted: any FittedTransformer, features: FeatureMatrix) {
    let features = rows.features
    let encodings = features.columns.enumerated().map { place, column -> FittedOneHot.Encoding? in
      guard case .category(let levels) = column.kind else { return nil }
      var counts = [Int](repeating: 0, count: levels + 1)
      for value in features.column(place) { counts[value.isNaN ? levels : Int(value)] += 1 }
      var encoding = FittedOneHot.Encoding(places: counts.map { _ in -1 }, names: [])
      for level in counts.indices where counts[level] >= max(1, minimumCount) {
        encoding.places[level] = encoding.names.count
        encoding.names.append(level == levels ? "\(column.name) is missing" : "\(column.name)=\(level)")
      }
      if counts.contains(where: { $0 > 0 && $0 < minimumCount }) {
        // Rare levels, and those that training rows did not have.
        for level in counts.indices where encoding.places[level] < 0 {
          encoding.places[level] = encoding.names.count
        }
        encoding.names.append("\(column.name) is rare")
      }
      return encoding
    }
    let fitted = FittedOneHot(columns: features.columns, encodings: encodings)
    return (fitted, try fitted.transformed(features))
  }
}

/// A fitted `OneHot`.
public struct FittedOneHot: ColumnwiseTransformer, Equatable {
  /// The name in files.
  public static let kind = OneHot.kind

  struct Encoding: Codable, Equatable, Sendable {
    /// Which of the column's ones each level gets, the last one for missing; −1 for none.
    var places: [Int]
    /// What the columns are called.
    var names: [String]
  }

  let columns: [FeatureMatrix.Column]
  /// The encoding of each column; nil for numbers.
  let encodings: [Encoding?]

  var widths: [Int] { encodings.map { $0?.names.count ?? 1 } }

  var isSound: Bool {
    encodings.count == columns.count
      && zip(columns, encodings).allSatisfy { column, encoding in
        guard let encoding, let levels = column.levelCount else {
          return encoding == nil && column.levelCount == nil
        }
        return encoding.places.count == levels + 1
          && encoding.places.allSatisfy { (-1..<encoding.names.count).contains($0) }
      }
  }

  /// A number for each level.
  public var outputColumns: [FeatureMatrix.Column] {
    zip(columns, encodings).flatMap { column, encoding in
      encoding.map { $0.names.map { FeatureMatrix.Column($0) } } ?? [column]
    }
  }

  func write(_ value: Float, column: Int, to target: UnsafeMutablePointer<Float>) {
    guard let encoding = encodings[column] else {
      target[0] = value
      return
    }
    for place in encoding.names.indices { target[place] = 0 }
    let place = encoding.places[value.isNaN ? encoding.places.count - 1 : Int(value)]
    if place >= 0 { target[place] = 1 }
  }
}
