import ApusKernels
import Testing

/// Casts between every pair of types.
struct LoopConversionTests {
  static let reals: [Double] = [
    0, -0.0, 0.5, -0.5, 0.99, -0.99, 1, -1, 1.5, -1.5, 2.5, 127, 128, 255, 255.9, 256, -129, 65_536,
    16_777_217,
    2_147_483_520, 2_147_483_647, 2_147_483_648, -2_147_483_648, -2_147_483_649, 4_294_967_040, 4_294_967_295,
    4_294_967_296, 9.2e18, 9.3e18, -9.2e18, -9.3e18, 1e30, -1e30, .infinity, -.infinity, .nan, 3.14159,
    -2.71828,
  ]
  static let integers: [Int64] = [
    0, 1, -1, 2, 127, 128, 255, 256, -128, -129, 65_535, 16_777_217, 2_147_483_647, 2_147_483_648,
    -2_147_483_648,
    4_294_967_295, 4_294_967_296, Int64.max, Int64.min, 9_007_199_254_740_993,
  ]

  /// Toward zero, with saturation; NaN gives 0.
  static func saturated<T: FixedWidthInteger, F: BinaryFloatingPoint>(_ value: F, _ type: T.Type) -> T {
    if value.isNaN { return 0 }
    if let exact = T(exactly: value.rounded(.towardZero)) { return exact }
    return value < 0 ? T.min : T.max
  }

  static func checkFloat<F: BinaryFloatingPoint & LoopElement>(_ type: F.Type) throws {
    let values = reals.map { F($0) }
    #expect(
      try apply(APUS_OP_CAST, values, to: Int32.self, zero: 9) == values.map { saturated($0, Int32.self) })
    #expect(
      try apply(APUS_OP_CAST, values, to: Int64.self, zero: 9) == values.map { saturated($0, Int64.self) })
    #expect(
      try apply(APUS_OP_CAST, values, to: UInt32.self, zero: 9) == values.map { saturated($0, UInt32.self) })
    #expect(
      try apply(APUS_OP_CAST, values, to: UInt8.self, zero: 9) == values.map { saturated($0, UInt8.self) })
    #expect(try apply(APUS_OP_CAST, values, to: Bool.self, zero: false) == values.map { $0 != 0 })
    for (x, y) in zip(values, try apply(APUS_OP_CAST, values, to: Float.self, zero: 9)) {
      #expect(LoopOperationTests.same(y, Float(x)))
    }
    for (x, y) in zip(values, try apply(APUS_OP_CAST, values, to: Double.self, zero: 9)) {
      #expect(LoopOperationTests.same(y, Double(x)))
    }
  }

  @Test func fromFloats() throws {
    try Self.checkFloat(Float.self)
    try Self.checkFloat(Double.self)
  }

  static func checkInteger<T: FixedWidthInteger & LoopElement>(_ type: T.Type) throws {
    let values = integers.map { T(truncatingIfNeeded: $0) }
    #expect(
      try apply(APUS_OP_CAST, values, to: Int32.self, zero: 9) == values.map { Int32(truncatingIfNeeded: $0) }
    )
    #expect(
      try apply(APUS_OP_CAST, values, to: Int64.self, zero: 9) == values.map { Int64(truncatingIfNeeded: $0) }
    )
    #expect(
      try apply(APUS_OP_CAST, values, to: UInt32.self, zero: 9)
        == values.map { UInt32(truncatingIfNeeded: $0) })
    #expect(
      try apply(APUS_OP_CAST, values, to: UInt8.self, zero: 9) == values.map { UInt8(truncatingIfNeeded: $0) }
    )
    #expect(try apply(APUS_OP_CAST, values, to: Bool.self, zero: false) == values.map { $0 != 0 })
    #expect(try apply(APUS_OP_CAST, values, to: Float.self, zero: 9) == values.map { Float($0) })
    #expect(try apply(APUS_OP_CAST, values, to: Double.self, zero: 9) == values.map { Double($0) })
    // By way of float32: twice rounded where float32 rounds already.
    let halves = try apply(APUS_OP_CAST, values, to: BFloat16.self, zero: BFloat16(bits: 9))
    #expect(halves.map { $0.bits } == values.map { rounded(Float($0)).bits })
  }

  @Test func fromIntegers() throws {
    try Self.checkInteger(Int32.self)
    try Self.checkInteger(Int64.self)
    try Self.checkInteger(UInt32.self)
    try Self.checkInteger(UInt8.self)
  }

  @Test func fromBooleans() throws {
    let values = (0..<67).map { $0 % 3 == 0 }
    #expect(try apply(APUS_OP_CAST, values, to: Float.self, zero: 9) == values.map { $0 ? 1 : 0 })
    #expect(try apply(APUS_OP_CAST, values, to: Double.self, zero: 9) == values.map { $0 ? 1 : 0 })
    #expect(try apply(APUS_OP_CAST, values, to: Int32.self, zero: 9) == values.map { $0 ? 1 : 0 })
    #expect(try apply(APUS_OP_CAST, values, to: Int64.self, zero: 9) == values.map { $0 ? 1 : 0 })
    #expect(try apply(APUS_OP_CAST, values, to: UInt8.self, zero: 9) == values.map { $0 ? 1 : 0 })
    #expect(try apply(APUS_OP_CAST, values, to: UInt32.self, zero: 9) == values.map { $0 ? 1 : 0 })
    #expect(try apply(APUS_OP_CAST, values, to: Bool.self, zero: true) == values)
  }

  static func widened(_ value: BFloat16) -> Float { Float(bitPattern: UInt32(value.bits) << 16) }

  /// The nearest bfloat16, ties to even, by comparing both neighbors.
  static func rounded(_ value: Float) -> BFloat16 {
    if value.isNaN || value.isInfinite {
      return BFloat16(bits: UInt16(value.bitPattern >> 16) | (value.isNaN ? 0x40 : 0))
    }
    let below = BFloat16(bits: UInt16(value.bitPattern >> 16))
    let above = BFloat16(bits: below.bits + 1)
    // In double: beyond the greatest bfloat16 the next value would be 2^128.
    let upper = above.bits & 0x7fff == 0x7f80 ? (value < 0 ? -0x1p128 : 0x1p128) : Double(widened(above))
    let down = abs(Double(value) - Double(widened(below))), up = abs(upper - Double(value))
    if down != up { return down < up ? below : above }
    return below.bits & 1 == 0 ? below : above
  }

  @Test func bfloat16RoundsToNearestEven() throws {
    var random = SplitMix(state: 5)
    var values: [Float] = [
      0, -0.0, 1, -1, 1.00390625, 1.01171875, 3.3895314e38, .greatestFiniteMagnitude, .infinity, -.infinity,
      .nan,
    ]
    // Exact ties and random bits of normal numbers.
    for _ in 0..<3_000 {
      let bits =
        UInt32.random(in: 0x0080_0000..<0x7f80_0000, using: &random) | (random.next() & 1 == 0 ? 0 : 1 << 31)
      values.append(Float(bitPattern: bits))
      values.append(Float(bitPattern: bits & 0xffff_0000 | 0x8000))
    }
    let stored = try apply(APUS_OP_CAST, values, to: BFloat16.self, zero: BFloat16(bits: 0))
    for (x, y) in zip(values, stored) {
      if x.isNaN {
        #expect(Self.widened(y).isNaN)
      } else {
        #expect(y == Self.rounded(x), "\(x)")
      }
    }
    let loaded = try apply(APUS_OP_CAST, stored, to: Float.self, zero: 0)
    for (x, y) in zip(stored, loaded) { #expect(LoopOperationTests.same(y, Self.widened(x))) }
    let doubles = try apply(APUS_OP_CAST, stored, to: Double.self, zero: 0)
    for (x, y) in zip(stored, doubles) { #expect(LoopOperationTests.same(y, Double(Self.widened(x)))) }
    let whole = try apply(APUS_OP_CAST, stored, to: Int32.self, zero: 0)
    for (x, y) in zip(stored, whole) { #expect(y == Self.saturated(Self.widened(x), Int32.self)) }
    let small = try apply(APUS_OP_CAST, stored, to: UInt8.self, zero: 0)
    for (x, y) in zip(stored, small) { #expect(y == Self.saturated(Self.widened(x), UInt8.self)) }
    let truth = try apply(APUS_OP_CAST, stored, to: Bool.self, zero: false)
    for (x, y) in zip(stored, truth) { #expect(y == (Self.widened(x) != 0)) }
  }

  @Test func bitcastsKeepTheBytes() throws {
    let values: [Float] = [0, 1, -2.5, .infinity, 1e-20]
    #expect(
      try apply(APUS_OP_BITCAST, values, to: UInt32.self, zero: 0) == values.map { $0.bitPattern })
    #expect(
      try apply(APUS_OP_BITCAST, values.map { Double($0) }, to: Int64.self, zero: 0)
        == values.map { Int64(bitPattern: Double($0).bitPattern) })
  }
}
