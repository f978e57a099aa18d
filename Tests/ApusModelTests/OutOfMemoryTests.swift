import ApusFixtures
import Testing

/// Programs that want more memory than there is, in a process of their own whose address space is limited.
@Suite struct OutOfMemoryTests {
  @Test func whatDoesNotFitIsRefusedByNameAndTheProcessLives() throws {
    let run = try BuiltProgram.run("ApusMemoryProbe")
    #expect(run.status == 0)
    let lines = Dictionary(
      uniqueKeysWithValues: run.output.split(separator: "\n").map { line in
        let parts = line.split(separator: ":", maxSplits: 1)
        return (String(parts[0]), String(parts[1]))
      })
    for name in [
      "zeros", "eye", "tiled", "arange", "intermediate", "compiled", "Dense", "hidden layers", "literal",
    ] {
      #expect(lines[name]?.hasPrefix(" memory |") == true, "\(name): \(lines[name] ?? "no line")")
    }
    // More than any machine has is refused as a shape, before memory is asked for.
    #expect(lines["Dense of too many units"]?.hasPrefix(" shape |") == true)
    #expect(lines["small"] == " nothing")
    // Who wants it, how much, and how much there is.
    let zeros = try #require(lines["zeros"])
    #expect(
      zeros.contains("4.4 TB") && zeros.contains("float32[1099511627776]") && zeros.contains("are free"))
    let intermediate = try #require(lines["intermediate"])
    #expect(intermediate.contains("14.4 GB"), "\(intermediate)")
    #expect(intermediate.contains("take"), "\(intermediate)")
  }
}
