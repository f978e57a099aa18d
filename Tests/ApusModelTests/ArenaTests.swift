import ApusModelSamples
import ApusRuntime
import Testing

@Suite struct ArenaTests {
  @Test(arguments: ModelSample.all.map(\.name)) func theArenaIsHardlyLargerThanWhatLives(name: String) throws
  {
    let program = try #require(ModelSample.named(name)).traced().program(Optimizations())
    // By a hundredth, or by a page: these models are small.
    let slack = max(program.liveByteCount / 100, 4096)
    #expect(program.arenaByteCount <= program.liveByteCount + slack)
  }
}
