import ApusGraph
import Testing

@Suite struct LiteralRowsTests {
  @Test func rowsFollowEachOther() throws {
    let first = Literal([1, 2] as [Float], shape: [1, 2]),
      second = Literal([3, 4, 5, 6] as [Float], shape: [2, 2])
    let joined = try #require(try Literal(joiningRows: [first, second]))
    #expect(joined.shape == [3, 2] && joined.doubles == [1, 2, 3, 4, 5, 6])
    #expect(try Literal(joiningRows: [second])?.doubles == [3, 4, 5, 6])
  }

  @Test func othersAreNotJoined() throws {
    let row = Literal([1, 2] as [Float], shape: [1, 2])
    #expect(try Literal(joiningRows: []) == nil)
    #expect(try Literal(joiningRows: [Literal(scalar: 1, dtype: .float32)]) == nil)
    for other in [
      Literal([1] as [Float], shape: [1, 1]), Literal([1, 2] as [Int32], shape: [1, 2]),
      Literal(scalar: 1, dtype: .float32),
    ] {
      #expect(try Literal(joiningRows: [row, other]) == nil)
    }
  }
}
