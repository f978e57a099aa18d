import ApusKernels

/// Memory that a kernel's context may point to for as long as this object lives.
final class KernelMemory<Element> {
  let pointer: UnsafeMutablePointer<Element>
  let count: Int

  init(_ elements: [Element]) {
    count = elements.count
    pointer = .allocate(capacity: max(1, elements.count))
    pointer.initialize(from: elements, count: elements.count)
  }

  init(repeating element: Element, count: Int) {
    self.count = count
    pointer = .allocate(capacity: max(1, count))
    pointer.initialize(repeating: element, count: count)
  }

  deinit { pointer.deallocate() }

  var raw: UnsafeMutableRawPointer { UnsafeMutableRawPointer(pointer) }
  var constant: UnsafeRawPointer { UnsafeRawPointer(pointer) }
  var array: [Element] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
}

/// Runs one kernel on its context, as the executor does.
func run<Context>(_ step: apus_step_function, _ context: inout Context) -> Int32 {
  withUnsafeMutablePointer(to: &context) { step($0) }
}

extension UnsafeMutableRawBufferPointer {
  /// Stores into the array of int64 that a C array in a context is.
  func storeInt64(_ value: Int, at index: Int) {
    storeBytes(of: Int64(value), toByteOffset: index * 8, as: Int64.self)
  }
}

/// SplitMix64: the same numbers in every run.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  mutating func floats(_ count: Int, in bounds: ClosedRange<Float> = -1...1) -> [Float] {
    (0..<count).map { _ in Float.random(in: bounds, using: &self) }
  }

  mutating func doubles(_ count: Int, in bounds: ClosedRange<Double> = -1...1) -> [Double] {
    (0..<count).map { _ in Double.random(in: bounds, using: &self) }
  }
}

/// The Swift types that hold elements of a kernel's dtype, with the code that kernels know them by.
protocol KernelElement: Comparable, Sendable {
  static var code: Int32 { get }
}
extension Float: KernelElement { static var code: Int32 { 0 } }
extension Double: KernelElement { static var code: Int32 { 1 } }
extension Int32: KernelElement { static var code: Int32 { 2 } }
extension Int64: KernelElement { static var code: Int32 { 3 } }
extension UInt8: KernelElement { static var code: Int32 { 4 } }
extension UInt32: KernelElement { static var code: Int32 { 7 } }

/// bfloat16 bits of a number that bfloat16 can hold.
func bfloat16(_ value: Float) -> UInt16 { UInt16(value.bitPattern >> 16) }
let bfloat16Code: Int32 = 6
let boolCode: Int32 = 5

/// Position of the first element that differs, or nil: says more, in fewer lines, than two long arrays.
func firstDifference<T: Equatable>(_ a: [T], _ b: [T]) -> Int? {
  zip(a, b).enumerated().first { $1.0 != $1.1 }?.offset ?? (a.count == b.count ? nil : min(a.count, b.count))
}

/// Largest difference relative to the larger of 1 and the expected magnitude; infinite when shapes differ.
func distance<T: BinaryFloatingPoint>(_ a: [T], _ b: [T]) -> Double {
  guard a.count == b.count else { return .infinity }
  var worst = 0.0
  for (x, y) in zip(a, b) {
    if x.isNaN && y.isNaN || x == y { continue }
    let difference = abs(Double(x) - Double(y)) / max(1, abs(Double(y)))
    worst = difference.isNaN ? .infinity : max(worst, difference)
  }
  return worst
}
