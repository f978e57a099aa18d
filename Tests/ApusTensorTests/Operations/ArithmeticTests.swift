import ApusGraph
import ApusTensor
import Testing

@Suite struct ArithmeticTests {
  @Test func numbersTakeOnTheTensorsType() throws {
    let x: Tensor = [1, 2, 3]
    let n = 2, f: Float = 0.5, d = 0.25
    #expect(try (x * 2 + 1).scalars() == [3, 5, 7] as [Float])
    #expect(try (2.5 * x - 1).scalars() == [1.5, 4, 6.5] as [Float])
    #expect(try (x * n + f + d).scalars() == [2.75, 4.75, 6.75] as [Float])
    #expect(try (6 / x).scalars() == [6, 3, 2] as [Float])
    for dtype in DType.allCases where dtype != .bool {
      #expect((Tensor([1, 2], dtype: dtype) * 3).dtype == dtype)
    }
  }

  @Test func lostFractionsAreErrors() throws {
    let counts = Tensor([1, 2], dtype: .int32)
    #expect(try (counts * 2.0).scalars() == [2, 4] as [Int32])
    let error = try failure(of: counts + 0.5)
    #expect(error.kind == .dtype)
    #expect(error.problem.contains("0.5 is not a whole number"))
    #expect(try failure(of: Tensor([1], dtype: .uint8) + 300).problem.contains("0...255"))
    #expect(try failure(of: Tensor([1], dtype: .uint8) + (-1)).kind == .dtype)
  }

  @Test func divisionOfWholeNumbersIsReal() throws {
    let counts = Tensor([7, -7], dtype: .int32)
    #expect((counts / 2).dtype == .float32)
    #expect(try (counts / 2).scalars() == [3.5, -3.5] as [Float])
    #expect(try (counts / Tensor([2, 2], dtype: .int32)).scalars() == [3.5, -3.5] as [Float])
    #expect(try floorDivide(counts, 2).scalars() == [3, -4] as [Int32])
    #expect(try (counts % 3).scalars() == [1, 2] as [Int32])
    #expect(try floorDivide(Tensor([7.5, -7.5]), 2).scalars() == [3, -4] as [Float])
    #expect(try (Tensor([5.5, -5.5]) % 2).scalars() == [1.5, 0.5] as [Float])
  }

  @Test(arguments: [DType.int32, .int64, .uint8, .uint32])
  func divisionOfWholeNumbersByZeroDoesNotEndTheProcess(dtype: DType) throws {
    let x = Tensor([7, 0], dtype: dtype), zero = Tensor([0, 0], dtype: dtype)
    #expect(try failure(of: floorDivide(x, zero)).kind == .argument)
    #expect(try failure(of: x % zero).kind == .argument)
    #expect(try (x / zero).scalars(as: Float.self)[0] == .infinity)
  }

  @Test func theSmallestWholeNumberDividedByMinusOneDoesNotEndTheProcess() throws {
    let x = Tensor([Int32.min, 6])
    #expect(try floorDivide(x, -1).scalars(as: Int32.self)[1] == -6)
    #expect(try (Tensor([Int64.min, 6]) % -1).scalars(as: Int.self) == [0, 0])
  }

  @Test(arguments: [
    (DType.int32, DType.float32, DType.float32), (.float32, .float64, .float64), (.bool, .int32, .int32),
    (.bfloat16, .float32, .float32), (.int64, .float32, .float32), (.uint8, .int32, .int32),
    (.int32, .uint32, .int64), (.bool, .float32, .float32), (.int64, .bfloat16, .bfloat16),
  ])
  func typesCombine(left: DType, right: DType, result: DType) throws {
    let a = Tensor.ones([2], dtype: left), b = Tensor.ones([2], dtype: right)
    #expect((a + b).dtype == result)
    #expect((b + a).dtype == result)
    #expect(try (a + b).scalars() == [2, 2] as [Float])
    #expect(try (a .== b).all().item() == 1)
  }

  @Test func truthValuesAreNotAddedToEachOther() throws {
    let flags = Tensor([true, false])
    #expect(try failure(of: flags + flags).kind == .dtype)
    #expect(try (flags + 1).scalars() == [2, 1] as [Int32])
    #expect((flags * 0.5).dtype == .float32)
  }

  @Test func assignmentRebinds() throws {
    var a: Tensor = [1, 2]
    let b = a
    a += 1
    a *= [2, 3]
    a -= 1
    a /= 2
    #expect(try a.scalars() == [1.5, 4] as [Float])
    #expect(try b.scalars() == [1, 2] as [Float])
  }

  @Test func powers() throws {
    let x: Tensor = [-2, 3]
    #expect(try power(x, 2).scalars() == [4, 9] as [Float])
    #expect(try power(x, 3).scalars() == [-8, 27] as [Float])
    #expect(try power(2, x).scalars() == [0.25, 8] as [Float])
    #expect(try power(Tensor([4, 9]), 0.5).scalars() == [2, 3] as [Float])
    #expect(try power(Tensor([4], dtype: .int32), 0.5).item() == 2)
    #expect(try power(Tensor([2], dtype: .int32), 5).scalars() == [32] as [Int32])
  }

  @Test func comparisons() throws {
    let x: Tensor = [1, 2, 3]
    #expect((x .< 2).dtype == .bool)
    #expect(try (x .< 2).scalars() == [true, false, false])
    #expect(try (2 .< x).scalars() == [false, false, true])
    #expect(try (x .<= [3, 2, 1]).scalars() == [true, true, false])
    #expect(try (x .>= 2).scalars() == [false, true, true])
    #expect(try (x .> 2).scalars() == [false, false, true])
    #expect(try (x .== 2).scalars() == [false, true, false])
    #expect(try (x .!= 2).scalars() == [true, false, true])
    #expect(try (Tensor([1, 2], dtype: .int32) .> 1.5).scalars() == [false, true])
  }

  @Test func logic() throws {
    let a = Tensor([true, true, false, false]), b = Tensor([true, false, true, false])
    #expect(try (a && b).scalars() == [true, false, false, false])
    #expect(try (a || b).scalars() == [true, true, true, false])
    #expect(try (a ^ b).scalars() == [false, true, true, false])
    #expect(try (!a).scalars() == [false, false, true, true])
    #expect(try (Tensor([0, 2]) || Tensor([0, 0])).scalars() == [false, true])
    let bits = Tensor([12, 10], dtype: .int32)
    #expect(try (bits & Tensor(10, dtype: .int32)).scalars() == [8, 10] as [Int32])
    #expect(try (bits | Tensor(3, dtype: .int32)).scalars() == [15, 11] as [Int32])
    #expect(try (~bits).scalars() == [-13, -11] as [Int32])
    #expect(try ((bits << 2) >> 1).scalars() == [24, 20] as [Int32])
    #expect(try failure(of: Tensor([1.0]) & Tensor([1.0])).kind == .dtype)
  }

  @Test func specialNumbers() throws {
    let x: Tensor = Tensor([1, .infinity, -.infinity, .nan] as [Float])
    #expect(try x.isFinite.scalars() == [true, false, false, false])
    #expect(try x.isInfinite.scalars() == [false, true, true, false])
    #expect(try x.isNaN.scalars() == [false, false, false, true])
    #expect(try Tensor([1, 2], dtype: .int32).isFinite.scalars() == [true, true])
    #expect(try x.replacing(with: 0, where: x.isNaN || x.isInfinite).scalars() == [1, 0, 0, 0] as [Float])
  }

  @Test func wholeNumbersAreTakenAsReal() throws {
    let n = Tensor([0, 1], dtype: .int64)
    #expect(exp(n).dtype == .float32)
    #expect(abs(n).dtype == .int64)
    #expect(try clip(Tensor([-5, 5], dtype: .int32), -1, 3).scalars() == [-1, 3] as [Int32])
    #expect(try failure(of: clip(Tensor([1], dtype: .int32), 0.5, 1)).kind == .dtype)
    #expect(try Tensor([-2, 0.5]).clipped(to: -1...1).scalars() == [-1, 0.5] as [Float])
  }

  @Test(arguments: [DType.float32, .float64])
  func inverseErrorFunction(dtype: DType) throws {
    let y = Tensor([-0.999, -0.9, -0.3, 0, 1e-3, 0.5, 0.99, 0.99999], dtype: dtype)
    let tolerance = dtype == .float64 ? 1e-14 : 1e-6
    #expect(try allClose(erf(erfinv(y)), y, relativeTolerance: tolerance, absoluteTolerance: tolerance))
  }

  @Test func broadcastErrorsSayHow() throws {
    let error = try failure(of: Tensor.zeros([2, 3]) + Tensor.zeros([4]))
    #expect(error.kind == .shape)
    #expect(error.problem.contains("[2, 3] and [4]"))
    #expect(
      try failure(of: select(Tensor([1, 0]), [1, 2], [3, 4])).advice?.contains("compare first") == true)
  }
}
