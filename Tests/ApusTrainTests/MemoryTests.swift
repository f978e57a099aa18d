import ApusNN
import Foundation
import Testing

@testable import ApusTrain

@Suite struct MemoryTests {
  /// Resident memory in bytes; nil where the system does not tell in this way.
  private func residentBytes() -> Int? {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
      let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
    else { return nil }
    return pages * 4096
  }

  @Test func aThousandFitsLeaveNothingBehind() async throws {
    let data = try points(16)
    func fit(_ count: Int) async throws {
      for _ in 0..<count {
        let learner = Learner(smallModel(), loss: .crossEntropy, metrics: [.accuracy])
        try await learner.fit(data, validation: data, epochs: 1, batchSize: 8, workers: 0, progress: .none)
        _ = try learner.predict(data, workers: 0)
      }
    }
    try await fit(200)
    guard let before = residentBytes() else { return }
    try await fit(800)
    let after = residentBytes() ?? before
    // Other tests run beside this one; a kilobyte a fit kept would be 0.8 MB, a model with its programs far
    // more.
    #expect(after - before < 48 << 20, "\((after - before) >> 10) KiB more after 800 fits")
  }
}
