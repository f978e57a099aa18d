import ApusFixtures
import ApusGraph
import ApusKernels
import ApusModelSamples
import ApusRuntime
import Testing

/// What the number of threads changes in a result, as the page on the engine says it.
@Suite struct ThreadCountTests {
  @Test(arguments: ModelSample.large) func oneThreadAndTwoGiveTheSameBits(sample: ModelSample) throws {
    let (one, two) = try results(sample.traced())
    #expect(one.count == two.count)
    for (index, (a, b)) in zip(one, two).enumerated() {
      #expect(bits(a) == bits(b), "\(sample.name): result \(index), \(a.shape)")
      #expect(a.doubles.allSatisfy(\.isFinite) && !a.doubles.isEmpty)
    }
  }

  @Test(arguments: ModelSample.filterGradients)
  func gradientsOfFiltersAreRoundedDifferently(sample: ModelSample) throws {
    let (one, two) = try results(sample.traced())
    for (a, b) in zip(one, two) {
      #expect(difference(a.doubles, from: b.doubles, relative: 1e-5, absolute: 1e-6) == nil)
    }
  }

  /// What three runs leave on one thread, and on two.
  private func results(_ traced: TracedSample) throws -> (one: [Literal], two: [Literal]) {
    func results(threads: Int32) throws -> [Literal] {
      // On the engine's thread from beginning to end, so that no other test sees this number.
      try Engine.shared.run {
        let before = apus_thread_count()
        defer { apus_set_thread_count(before) }
        apus_set_thread_count(threads)
        return try traced.run(traced.program(), count: 3)
      }
    }
    return (try results(threads: 1), try results(threads: 2))
  }

  private func bits(_ literal: Literal) -> [UInt8] { literal.withUnsafeBytes { Array($0) } }
}
