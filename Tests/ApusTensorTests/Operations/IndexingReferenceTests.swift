import ApusFixtures
import ApusGraph
import ApusTensor
import Testing

@Suite struct IndexingReferenceTests {
  @Test func gatheringAndScattering() throws {
    let checks = try ReferenceChecks("indexing")
    for name in ["take_rows", "take_columns", "take_middle", "take_none", "take_matrix_of_rows"] {
      try checks.check(name) { $0[0].gather($0[1], axis: try $1.integer("axis")) }
    }
    try checks.check("take_along") { $0[0].gathered(along: try $1.integer("axis"), $0[1]) }
    let kinds: [(String, ScatterKind)] = [
      ("set", .set), ("add", .add), ("multiply", .multiply), ("min", .minimum), ("max", .maximum),
    ]
    for (name, kind) in kinds {
      try checks.check("scatter_\(name)") { inputs, _ in inputs[0].scattered(inputs[1], inputs[2], kind: kind)
      }
    }
    try checks.check("segment_sum") { inputs, test in
      Tensor.zeros([try test.integer("segments"), 2]).scattered(inputs[1], inputs[0], kind: .add)
    }
    try checks.check("one_hot") { $0[0].oneHot(classes: try $1.integer("classes"), allowsOthers: true) }
  }

  @Test func shapes() throws {
    let checks = try ReferenceChecks("indexing")
    try checks.check("transpose") { $0[0].transposed($1.integers("order")) }
    try checks.check("reverse") { $0[0].flipped(axes: $1.integers("axes")) }
    try checks.check("repeat") { $0[0].repeated(try $1.integer("repeats"), axis: try $1.integer("axis")) }
    try checks.check("tile") { $0[0].tiled(try $1.list("repeats")) }
    try checks.check("roll") { inputs, test in
      zip(try test.list("shifts"), try test.list("axes"))
        .reduce(inputs[0]) { $0.rolled($1.0, axis: $1.1) }
    }
    try checks.check("concatenate") { concatenated($0, axis: try $1.integer("axis")) }
    try checks.check("stack") { stacked($0, axis: try $1.integer("axis")) }
    try checks.check("lower_triangle") { inputs, _ in inputs[0].lowerTriangle() }
    try checks.check("upper_triangle") { inputs, _ in inputs[0].upperTriangle() }
    try checks.check("slice") { inputs, test in
      let ranges = try test.rows("ranges")
      let places = ranges.map { ($0[0]..<$0[1]).by($0[2]) }
      return places.count == 2 ? inputs[0][places[0], places[1]] : inputs[0][places[0], places[1], places[2]]
    }
  }

  @Test func paddings() throws {
    try ReferenceChecks("indexing").check("pad") { inputs, test in
      let widths = try test.rows("padding").map { ($0[0], $0[1]) }
      let mode: PaddingMode =
        switch test.attributes["mode"]?.string {
        case "edge": .edge
        case "reflect": .reflect
        case "symmetric": .symmetric
        default: .constant(try test.double("value"))
        }
      return inputs[0].padded(widths, mode: mode)
    }
    let x: Tensor = [1, 2, 3]
    #expect(try x.padded([(2, 1)], mode: .wrap).scalars() == [2, 3, 1, 2, 3, 1] as [Float])
    #expect(try failure(of: x.padded([(3, 0)], mode: .reflect)).advice?.contains("at most 2") == true)
    #expect(try failure(of: x.padded([])).kind == .argument)
  }

  @Test func indicesOutOfRangeAreErrors() throws {
    let x: Tensor = [1, 2, 3]
    let error = try failure(of: x.gather(Tensor([0, 3], dtype: .int32)))
    #expect(error.kind == .index)
    #expect(error.origin.line == #line - 2)
    #expect(try x.gather(Tensor([-5, 7], dtype: .int32), mode: .clamped).scalars() == [1, 3] as [Float])
    #expect(try failure(of: x.gather([0, 1])).advice?.contains("cast") == true)
    #expect(try failure(of: Tensor([1.5]).oneHot(classes: 3)).kind == .dtype)
    #expect(
      try Tensor([-1, 1], dtype: .int32).oneHot(classes: 2, allowsOthers: true).scalars() == [0, 0, 0, 1]
        as [Float])
  }
}
