import ApusKernels
import Testing

struct BatchNormTests {
  /// Every result of the forward and the gradient kernel.
  struct Outcome<T: Equatable>: Equatable {
    var result: [T] = []
    var mean: [T] = []
    var variance: [T] = []
    var sourceGradient: [T] = []
    var gammaGradient: [T] = []
    var betaGradient: [T] = []
  }

  struct Case {
    var rows: Int
    var channels: Int
    var affine = true
    var residual = false
    var relu = false
  }

  static let cases = [
    Case(rows: 1, channels: 1), Case(rows: 10, channels: 3), Case(rows: 700, channels: 64, relu: true),
    Case(rows: 5000, channels: 17, residual: true, relu: true), Case(rows: 33, channels: 530, affine: false),
    Case(rows: 40, channels: 65, residual: true), Case(rows: 20_000, channels: 2, relu: true),
    Case(rows: 43, channels: 600, relu: true),
  ]
  let epsilon = 1e-3

  private func normalize<T: KernelElement & BinaryFloatingPoint>(
    _ c: Case, source: [T], gamma: [T], beta: [T], residual: [T], gradient: [T], inPlace: Bool = false,
    threads: Int32
  ) -> Outcome<T> {
    func empty(_ count: Int) -> KernelMemory<T> { KernelMemory(repeating: T.nan, count: count) }
    let source = KernelMemory(source)
    let gamma = KernelMemory(gamma)
    let beta = KernelMemory(beta)
    let residual = KernelMemory(residual)
    let gradient = KernelMemory(gradient)
    let result = inPlace && c.residual ? residual : empty(source.count)
    let mean = empty(c.channels)
    let variance = empty(c.channels)
    var forward = apus_batch_norm_context()
    forward.source = source.constant
    forward.gamma = c.affine ? gamma.constant : nil
    forward.beta = c.affine ? beta.constant : nil
    forward.residual = c.residual ? residual.constant : nil
    forward.result = result.raw
    forward.mean = mean.raw
    forward.variance = variance.raw
    forward.rows = Int64(c.rows)
    forward.channels = Int64(c.channels)
    forward.epsilon = epsilon
    forward.relu = c.relu ? 1 : 0
    forward.dtype = T.code
    forward.threads = threads
    let scratch = empty(Int(apus_batch_norm_scratch_bytes(&forward)) / MemoryLayout<T>.size)
    forward.scratch = scratch.raw
    #expect(run(apus_batch_norm, &forward) == 0)

    // With a residual the rectifier is taken into account before.
    let rectifies = c.relu && !c.residual
    let sourceGradient = inPlace ? gradient : empty(source.count)
    let gammaGradient = empty(c.channels)
    let betaGradient = empty(c.channels)
    var backward = apus_batch_norm_gradient_context()
    backward.source = source.constant
    backward.gamma = c.affine ? gamma.constant : nil
    backward.mean = mean.constant
    backward.variance = variance.constant
    backward.beta = rectifies && c.affine ? beta.constant : nil
    backward.gradient = gradient.constant
    backward.source_gradient = sourceGradient.raw
    backward.gamma_gradient = gammaGradient.raw
    backward.beta_gradient = betaGradient.raw
    backward.rows = Int64(c.rows)
    backward.channels = Int64(c.channels)
    backward.epsilon = epsilon
    backward.relu = rectifies ? 1 : 0
    backward.dtype = T.code
    backward.threads = threads
    let more = empty(Int(apus_batch_norm_gradient_scratch_bytes(&backward)) / MemoryLayout<T>.size)
    backward.scratch = more.raw
    #expect(run(apus_batch_norm_gradient, &backward) == 0)
    return Outcome(
      result: result.array, mean: mean.array, variance: variance.array, sourceGradient: sourceGradient.array,
      gammaGradient: gammaGradient.array, betaGradient: betaGradient.array)
  }

  private func expected(
    _ c: Case, source: [Double], gamma: [Double], beta: [Double], residual: [Double], gradient: [Double]
  ) -> Outcome<Double> {
    let blank = [Double](repeating: 0, count: source.count)
    let perChannel = [Double](repeating: 0, count: c.channels)
    var outcome = Outcome(
      result: blank, mean: perChannel, variance: perChannel, sourceGradient: blank,
      gammaGradient: perChannel, betaGradient: perChannel)
    let n = Double(c.rows)
    for channel in 0..<c.channels {
      let places = (0..<c.rows).map { $0 * c.channels + channel }
      let mean = places.reduce(0) { $0 + source[$1] } / n
      let variance = places.reduce(0) { $0 + (source[$1] - mean) * (source[$1] - mean) } / n
      let rstd = 1 / (variance + epsilon).squareRoot()
      let (scale, shift) = c.affine ? (gamma[channel], beta[channel]) : (1, 0)
      var (sum, products) = (0.0, 0.0)
      var passed = perChannel
      passed.removeAll()
      for p in places {
        let h = (source[p] - mean) * rstd
        let value = h * scale + shift + (c.residual ? residual[p] : 0)
        outcome.result[p] = c.relu ? max(0, value) : value
        let g = c.relu && !c.residual && value <= 0 ? 0 : gradient[p]
        passed.append(g)
        sum += g
        products += g * h
      }
      for (g, p) in zip(passed, places) {
        let h = (source[p] - mean) * rstd
        outcome.sourceGradient[p] = scale * rstd * (g - sum / n - h * products / n)
      }
      outcome.mean[channel] = mean
      outcome.variance[channel] = variance
      outcome.gammaGradient[channel] = products
      outcome.betaGradient[channel] = sum
    }
    return outcome
  }

  @Test(arguments: cases)
  func matchesTheDefinition(c: Case) {
    var random = SplitMix(state: 111)
    let count = c.rows * c.channels
    // Whole sixteenths: the sign of what the relu sees is the same in both precisions, nearly always.
    let source = random.doubles(count, in: -2...3).map { ($0 * 16).rounded() / 16 }
    let residual = random.doubles(count)
    let gradient = random.doubles(count)
    let (gamma, beta) = (random.doubles(c.channels, in: 0.5...1.5), random.doubles(c.channels))
    let right = expected(c, source: source, gamma: gamma, beta: beta, residual: residual, gradient: gradient)
    let once = normalize(
      c, source: source, gamma: gamma, beta: beta, residual: residual, gradient: gradient, threads: 1)
    #expect(distance(once.result, right.result) < 1e-11)
    #expect(distance(once.mean, right.mean) < 1e-14)
    #expect(distance(once.variance, right.variance) < 1e-13)
    #expect(distance(once.sourceGradient, right.sourceGradient) < 1e-11)
    #expect(distance(once.gammaGradient, right.gammaGradient) < 1e-11)
    #expect(distance(once.betaGradient, right.betaGradient) < 1e-12)
    for inPlace in [false, true] {
      let twice = normalize(
        c, source: source, gamma: gamma, beta: beta, residual: residual, gradient: gradient, inPlace: inPlace,
        threads: 2)
      #expect(twice == once)
      let single = normalize(
        c, source: source.map { Float($0) }, gamma: gamma.map { Float($0) }, beta: beta.map { Float($0) },
        residual: residual.map { Float($0) }, gradient: gradient.map { Float($0) }, inPlace: inPlace,
        threads: 2)
      #expect(distance(single.result, right.result.map { Float($0) }) < 2e-5)
      #expect(distance(single.mean, right.mean.map { Float($0) }) < 1e-6)
      #expect(distance(single.variance, right.variance.map { Float($0) }) < 1e-6)
      #expect(distance(single.sourceGradient, right.sourceGradient.map { Float($0) }) < 1e-4)
      #expect(distance(single.gammaGradient, right.gammaGradient.map { Float($0) }) < 1e-4)
      #expect(distance(single.betaGradient, right.betaGradient.map { Float($0) }) < 1e-4)
    }
  }

  @Test func statisticsAndNormalizationCanBeParted() {
    let channels = 70, rows = 90
    var random = SplitMix(state: 112)
    let source = KernelMemory(random.doubles(rows * channels).map { Float($0) })
    let mean = KernelMemory<Float>(repeating: .nan, count: channels)
    let variance = KernelMemory<Float>(repeating: .nan, count: channels)
    let whole = KernelMemory<Float>(repeating: .nan, count: rows * channels)
    let parted = KernelMemory<Float>(repeating: .nan, count: rows * channels)
    var context = apus_batch_norm_context()
    context.source = source.constant
    context.mean = mean.raw
    context.variance = variance.raw
    context.rows = Int64(rows)
    context.channels = Int64(channels)
    context.epsilon = epsilon
    context.relu = 1
    context.threads = 2
    let scratch = KernelMemory<Float>(
      repeating: .nan, count: Int(apus_batch_norm_scratch_bytes(&context)) / MemoryLayout<Float>.size)
    context.scratch = scratch.raw
    context.result = whole.raw
    #expect(run(apus_batch_norm, &context) == 0)
    let statistics = (mean.array, variance.array)
    context.result = nil
    #expect(run(apus_batch_norm, &context) == 0)
    #expect(mean.array == statistics.0 && variance.array == statistics.1)
    context.result = parted.raw
    context.scratch = nil
    #expect(run(apus_batch_normalize, &context) == 0)
    #expect(parted.array == whole.array)
  }

  @Test func largeMeanCostsNoPrecision() {
    let c = Case(rows: 50_000, channels: 3, affine: false)
    let source = (0..<c.rows * c.channels).map { Float(10_000 + $0 / c.channels % 2) }
    let outcome = normalize(
      c, source: source, gamma: [], beta: [], residual: [], gradient: source, threads: 2)
    #expect(outcome.mean == [10_000.5, 10_000.5, 10_000.5])
    #expect(outcome.variance == [0.25, 0.25, 0.25])
  }

  @Test func notANumberReachesItsChannelOnly() {
    let c = Case(rows: 4, channels: 2, affine: false, relu: true)
    let outcome = normalize(
      c, source: [1, 1, .nan, 2, 3, 3, 4, 4] as [Float], gamma: [], beta: [], residual: [],
      gradient: [1, 1, 1, 1, 1, 1, 1, 1], threads: 1)
    #expect(outcome.variance[0].isNaN)
    #expect(outcome.result[0].isNaN)
    #expect(outcome.variance[1] == 1.25)
    #expect(outcome.result[1] == 0)
  }
}
