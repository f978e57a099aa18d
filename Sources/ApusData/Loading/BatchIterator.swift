import Foundation
import Synchronization

/// The batches of an epoch, one after the other.
///
/// Threads make them ahead, as far as the loader's prefetch allows, until the last one, an error, or the
/// end of the iterator.
public final class BatchIterator: Sendable {
  private let pipeline: BatchPipeline

  init(
    range: Range<Int>, workerCount: Int, prefetchCount: Int, make: @escaping @Sendable (Int) throws -> Batch
  ) {
    pipeline = BatchPipeline(
      range: range, prefetchCount: prefetchCount, isThreaded: workerCount > 0, make: make)
    let pipeline = pipeline
    for _ in 0..<min(workerCount, range.count) {
      let thread = Thread { pipeline.work() }
      thread.name = "apus-data"
      thread.start()
    }
  }

  deinit { pipeline.cancel() }

  /// The next batch. After an error there are no more.
  /// - Returns: The batch; nil after the last.
  /// - Throws: `DataError` for samples that cannot be read, augmented or stacked.
  public func next() throws -> Batch? { try pipeline.take() }

  /// How long `next` has waited for batches in all: time that the model waited for data.
  public var waitedDuration: Duration { pipeline.waitedDuration }
}

/// What the threads that make batches share with the one that takes them.
private final class BatchPipeline: @unchecked Sendable {
  // Everything that changes is guarded by the condition's lock.
  private let condition = NSCondition()
  private let make: @Sendable (Int) throws -> Batch
  private let end: Int
  private let prefetchCount: Int
  private let isThreaded: Bool
  private var nextToMake: Int
  private var nextToTake: Int
  private var made: [Int: Result<Batch, any Error>] = [:]
  private var isCancelled = false
  private var waited = Duration.zero

  init(
    range: Range<Int>, prefetchCount: Int, isThreaded: Bool, make: @escaping @Sendable (Int) throws -> Batch
  ) {
    self.make = make
    self.prefetchCount = prefetchCount
    self.isThreaded = isThreaded
    nextToMake = range.lowerBound
    nextToTake = range.lowerBound
    end = range.upperBound
  }

  var waitedDuration: Duration { condition.withLock { waited } }

  func cancel() {
    condition.withLock {
      isCancelled = true
      made.removeAll()
      condition.broadcast()
    }
  }

  func work() {
    while let index = claim() {
      let result = Result { try make(index) }
      condition.withLock {
        if !isCancelled { made[index] = result }
        condition.broadcast()
      }
    }
  }

  private func claim() -> Int? {
    condition.withLock {
      while !isCancelled && nextToMake < end && nextToMake >= nextToTake + prefetchCount { condition.wait() }
      guard !isCancelled && nextToMake < end else { return nil }
      nextToMake += 1
      return nextToMake - 1
    }
  }

  func take() throws -> Batch? {
    let result: Result<Batch, any Error>? = condition.withLock {
      guard !isCancelled && nextToTake < end else { return nil }
      let clock = ContinuousClock()
      let start = clock.now
      defer { waited += clock.now - start }
      let index = nextToTake
      if isThreaded {
        while made[index] == nil { condition.wait() }
      } else {
        made[index] = Result { try make(index) }
      }
      // Only now is there room for another one to be made.
      nextToTake += 1
      condition.broadcast()
      return made.removeValue(forKey: index)
    }
    guard let result else { return nil }
    if case .failure = result { cancel() }
    return try result.get()
  }
}
