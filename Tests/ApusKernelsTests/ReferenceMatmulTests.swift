import ApusKernels
import Testing

struct ReferenceMatmulTests {
  struct Case {
    var batch: [Int]
    var rows: Int
    var depth: Int
    var columns: Int
    var transposedLeft = false
    var transposedRight = false
    var transposedResult = false
    /// Batch axes along which the right operand is repeated.
    var repeatedRight: Set<Int> = []
  }

  static let cases = [
    Case(batch: [], rows: 1, depth: 1, columns: 1),
    Case(batch: [], rows: 5, depth: 7, columns: 3, transposedLeft: true),
    Case(batch: [], rows: 130, depth: 140, columns: 131, transposedRight: true),
    Case(batch: [3], rows: 4, depth: 300, columns: 33, transposedResult: true),
    Case(batch: [2, 3], rows: 17, depth: 9, columns: 65, transposedLeft: true, repeatedRight: [0]),
    Case(batch: [2, 3], rows: 6, depth: 5, columns: 1, transposedRight: true, repeatedRight: [0, 1]),
    Case(batch: [2], rows: 3, depth: 0, columns: 4),
    Case(batch: [0], rows: 3, depth: 2, columns: 4),
  ]

  private func strides(_ sizes: [Int], zeroed: Set<Int> = []) -> [Int] {
    var result = [Int](repeating: 0, count: sizes.count)
    var stride = 1
    for d in sizes.indices.reversed() where !zeroed.contains(d) {
      result[d] = stride
      stride *= sizes[d]
    }
    return result
  }

  private func multiply<T: KernelElement>(_ c: Case, _ left: [T], _ right: [T], zero: T, threads: Int32)
    -> [T]
  {
    let rank = c.batch.count
    var context = apus_matmul_context()
    context.rows = Int64(c.rows)
    context.depth = Int64(c.depth)
    context.columns = Int64(c.columns)
    context.left_row_stride = Int64(c.transposedLeft ? 1 : c.depth)
    context.left_depth_stride = Int64(c.transposedLeft ? c.rows : 1)
    context.right_depth_stride = Int64(c.transposedRight ? 1 : c.columns)
    context.right_column_stride = Int64(c.transposedRight ? c.depth : 1)
    context.result_row_stride = Int64(c.transposedResult ? 1 : c.columns)
    context.result_column_stride = Int64(c.transposedResult ? c.rows : 1)
    let a = strides(c.batch + [c.rows * c.depth])
    let b = strides(c.batch + [c.depth * c.columns], zeroed: c.repeatedRight)
    let r = strides(c.batch + [c.rows * c.columns])
    for d in 0..<rank {
      withUnsafeMutableBytes(of: &context.batch) { $0.storeInt64(c.batch[d], at: d) }
      withUnsafeMutableBytes(of: &context.left_batch_stride) { $0.storeInt64(a[d], at: d) }
      withUnsafeMutableBytes(of: &context.right_batch_stride) { $0.storeInt64(b[d], at: d) }
      withUnsafeMutableBytes(of: &context.result_batch_stride) { $0.storeInt64(r[d], at: d) }
    }
    context.batch_rank = Int32(rank)
    context.dtype = T.code
    context.threads = threads
    let left = KernelMemory(left)
    let right = KernelMemory(right)
    let result = KernelMemory(repeating: zero, count: c.batch.reduce(1, *) * c.rows * c.columns)
    context.left = left.constant
    context.right = right.constant
    context.result = result.raw
    #expect(run(apus_matmul, &context) == 0)
    return result.array
  }

  /// The product from its definition, in the same memory orders.
  private func expected<T: Numeric>(_ c: Case, _ left: [T], _ right: [T], multiplyAdd: (T, T, T) -> T) -> [T]
  {
    let b = strides(c.batch + [c.depth * c.columns], zeroed: c.repeatedRight)
    let total = c.batch.reduce(1, *)
    var result = [T](repeating: 0, count: total * c.rows * c.columns)
    for batch in 0..<total {
      var rest = batch
      var rightStart = 0
      for d in c.batch.indices.reversed() {
        rightStart += rest % c.batch[d] * b[d]
        rest /= c.batch[d]
      }
      for i in 0..<c.rows {
        for j in 0..<c.columns {
          var sum: T = 0
          for k in 0..<c.depth {
            let x = left[batch * c.rows * c.depth + (c.transposedLeft ? k * c.rows + i : i * c.depth + k)]
            let y = right[rightStart + (c.transposedRight ? j * c.depth + k : k * c.columns + j)]
            sum = multiplyAdd(sum, x, y)
          }
          result[batch * c.rows * c.columns + (c.transposedResult ? j * c.rows + i : i * c.columns + j)] = sum
        }
      }
    }
    return result
  }

  @Test(arguments: cases)
  func matchesTheDefinition(c: Case) {
    var random = SplitMix(state: 51)
    let batch = c.batch.reduce(1, *)
    let leftCount = batch * c.rows * c.depth
    let rightCount = batch * c.depth * c.columns
    let (a, b) = (random.doubles(leftCount), random.doubles(rightCount))
    let doubles = expected(c, a, b) { $0 + $1 * $2 }
    let once = multiply(c, a, b, zero: .nan, threads: 1)
    #expect(distance(once, doubles) < 1e-13)
    #expect(multiply(c, a, b, zero: .nan, threads: 2) == once)
    let floats = multiply(c, a.map { Float($0) }, b.map { Float($0) }, zero: .nan, threads: 2)
    #expect(distance(floats, doubles.map { Float($0) }) < 1e-5)

    let (m, n) = (a.map { Int64($0 * 9e9) }, b.map { Int64($0 * 9e9) })
    #expect(multiply(c, m, n, zero: 7, threads: 2) == expected(c, m, n) { $0 &+ $1 &* $2 })
    let (p, q) = (a.map { Int32($0 * 2e9) }, b.map { Int32($0 * 2e9) })
    #expect(multiply(c, p, q, zero: 7, threads: 2) == expected(c, p, q) { $0 &+ $1 &* $2 })
  }

  @Test func otherTypesAreRefused() {
    var context = apus_matmul_context()
    context.dtype = bfloat16Code
    #expect(run(apus_matmul, &context) == Int32(APUS_FAULT_DTYPE))
  }
}
