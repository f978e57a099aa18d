import ApusFixtures
import Foundation
import Testing

/// Runs the program `ApusTrainProbe`, as other tests would use memory in this process at the same time.
@Suite struct MemoryTests {
  @Test func aThousandFitsLeaveNothingBehind() throws {
    let run = try BuiltProgram.run("ApusTrainProbe", "fits")
    #expect(run.status == 0)
    let growth = try #require(Int(run.output.trimmingCharacters(in: .whitespacesAndNewlines)))
    // A kilobyte a fit kept would be 0.8 MB, a model with its programs far more.
    #expect(growth < 16 << 20, "\(growth >> 10) KiB more after 800 fits")
  }
}
