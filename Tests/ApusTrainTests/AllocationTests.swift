import ApusFixtures
import Foundation
import Testing

/// What a training step allocates once it has run a few times: nothing.
@Suite struct AllocationTests {
  #if os(Linux)
    /// Widths whose steps are run on the caller's thread, and on the engine's with all its threads.
    @Test(arguments: [16, 512]) func aTrainingStepAllocatesNothing(width: Int) throws {
      let run = try BuiltProgram.run("ApusAllocationProbe", "\(width)")
      let words = run.output.split(whereSeparator: \.isWhitespace)
      let count = try #require(words.first.flatMap { Int($0) })
      // Without the optimizer one accessor's frame lies on the heap.
      #if DEBUG
        #expect(count <= 100)
      #else
        #expect(count == 0)
      #endif
      #expect(words.last == "learned")
    }
  #endif
}
