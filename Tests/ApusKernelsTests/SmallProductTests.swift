import ApusKernels
import Foundation
import Testing

/// The small product against sums in double, on sizes around those of vectors and register tiles.
struct SmallProductTests {
  private static func activated(_ x: Double, _ activation: Int) -> Double {
    switch activation {
    case APUS_ACTIVATION_RELU: max(x, 0)
    case APUS_ACTIVATION_GELU: x / 2 * (1 + erf(x / 2.0.squareRoot()))
    case APUS_ACTIVATION_GELU_TANH:
      x / 2 * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    case APUS_ACTIVATION_SILU: x / (1 + exp(-x))
    case APUS_ACTIVATION_TANH: tanh(x)
    case APUS_ACTIVATION_SIGMOID: 1 / (1 + exp(-x))
    default: x
    }
  }

  private struct Form {
    var leftIsTurned = false, rightIsTurned = false, hasBias = false, hasResidual = false
    var activation = Int(APUS_ACTIVATION_NONE)
  }

  private func check(_ rows: Int, _ depth: Int, _ columns: Int, _ form: Form) {
    var random = SplitMix(state: UInt64(rows * 7 + depth * 3 + columns))
    let left = KernelMemory(random.floats(rows * depth)), right = KernelMemory(random.floats(depth * columns))
    let bias = KernelMemory(random.floats(columns)), residual = KernelMemory(random.floats(rows * columns))
    let result = KernelMemory(repeating: Float.nan, count: rows * columns + 1)
    var context = apus_small_product_context()
    context.left = UnsafePointer(left.pointer)
    context.right = UnsafePointer(right.pointer)
    context.bias = form.hasBias ? UnsafePointer(bias.pointer) : nil
    context.residual = form.hasResidual ? UnsafePointer(residual.pointer) : nil
    context.result = result.pointer
    (context.rows, context.depth, context.columns) = (Int64(rows), Int64(depth), Int64(columns))
    (context.left_row_stride, context.left_depth_stride) =
      form.leftIsTurned ? (1, Int64(rows)) : (Int64(depth), 1)
    (context.right_depth_stride, context.right_column_stride) =
      form.rightIsTurned ? (1, Int64(depth)) : (Int64(columns), 1)
    context.activation = Int32(form.activation)
    let byteCount = Int(apus_small_product_scratch_bytes(&context))
    let scratch = KernelMemory(repeating: Float.nan, count: byteCount / 4)
    context.scratch = scratch.pointer
    #expect(run(apus_small_product, &context) == 0)
    let found = result.array, a = left.array, b = right.array
    for i in 0..<rows {
      for j in 0..<columns {
        var sum = form.hasBias ? Double(bias.array[j]) : 0
        for k in 0..<depth {
          let x = a[form.leftIsTurned ? k * rows + i : i * depth + k]
          let y = b[form.rightIsTurned ? j * depth + k : k * columns + j]
          sum += Double(x) * Double(y)
        }
        if form.hasResidual { sum += Double(residual.array[i * columns + j]) }
        let wanted = Self.activated(sum, form.activation)
        let difference = abs(Double(found[i * columns + j]) - wanted)
        #expect(difference < 2e-5, "[\(i), \(j)] of \(rows)×\(depth)×\(columns), \(form)")
        if difference.isNaN || difference >= 2e-5 { return }
      }
    }
    #expect(found[rows * columns].isNaN, "wrote behind the end")
  }

  @Test(arguments: [1, 2, 5, 6, 7, 13, 32], [1, 3, 15, 16, 17, 33, 50, 64, 65, 80, 131])
  func sizesAroundTiles(rows: Int, columns: Int) {
    for (leftIsTurned, rightIsTurned) in [(false, false), (true, false), (false, true), (true, true)] {
      check(rows, 9, columns, Form(leftIsTurned: leftIsTurned, rightIsTurned: rightIsTurned))
    }
  }

  @Test(arguments: [1, 5, 19, 37], 0...6) func epilogues(columns: Int, activation: Int) {
    for (hasBias, hasResidual) in [(false, false), (true, false), (false, true), (true, true)] {
      check(8, 12, columns, Form(hasBias: hasBias, hasResidual: hasResidual, activation: activation))
    }
  }

  @Test func aReluKeepsWhatIsNoNumber() {
    for columns in [1, 20] {
      let left = KernelMemory<Float>([1]), right = KernelMemory([Float](repeating: .nan, count: columns))
      let result = KernelMemory(repeating: Float(0), count: columns)
      let scratch = KernelMemory(repeating: Float(0), count: 64)
      var context = apus_small_product_context()
      context.left = UnsafePointer(left.pointer)
      context.right = UnsafePointer(right.pointer)
      context.result = result.pointer
      context.scratch = scratch.pointer
      (context.rows, context.depth, context.columns) = (1, 1, Int64(columns))
      (context.left_row_stride, context.left_depth_stride) = (1, 1)
      (context.right_depth_stride, context.right_column_stride) = (Int64(columns), 1)
      context.activation = Int32(APUS_ACTIVATION_RELU)
      #expect(apus_small_product_scratch_bytes(&context) <= 64 * 4)
      #expect(run(apus_small_product, &context) == 0)
      #expect(result.array.allSatisfy { $0.isNaN })
    }
  }
}
