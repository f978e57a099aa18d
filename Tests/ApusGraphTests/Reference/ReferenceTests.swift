import ApusGraph
import ApusOpSamples
import Testing

/// What operations mean where there is a choice: wrapping, rounding, NaN, nothing to combine, out of range.
struct ReferenceTests {
  private func wholes(_ literal: Literal) -> [Int] { literal.doubles.map { Int($0) } }

  private func binary<Scalar: TensorScalar>(_ op: BinaryOp, _ left: [Scalar], _ right: [Scalar]) throws
    -> [Int]
  {
    let shape = Shape([left.count])
    let values = [Literal(left, shape: shape), Literal(right, shape: shape)].map { Value.constant($0) }
    return try evaluate(values[0].binary(op, values[1]))[0].scalars(as: Scalar.self).compactMap {
      ($0 as? any BinaryInteger).map { Int($0) }
    }
  }

  @Test func integersWrapAround() throws {
    #expect(try binary(.add, [Int32.max], [1]) == [Int(Int32.min)])
    #expect(try binary(.multiply, [UInt8(20)], [20]) == [400 - 256])
    #expect(try binary(.subtract, [UInt32(1)], [2]) == [Int(UInt32.max)])
    #expect(try binary(.add, [Int64.max], [1]) == [Int(Int64.min)])
    #expect(try binary(.divide, [Int32.min], [-1]) == [Int(Int32.min)])
  }

  @Test func integerDivision() throws {
    #expect(try binary(.divide, [7, -7, 7, 5] as [Int32], [2, 2, -2, 0]) == [3, -3, -3, 0])
    #expect(try binary(.remainder, [7, -7, 7, -7, 5] as [Int32], [3, 3, -3, -3, 0]) == [1, 2, -2, -1, 0])
    #expect(
      try binary(.power, [2, -2, 2, 1, 0, 3] as [Int32], [10, 3, -1, -5, 0, 0]) == [1024, -8, 0, 1, 1, 1])
  }

  @Test func shifts() throws {
    #expect(try binary(.shiftLeft, [1, 1, -1] as [Int32], [31, 32, -1]) == [Int(Int32.min), 0, 0])
    #expect(try binary(.shiftRight, [-8, -8, 8] as [Int32], [1, 40, 40]) == [-4, -1, 0])
    #expect(try binary(.shiftRight, [UInt32.max], [28]) == [15])
  }

  @Test func floorRemainderOfReals() throws {
    let x = Value.constant(reals([7, -7, 7, -7, 6])), y = Value.constant(reals([3, 3, -3, -3, 3]))
    #expect(try evaluate(x.binary(.remainder, y))[0].doubles == [1, 2, -2, -1, 0])
  }

  @Test func roundingIsToEven() throws {
    let x = Value.constant(reals([0.5, 1.5, 2.5, -0.5, -1.5]))
    #expect(try evaluate(x.unary(.round))[0].doubles == [0, 2, 2, 0, -2])
  }

  @Test func float32IsRoundedAfterEachOperation() throws {
    let x = Value.constant(Literal([Float(16_777_216)], shape: [1]))
    #expect(try evaluate((x + 1) - 16_777_216)[0].doubles == [0])
    let thirds = Value.constant(Literal([Float(1)], shape: [1])) / 3
    #expect(try evaluate(thirds)[0].scalars(as: Float.self) == [Float(1) / 3])
  }

  @Test func bfloat16IsRoundedToNearestEven() throws {
    let x = Value.constant(reals([1.00390625, 1.01171875, 3.3e38, .nan])).cast(.bfloat16)
    let result = try evaluate(x)[0]
    #expect(result.dtype == .bfloat16)
    #expect(Array(result.doubles.prefix(2)) == [1, 1.015625])
    #expect(result.doubles[3].isNaN)
    #expect(try evaluate(x + x)[0].doubles[0] == 2)
  }

  @Test func castsSaturate() throws {
    let x = Value.constant(reals([-1e10, 3.9, -3.9, 1e10, .nan, .infinity]))
    #expect(
      wholes(try evaluate(x.cast(.int32))[0]) == [Int(Int32.min), 3, -3, Int(Int32.max), 0, Int(Int32.max)])
    #expect(wholes(try evaluate(x.cast(.uint8))[0]) == [0, 3, 0, 255, 0, 255])
    #expect(wholes(try evaluate(x.cast(.bool))[0]) == [1, 1, 1, 1, 1, 1])
    let wrapped = Value.constant(Literal([Int64(-1), 300], shape: [2]))
    #expect(wholes(try evaluate(wrapped.cast(.uint8))[0]) == [255, 44])
    // 2^53 + 1 has no double; rounding it to float through one would go wrong too.
    let big = Value.constant(Literal([Int64(16_777_217), 9_007_199_791_611_905], shape: [2]))
    let floats = try evaluate(big.cast(.float32))[0].scalars(as: Float.self)
    #expect(floats == [Float(Int64(16_777_217)), Float(Int64(9_007_199_791_611_905))])
  }

  @Test func bitcastKeepsBytes() throws {
    let x = Value.constant(Literal([Float(1), -0.0], shape: [2]))
    let bits = try evaluate(.apply(.bitcast(.uint32), [x]))[0]
    #expect(bits.scalars(as: UInt32.self) == [0x3f80_0000, 0x8000_0000])
  }

  @Test func nanSticks() throws {
    let x = Value.constant(reals([.nan, 1])), y = Value.constant(reals([1, .nan]))
    for op in [BinaryOp.maximum, .minimum] {
      #expect(try evaluate(x.binary(op, y))[0].doubles.allSatisfy(\.isNaN))
    }
    for kind in [ReduceKind.maximum, .minimum, .sum, .product] {
      #expect(try evaluate(x.reduced(kind))[0].doubles[0].isNaN)
    }
    let clamped = try evaluate(x.clamped(x.splat(0), x.splat(0.5)))[0].doubles
    #expect(clamped[0].isNaN && clamped[1] == 0.5)
  }

  @Test func combiningNothing() throws {
    let none = Value.constant(reals([], [0]))
    let expected: [(ReduceKind, Double)] = [
      (.sum, 0), (.product, 1), (.maximum, -.infinity), (.minimum, .infinity),
    ]
    for (kind, identity) in expected { #expect(try evaluate(none.reduced(kind))[0].doubles == [identity]) }
    let integers = Value.constant(indices([]))
    #expect(wholes(try evaluate(integers.reduced(.maximum))[0]) == [Int(Int32.min)])
    #expect(wholes(try evaluate(integers.reduced(.minimum))[0]) == [Int(Int32.max)])
    let booleans = Value.constant(Literal([Bool](), shape: [0]))
    #expect(wholes(try evaluate(booleans.reduced(.and))[0]) == [1])
    #expect(wholes(try evaluate(booleans.reduced(.or))[0]) == [0])
  }

  @Test func sortPutsNaNLastAndKeepsOrder() throws {
    let x = Value.constant(reals([2, .nan, 1, 2, -.infinity, .nan]))
    let up = x.sorted(axis: 0), down = x.sorted(axis: 0, descending: true)
    #expect(wholes(try evaluate(up.order)[0]) == [4, 2, 0, 3, 1, 5])
    #expect(wholes(try evaluate(down.order)[0]) == [0, 3, 2, 4, 1, 5])
    #expect(wholes(try evaluate(x.argmax(axis: 0))[0]) == [1])
    #expect(wholes(try evaluate(Value.constant(reals([3, 1, 3, 1])).argmin(axis: 0))[0]) == [1])
  }

  @Test("Philox4x32-10 gives the words of Random123's known answers")
  func philoxKnownAnswers() throws {
    func words(_ key: Int64, _ counter: Int64, _ count: Int) throws -> [UInt32] {
      try evaluate(
        .apply(.randomBits(shape: Shape([count])), [.constant(int64(key)), .constant(int64(counter))]))[0]
        .scalars(as: UInt32.self)
    }
    #expect(try words(0, 0, 4) == [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8])
    let long = try words(77, 5, 11)
    #expect(try words(77, 6, 4) == Array(long[4..<8]))
    #expect(try words(77, 7, 3) == Array(long[8...]))
  }

  @Test func dropoutKeepsByRandomWord() throws {
    let x = Value.constant(Literal(Array(repeating: 1.0, count: 4000), shape: [4000]))
    let key = Value.constant(int64(1)), counter = Value.constant(int64(2))
    let result = try evaluate(.apply(.dropout(rate: 0.25), [x, key, counter]))[0].doubles
    let words = try evaluate(.apply(.randomBits(shape: [4000]), [key, counter]))[0].scalars(as: UInt32.self)
    for (number, word) in zip(result, words) {
      #expect(number == (Double(word >> 8) / 16_777_216 >= 0.25 ? 1 / 0.75 : 0))
    }
    #expect(abs(Double(result.count { $0 != 0 }) / 4000 - 0.75) < 0.03)
    #expect(try evaluate(.apply(.dropout(rate: 0), [x, key, counter]))[0].doubles.allSatisfy { $0 == 1 })
  }

  @Test("An index out of range is named with its place and the limit", arguments: [Int32(4), -1])
  func indexErrors(_ index: Int32) throws {
    let x = Value.constant(reals([1, 2, 3, 4], [4, 1])), at = Value.constant(indices([0, index]))
    let updates = Value.constant(reals([1, 1], [2, 1])), along = Value.constant(indices([0, index], [2, 1]))
    for value in [
      x.gather(at, axis: 0), x.gatherAlong(along, axis: 0), x.scatter(at, updates, axis: 0, kind: .add),
      x.scatterAlong(along, updates, axis: 0, kind: .set),
    ] {
      let error = #expect(throws: GraphError.self) { try evaluate(value) }
      #expect(error?.kind == .index)
      #expect(error?.problem == "index \(index) at position 1 is outside 0..<4")
    }
    #expect(try evaluate(x.gather(at, axis: 0, mode: .clamped))[0].doubles == [1, index < 0 ? 1 : 4])
  }

  @Test func labelsOutOfRangeAreAnError() throws {
    let logits = Value.constant(reals([1, 2, 3, 4], [2, 2])), labels = Value.constant(indices([1, 2]))
    let loss = Node.apply(.softmaxCrossEntropy(labelSmoothing: 0), [logits, labels])[0]
    #expect(throws: GraphError.self) { try evaluate(loss) }
  }

  @Test("Dynamic slices are moved so that they fit")
  func dynamicSlicesAreClamped() throws {
    let x = Value.constant(reals([0, 1, 2, 3, 4]))
    func slice(_ start: Int32) throws -> [Double] {
      try evaluate(.apply(.dynamicSlice(sizes: [2]), [x, .constant(indices([start]))]))[0].doubles
    }
    #expect(try slice(-3) == [0, 1])
    #expect(try slice(2) == [2, 3])
    #expect(try slice(9) == [3, 4])
    let update = Value.constant(reals([8, 9]))
    let updated = Value.apply(.dynamicUpdateSlice, [x, update, .constant(indices([9]))])
    #expect(try evaluate(updated)[0].doubles == [0, 1, 2, 8, 9])
  }

  @Test func scatterKeepsTheLastOfSeveral() throws {
    let x = Value.constant(reals([0, 0, 0])), at = Value.constant(indices([1, 1]))
    let updates = Value.constant(reals([5, 7]))
    func result(_ kind: ScatterKind) throws -> [Double] {
      try evaluate(x.scatter(at, updates, axis: 0, kind: kind))[0].doubles
    }
    #expect(try result(.set) == [0, 7, 0])
    #expect(try result(.add) == [0, 12, 0])
    #expect(try result(.maximum) == [0, 7, 0])
  }

  @Test func whileLoopRunsUntilItsConditionFails() throws {
    let state = Value.input(.int32, .scalar), sum = Value.input(.int32, .scalar)
    let loop = Op.whileLoop(
      condition: Graph(inputs: [state, sum], outputs: [state.compare(.less, state.splat(5))]),
      body: Graph(inputs: [state, sum], outputs: [state + 1, sum + state]))
    let zero = Value.scalar(0, .int32)
    let results = Node.apply(loop, [zero, zero])
    #expect(wholes(try evaluate(results[0])[0]) == [5])
    #expect(wholes(try evaluate(results[1])[0]) == [10])
  }

  @Test func bindingsAreChecked() throws {
    let x = Value.input(.float64, [2])
    let graph = Graph(inputs: [x], outputs: [x + x])
    #expect(throws: GraphError.self) { try Reference.evaluate(graph, inputs: [reals([1, 2, 3])]) }
    #expect(throws: GraphError.self) { try Reference.evaluate(graph, inputs: []) }
    let unbound = Graph(inputs: [], outputs: [x + x])
    #expect(throws: GraphError.self) { try Reference.evaluate(unbound, inputs: []) }
    #expect(try Reference.evaluate(graph, inputs: [reals([1, 2])])[0].doubles == [2, 4])
  }

  @Test func aHostFunctionsErrorIsThrownOn() {
    let call = CustomCall(name: "fails", results: [TensorType(.float64, .scalar)]) { _ in
      throw GraphError(.notFinite, "fails", "on purpose")
    }
    let error = #expect(throws: GraphError.self) { try evaluate(.apply(.customCall(call), [])) }
    #expect(error?.kind == .notFinite)
  }

  @Test func aHostFunctionMustKeepItsWord() {
    let call = CustomCall(name: "short", results: [TensorType(.float64, [2])]) { _ in [reals([1])] }
    let error = #expect(throws: GraphError.self) { try evaluate(.apply(.customCall(call), [])) }
    #expect(error?.problem == "gave [float64[1]] where [float64[2]] were declared")
  }

  @Test func pointsWithoutSpatialAxes() throws {
    let x = Value.constant(reals([1, 2], [1, 2])), kernel = Value.constant(reals([3, 4], [2, 1]))
    let spec = ConvolutionSpec(strides: [], padsLow: [], padsHigh: [], dilations: [])
    #expect(try evaluate(.apply(.convolution(spec, .none), [x, kernel]))[0].doubles == [11])
  }
}
