import ApusData
import ApusGraph
import ApusIO
import ApusTensor

/// Photos by their vectors, to be searched for those that look most alike.
///
/// The search is exact: one matrix product gives the cosine of the angle to every vector, 1 for the same direction. A
/// hundred thousand photos of 1,280 numbers each take half a gigabyte.
public struct SimilarityIndex: Sendable {
  /// A photo that was found.
  public struct Match: Sendable, Equatable {
    /// Its place in the index.
    public let index: Int
    /// Its name.
    public let name: String
    /// The cosine of the angle between its vector and the one that was searched for, in -1...1.
    public let similarity: Double
  }

  /// What the photos are called: their paths, most often.
  public let names: [String]
  /// A row of length 1 for each, `float32` `[photos, width]`.
  public let vectors: Literal
  /// What made the vectors.
  public let embedder: String

  /// An index of vectors, which are brought to length 1.
  ///
  /// - Parameters:
  ///   - names: What the photos are called.
  ///   - vectors: A row for each, `float32` `[photos, width]`.
  ///   - embedder: What made the vectors.
  /// - Throws: `DataError` for vectors of another shape or type, or that are not finite.
  public init(names: [String], vectors: Literal, embedder: String) throws {
    guard vectors.dtype == .float32, vectors.shape.rank == 2, vectors.shape[0] == names.count, !names.isEmpty,
      vectors.shape[1] > 0
    else {
      throw DataError(
        .shape,
        "a float32 row for each of \(names.count) names, at least one, was expected, \(vectors.dtype) "
          + "\(vectors.shape) came")
    }
    guard vectors.doubles.allSatisfy(\.isFinite) else {
      throw DataError(.sample, "vectors of finite numbers were expected, some are not finite")
    }
    self.init(names: names, unitVectors: try Tensor(Self.unit(vectors)).literal(), embedder: embedder)
  }

  private init(names: [String], unitVectors: Literal, embedder: String) {
    self.names = names
    vectors = unitVectors
    self.embedder = embedder
  }

  /// The rows at length 1; those of zeros stay.
  private static func unit(_ vectors: Literal) -> Value {
    let rows = Tensor(vectors).value
    let squares = rows.squared().sum(axes: [1], keepAxes: true)
    return rows * squares.maximum(squares.splat(1e-24)).rsqrt()
  }

  /// An index of photos in files.
  ///
  /// - Parameters:
  ///   - files: The photos; they are the names, too.
  ///   - embedder: What makes their vectors.
  ///   - progress: Called now and then with the number of photos done.
  /// - Throws: `DataError` for vectors of another shape or type, or that are not finite.
  public init(
    of files: [String], by embedder: ImageEmbedder, progress: (Int) -> Void = { _ in }
  ) throws {
    guard let vectors = try embedder.vectors(of: files, progress: progress).vectors else {
      throw DataError(.empty, "there are no photos to make an index of")
    }
    try self.init(names: files, vectors: vectors, embedder: embedder.description)
  }

  /// Number of photos.
  public var count: Int { names.count }

  /// The images most similar to each of some vectors, the most similar first.
  ///
  /// - Parameters:
  ///   - queries: Vectors of the same embedder and any length, `[queries, width]`.
  ///   - wanted: How many to find for each.
  /// - Throws: `DataError` for vectors of another width.
  /// - Returns: For each query the matches, the most similar first.
  public func matches(_ queries: Literal, count wanted: Int = 5) throws -> [[Match]] {
    try similarities(queries).map { row in
      best(wanted, of: row).map { Match(index: $0, name: names[$0], similarity: row[$0]) }
    }
  }

  /// Photos whose similarities to all others are held at once.
  private static let rowCount = 64

  /// Pairs of photos at least so similar, the most similar first: 0.95 and above are most often the same scene. Where
  /// many are alike among each other, only the closest pairs that connect them: fewer than there are photos.
  public func nearDuplicates(similarity limit: Double = 0.95) throws -> [(
    first: String, second: String, similarity: Double
  )] {
    var alike = AlikePairs(count: count)
    let width = vectors.shape[1], numbers = vectors.scalars(as: Float.self)
    for start in stride(from: 0, to: count, by: Self.rowCount) {
      let end = min(start + Self.rowCount, count)
      let rows = try similarities(
        Literal(Array(numbers[start * width..<end * width]), shape: [end - start, width]))
      var found: [AlikePairs.Pair] = []
      for (row, values) in zip(start..<end, rows) {
        for other in row + 1..<max(row + 1, count) where values[other] >= limit {
          found.append(AlikePairs.Pair(row, other, distance: -values[other]))
        }
      }
      alike.add(found)
    }
    return alike.pairs.map { (names[$0.first], names[$0.second], -$0.distance) }
  }

  private func similarities(_ queries: Literal) throws -> [[Double]] {
    guard queries.shape.rank == 2, queries.shape[1] == vectors.shape[1] else {
      throw DataError(
        .shape, "vectors [queries, \(vectors.shape[1])] were expected, \(queries.shape) came",
        advice: "Search with vectors of the network that made the index.")
    }
    let product = Self.unit(queries).matmul(Tensor(vectors).value.transposed([1, 0]))
    let values = try Tensor(product).literal().doubles
    return (0..<queries.shape[0]).map { Array(values[$0 * count..<($0 + 1) * count]) }
  }

  /// The places of the largest values in order; the first of equal ones first.
  private func best(_ wanted: Int, of values: [Double]) -> [Int] {
    var found: [Int] = []
    for index in values.indices {
      if found.count >= wanted, let last = found.last, values[last] >= values[index] { continue }
      let place = found.firstIndex { values[$0] < values[index] } ?? found.count
      found.insert(index, at: place)
      if found.count > max(0, wanted) { found.removeLast() }
    }
    return found
  }
}

extension SimilarityIndex {
  private static let format = "apus.similarity"

  /// Writes the index as a safetensors file.
  public func save(to path: String) throws {
    let list = JSON.array(names.map { .string($0) }).text()
    try Safetensors.write(
      ["vectors": vectors], metadata: ["format": Self.format, "embedder": embedder, "names": list], to: path)
  }

  /// Reads an index that `save` wrote.
  public static func load(from path: String) throws -> SimilarityIndex {
    let file = try Safetensors(path: path)
    func damaged(_ problem: String) -> FileError {
      FileError(path: path, reason: .corrupt, problem: problem, advice: "Make the index again.")
    }
    guard file.metadata["format"] == format, let embedder = file.metadata["embedder"],
      let list = file.metadata["names"]
    else { throw damaged("it is no index of similar photos") }
    guard let names = try? JSON(parsing: Array(list.utf8)).arrayValue?.map(\.stringValue),
      !names.contains(nil)
    else {
      throw damaged("its list of names is damaged")
    }
    let vectors = try file.literal(named: "vectors")
    do {
      let index = try SimilarityIndex(names: names.compactMap { $0 }, vectors: vectors, embedder: embedder)
      // What was saved has length 1 already; another division would change last digits.
      return SimilarityIndex(names: index.names, unitVectors: vectors, embedder: embedder)
    } catch let error as DataError {
      throw damaged(error.problem)
    }
  }
}
