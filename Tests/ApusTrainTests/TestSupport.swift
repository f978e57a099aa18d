import ApusData
import ApusGraph
import ApusIO
import ApusNN
import ApusTensor
import ApusTestSupport

@testable import ApusTrain

/// Numbers that look random and are the same everywhere.
struct Numbers {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed &* 2_862_933_555_777_941_757 &+ 3_037_000_493 }

  /// From -1 to 1.
  mutating func next() -> Float {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Float(Int64(bitPattern: state) >> 40) / Float(1 << 23)
  }
}

/// Points whose class is the largest of the sums of their first numbers: a line can almost tell.
func points(
  _ count: Int, features: Int = 6, classes: Int = 3, seed: UInt64 = 1, names: [String]? = nil
) throws -> ArrayDataset {
  var numbers = Numbers(seed)
  var x: [Float] = [], y: [Int32] = []
  for _ in 0..<count {
    let row = (0..<features).map { _ in numbers.next() }
    x += row
    let scores = (0..<classes).map { row[$0] + 0.5 * row[($0 + 1) % features] }
    y.append(Int32(scores.indices.max { scores[$0] < scores[$1] } ?? 0))
  }
  return try ArrayDataset(
    Literal(x, shape: [count, features]), targets: Literal(y, shape: [count]), classNames: names)
}

/// Points and one number to predict from them.
func regressionPoints(_ count: Int, features: Int = 4, seed: UInt64 = 2, column: Bool = true) throws
  -> ArrayDataset
{
  var numbers = Numbers(seed)
  var x: [Float] = [], y: [Float] = []
  for _ in 0..<count {
    let row = (0..<features).map { _ in numbers.next() }
    x += row
    y.append(2 * row[0] - row[1] + 0.5)
  }
  return try ArrayDataset(
    Literal(x, shape: [count, features]),
    targets: Literal(y, shape: column ? [count, 1] : [count]))
}

func smallModel(classes: Int = 3) -> Sequential {
  Sequential {
    Dense(8, activation: .relu)
    Dense(classes)
  }
}

/// A model with everything that has state: dropout's stream, running statistics.
func statefulModel(classes: Int = 3) -> Sequential {
  Sequential {
    Dense(8)
    BatchNorm()
    Activation(.relu)
    Dropout(0.3)
    Dense(classes)
  }
}

extension Learner {
  /// The bytes of all weights and states in the order of their names.
  func bits() throws -> [UInt8] {
    try modelState().sorted { $0.key < $1.key }.flatMap { $0.value.withUnsafeBytes { Array($0) } }
  }

  func numbers() throws -> [Float] {
    try modelState().sorted { $0.key < $1.key }.flatMap { $0.value.doubles.map(Float.init) }
  }
}

/// A folder that exists while `body` runs.
func withFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
  try await withTemporaryFolder(body)
}

/// The error of one type that the work throws; nil for none or another.
func failure<Failure: Error>(_ type: Failure.Type = Failure.self, _ work: () async throws -> Void) async
  -> Failure?
{
  do {
    try await work()
    return nil
  } catch { return error as? Failure }
}
