import ApusKernels
import Testing

/// A Swift type that a register can hold, with its code.
protocol LoopElement: Equatable, Sendable {
  static var loopType: Int32 { get }
}
extension Float: LoopElement { static var loopType: Int32 { Int32(APUS_FLOAT32) } }
extension Double: LoopElement { static var loopType: Int32 { Int32(APUS_FLOAT64) } }
extension Int32: LoopElement { static var loopType: Int32 { Int32(APUS_INT32) } }
extension Int64: LoopElement { static var loopType: Int32 { Int32(APUS_INT64) } }
extension UInt8: LoopElement { static var loopType: Int32 { Int32(APUS_UINT8) } }
extension UInt32: LoopElement { static var loopType: Int32 { Int32(APUS_UINT32) } }
extension Bool: LoopElement { static var loopType: Int32 { Int32(APUS_BOOL) } }
/// The bits of a bfloat16.
struct BFloat16: LoopElement {
  var bits: UInt16
  static var loopType: Int32 { Int32(APUS_BFLOAT16) }
}

/// A fused loop under construction, and the memory that it works on.
final class TestLoop {
  let handle: OpaquePointer
  let shape: [Int]
  private var memory: [AnyObject] = []

  init(_ shape: [Int]) throws {
    self.shape = shape
    handle = try #require(apus_loop_create(Int32(shape.count), shape.map(Int64.init)))
  }

  deinit { apus_loop_destroy(handle) }

  /// Strides of the loop's whole space in row-major order.
  var denseStrides: [Int] { TestLoop.rowMajor(shape) }

  static func rowMajor(_ shape: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for d in stride(from: shape.count - 2, through: 0, by: -1) {
      strides[d] = strides[d + 1] * max(shape[d + 1], 1)
    }
    return strides
  }

  func input<T: LoopElement>(_ values: [T], strides: [Int]? = nil, offset: Int = 0) -> Int32 {
    input(KernelMemory(values), strides: strides, offset: offset)
  }

  func input<T: LoopElement>(_ values: KernelMemory<T>, strides: [Int]? = nil, offset: Int = 0) -> Int32 {
    let register = apus_loop_add_input(handle, T.loopType, (strides ?? denseStrides).map(Int64.init))
    memory.append(values)
    apus_loop_set_input(handle, register, values.pointer + offset)
    return register
  }

  func real<T: LoopElement>(_ value: Double, as type: T.Type) -> Int32 {
    apus_loop_add_real(handle, T.loopType, value)
  }

  func apply<T: LoopElement>(_ opcode: Int, _ type: T.Type, _ a: Int32, _ b: Int32 = -1, _ c: Int32 = -1)
    -> Int32
  {
    apus_loop_add_instruction(handle, Int32(opcode), T.loopType, a, b, c)
  }

  func output<T: LoopElement>(
    _ value: Int32, into result: KernelMemory<T>, reduction: Int = APUS_REDUCE_NONE, strides: [Int]? = nil,
    offset: Int = 0
  ) {
    let number = apus_loop_add_output(
      handle, value, Int32(reduction), (strides ?? denseStrides).map(Int64.init))
    memory.append(result)
    apus_loop_set_output(handle, number, result.pointer + offset)
  }

  func run() throws {
    try #require(apus_loop_prepare(handle) == 0, "\(String(cString: apus_loop_error(handle)))")
    try #require(apus_loop_run(UnsafeMutableRawPointer(handle)) == 0)
  }

  /// What `prepare` has against the loop.
  func refusal() -> String {
    apus_loop_prepare(handle) == 0 ? "" : String(cString: apus_loop_error(handle))
  }
}

/// One opcode on whole arrays.
func apply<R: LoopElement, A: LoopElement>(_ opcode: Int, _ a: [A], to type: R.Type, zero: R) throws -> [R] {
  let loop = try TestLoop([a.count])
  let result = KernelMemory(repeating: zero, count: a.count)
  loop.output(loop.apply(opcode, type, loop.input(a)), into: result)
  try loop.run()
  return result.array
}

func apply<R: LoopElement, A: LoopElement>(
  _ opcode: Int, _ a: [A], _ b: [A], to type: R.Type, zero: R
) throws -> [R] {
  let loop = try TestLoop([a.count])
  let result = KernelMemory(repeating: zero, count: a.count)
  let x = loop.input(a), y = loop.input(b)
  loop.output(loop.apply(opcode, type, x, y), into: result)
  try loop.run()
  return result.array
}

func apply<R: LoopElement, A: LoopElement>(
  _ opcode: Int, _ a: [A], _ b: [R], _ c: [R], to type: R.Type, zero: R
) throws -> [R] {
  let loop = try TestLoop([a.count])
  let result = KernelMemory(repeating: zero, count: a.count)
  let x = loop.input(a), y = loop.input(b), z = loop.input(c)
  loop.output(loop.apply(opcode, type, x, y, z), into: result)
  try loop.run()
  return result.array
}
