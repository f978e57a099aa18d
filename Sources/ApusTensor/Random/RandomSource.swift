import ApusGraph
import Synchronization

/// A stream of random numbers: a key and a counter from which Philox4x32-10 (Salmon et al., SC 2011) makes
/// them. The same key and counter give the same numbers on every machine.
///
/// Both are cells of state, so a compiled function that draws gives other numbers at each call, and a
/// checkpoint that holds them resumes the stream exactly. Streams of different names are independent.
public final class RandomSource: Sendable {
  /// Which of the 2^64 sequences is used (`int64`).
  public let key: Variable
  /// How many blocks of four words have been used (`int64`).
  public let counter: Variable
  /// The name of the stream, empty for a seed's main one.
  public let stream: String

  private let lock = Mutex(())

  /// A stream that starts at its beginning.
  /// - Parameters:
  ///   - seed: Any number; equal seeds give equal streams.
  ///   - stream: A name that tells apart the streams of one seed, such as "dropout".
  public init(seed: UInt64, stream: String = "") {
    self.stream = stream
    let name = stream.isEmpty ? "random" : "random.\(stream)"
    key = Variable(Self.cell(Self.key(seed: seed, stream: stream)), name: "\(name).key")
    counter = Variable(Self.cell(0), name: "\(name).counter")
  }

  /// The source that functions use when none is named. Seeded with 0 until somebody says otherwise, so that
  /// every run of a program gives the same numbers.
  @TaskLocal public static var current = RandomSource(seed: 0)

  /// Starts again from the beginning of a seed's stream.
  public func reset(seed: UInt64) {
    lock.withLock { _ in
      key.assign(Self.cell(Self.key(seed: seed, stream: stream)))
      counter.assign(Self.cell(0))
    }
  }

  /// The key and counter to draw `words` 32-bit words with. They are used up at once.
  func draw(words: Int) -> (key: Value, counter: Value) {
    lock.withLock { _ in
      let present = counter.read()
      let blocks = Int64((words + 3) / 4)
      if let known = present.result {
        // Counted here and now: a chain of pending additions would grow with every draw.
        counter.assign(Self.cell(known.scalars(as: Int64.self)[0] &+ blocks))
      } else {
        counter.assign(Tensor(present + .constant(Literal([blocks], shape: .scalar))))
      }
      return (key.read(), present)
    }
  }

  private static func cell(_ number: Int64) -> Tensor { Tensor(Literal([number], shape: .scalar)) }

  /// SplitMix64's finalizer over the seed and the FNV-1a hash of the name.
  private static func key(seed: UInt64, stream: String) -> Int64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in stream.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    var state = seed &+ 0x9e37_79b9_7f4a_7c15 &* (stream.isEmpty ? 1 : hash | 1)
    state = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
    state = (state ^ (state >> 27)) &* 0x94d0_49bb_1331_11eb
    return Int64(bitPattern: state ^ (state >> 31))
  }
}

/// Runs a piece of code with a fresh default source of random numbers.
public func withRandomSeed<Result>(_ seed: UInt64, _ body: () throws -> Result) rethrows -> Result {
  try RandomSource.$current.withValue(RandomSource(seed: seed), operation: body)
}

/// Runs a piece of asynchronous code with a fresh default source of random numbers.
public func withRandomSeed<Result>(
  _ seed: UInt64, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
) async rethrows -> Result {
  try await RandomSource.$current.withValue(RandomSource(seed: seed), operation: body)
}
