import ApusKernels
import Foundation
import Testing

struct SoftmaxCrossEntropyTests {
  struct Outcome<T> {
    var loss: [T]
    var gradient: [T]
    var code: Int32
    var fault: apus_fault
  }

  private func crossEntropy<T: KernelElement & BinaryFloatingPoint, L: KernelElement>(
    _ logits: [T], _ labels: [L], classes: Int, gradient: [T], smoothing: Double = 0, ignored: Int? = nil,
    threads: Int32 = 1
  ) -> Outcome<T> {
    let logits = KernelMemory(logits)
    let labels = KernelMemory(labels)
    let loss = KernelMemory(repeating: T.nan, count: labels.count)
    let logSumExp = KernelMemory(repeating: T.nan, count: labels.count)
    let gradient = KernelMemory(gradient)
    var context = apus_softmax_cross_entropy_context()
    context.logits = logits.constant
    context.labels = labels.constant
    context.loss = loss.raw
    context.log_sum_exp = logSumExp.raw
    context.rows = Int64(labels.count)
    context.classes = Int64(classes)
    context.gradient = gradient.constant
    context.gradient_stride = gradient.count == 1 && labels.count != 1 ? 0 : 1
    // In place: the harder case.
    context.result = logits.raw
    context.label_smoothing = smoothing
    context.ignored_label = Int64(ignored ?? 0)
    context.has_ignored_label = ignored == nil ? 0 : 1
    context.dtype = T.code
    context.label_dtype = L.code
    context.threads = threads
    let code = run(apus_softmax_cross_entropy, &context)
    if code == 0 { #expect(run(apus_softmax_cross_entropy_gradient, &context) == 0) }
    return Outcome(loss: loss.array, gradient: logits.array, code: code, fault: context.fault)
  }

  private func expected(
    _ logits: [Double], _ labels: [Int], classes: Int, gradient: [Double], smoothing: Double, ignored: Int?
  ) -> (loss: [Double], gradient: [Double]) {
    var loss = [Double](repeating: 0, count: labels.count)
    var result = [Double](repeating: 0, count: logits.count)
    for (r, label) in labels.enumerated() where label != ignored {
      let x = logits[r * classes..<(r + 1) * classes]
      let most = x.max() ?? 0
      let lse = most + log(x.reduce(0) { $0 + exp($1 - most) })
      for (k, value) in x.enumerated() {
        let target = (k == label ? 1 - smoothing : 0) + smoothing / Double(classes)
        loss[r] += target * (lse - value)
        result[r * classes + k] = (exp(value - lse) - target) * gradient[gradient.count == 1 ? 0 : r]
      }
    }
    return (loss, result)
  }

  @Test(arguments: [(1, 1), (7, 10), (500, 100), (3, 1001)], [0, 0.1])
  func matchesTheDefinition(sizes: (Int, Int), smoothing: Double) {
    var random = SplitMix(state: 91)
    let (rows, classes) = sizes
    let logits = random.doubles(rows * classes, in: -20...20)
    let labels = (0..<rows).map { _ in Int.random(in: 0..<classes, using: &random) }
    let gradients = [random.doubles(rows), [0.25]]
    for gradient in gradients {
      for ignored in [nil, labels[0]] {
        let (loss, result) = expected(
          logits, labels, classes: classes, gradient: gradient, smoothing: smoothing, ignored: ignored)
        for threads: Int32 in [1, 2] {
          let double = crossEntropy(
            logits, labels.map { Int64($0) }, classes: classes, gradient: gradient, smoothing: smoothing,
            ignored: ignored, threads: threads)
          #expect(distance(double.loss, loss) < 1e-13)
          #expect(distance(double.gradient, result) < 1e-13)
          let single = crossEntropy(
            logits.map { Float($0) }, labels.map { Int32($0) }, classes: classes,
            gradient: gradient.map { Float($0) }, smoothing: smoothing, ignored: ignored, threads: threads)
          #expect(distance(single.loss, loss.map { Float($0) }) < 1e-5)
          #expect(distance(single.gradient, result.map { Float($0) }) < 1e-5)
        }
      }
    }
  }

  @Test func extremeLogits() {
    let sure = crossEntropy([1000, 0, -.infinity] as [Float], [0] as [UInt8], classes: 3, gradient: [1])
    #expect(sure.loss == [0])
    #expect(sure.gradient == [0, 0, 0])
    let wrong = crossEntropy([1000, 0, 0] as [Float], [1] as [UInt32], classes: 3, gradient: [1])
    #expect(wrong.loss == [1000])
    #expect(wrong.gradient == [1, -1, 0])
  }

  @Test func labelOutsideIsAFaultThatNamesTheRow() {
    for label: Int32 in [3, -1] {
      let outcome = crossEntropy(
        [Float](repeating: 0, count: 12), [0, 1, label, 99], classes: 3, gradient: [1])
      #expect(outcome.code == Int32(APUS_FAULT_LABEL))
      #expect(outcome.fault.code == Int32(APUS_FAULT_LABEL))
      #expect(outcome.fault.position == 2)
      #expect(outcome.fault.value == Int64(label))
      #expect(outcome.fault.limit == 3)
      #expect(outcome.loss.allSatisfy { $0.isNaN })
    }
    let ignored = crossEntropy(
      [Float](repeating: 0, count: 6), [-100, 1] as [Int32], classes: 3, gradient: [1], ignored: -100)
    #expect(ignored.code == 0)
    #expect(ignored.loss[0] == 0)
    #expect(ignored.gradient.prefix(3) == [0, 0, 0])
  }
}
