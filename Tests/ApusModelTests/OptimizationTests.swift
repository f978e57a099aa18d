import ApusFixtures
import ApusGraph
import ApusModelSamples
import ApusRuntime
import Foundation
import Testing

/// Every optimization may be left out: programs then compute the same, but for how sums are rounded.
@Suite struct OptimizationTests {
  @Test(arguments: ModelSample.all.map(\.name)) func resultsDoNotDependOnOptimizations(name: String) throws {
    let sample = try #require(ModelSample.named(name)).traced()
    let expected = try sample.run(sample.program(Optimizations()))
    for disabled in Optimizations.names.map({ [$0] }) + [Optimizations.names] {
      let results = try sample.run(sample.program(Optimizations(disabled: Set(disabled))))
      #expect(results.count == expected.count)
      for (index, (result, wanted)) in zip(results, expected).enumerated() {
        let found = difference(result.doubles, from: wanted.doubles, relative: 1e-4, absolute: 1e-5)
        #expect(found == nil, "\(name) without \(disabled.joined(separator: ", ")): result \(index)")
      }
    }
  }

  @Test(arguments: ModelSample.all.map(\.name)) func everyRunGivesTheSameBits(name: String) throws {
    let sample = try #require(ModelSample.named(name)).traced()
    let program = try sample.program()
    let first = try sample.run(program), second = try sample.run(program)
    #expect(first.map(bits) == second.map(bits))
    #expect(first.contains { $0.doubles.contains { $0 != 0 } })
  }

  @Test func documentationNamesEveryOptimization() throws {
    let page = URL(filePath: #filePath).appending(path: "../../../docs/Apus.docc/Engine.md")
      .standardizedFileURL
    let text = try String(contentsOf: page, encoding: .utf8)
    for name in Optimizations.names { #expect(text.contains("`\(name)`"), "\(name)") }
  }

  private func bits(_ literal: Literal) -> [UInt8] { literal.withUnsafeBytes { Array($0) } }
}
