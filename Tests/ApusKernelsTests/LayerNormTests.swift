import ApusKernels
import Testing

struct LayerNormTests {
  /// Every result of the forward and the gradient kernel.
  struct Outcome<T: Equatable>: Equatable {
    var result: [T] = []
    var sourceGradient: [T] = []
    var gammaGradient: [T] = []
    var betaGradient: [T] = []
  }

  struct Case {
    var rows: Int
    var columns: Int
    var gamma = true
    var beta = true
    var centered = true
  }

  static let cases = [
    Case(rows: 1, columns: 1), Case(rows: 3, columns: 7), Case(rows: 300, columns: 130),
    Case(rows: 5, columns: 64, gamma: false), Case(rows: 5, columns: 64, beta: false),
    Case(rows: 9, columns: 33, gamma: false, beta: false),
    Case(rows: 300, columns: 130, centered: false), Case(rows: 4, columns: 5, gamma: false, centered: false),
  ]
  let epsilon = 1e-3

  private func normalize<T: KernelElement & BinaryFloatingPoint>(
    _ c: Case, source: [T], gamma: [T], beta: [T], gradient: [T], inPlace: Bool = false, threads: Int32
  ) -> Outcome<T> {
    let source = KernelMemory(source)
    let gamma = KernelMemory(gamma)
    let beta = KernelMemory(beta)
    let gradient = KernelMemory(gradient)
    let result = KernelMemory(repeating: T.nan, count: source.count)
    let mean = KernelMemory(repeating: T.nan, count: c.rows)
    let rstd = KernelMemory(repeating: T.nan, count: c.rows)
    var forward = apus_layer_norm_context()
    forward.source = source.constant
    forward.gamma = c.gamma ? gamma.constant : nil
    forward.beta = c.beta ? beta.constant : nil
    forward.result = result.raw
    forward.mean = mean.raw
    forward.rstd = rstd.raw
    forward.rows = Int64(c.rows)
    forward.columns = Int64(c.columns)
    forward.epsilon = epsilon
    forward.dtype = T.code
    forward.threads = threads
    #expect(run(c.centered ? apus_layer_norm : apus_rms_norm, &forward) == 0)

    let sourceGradient = inPlace ? gradient : KernelMemory(repeating: T.nan, count: source.count)
    let gammaGradient = KernelMemory(repeating: T.nan, count: c.columns)
    let betaGradient = KernelMemory(repeating: T.zero, count: c.columns)
    var backward = apus_layer_norm_gradient_context()
    backward.source = source.constant
    backward.gamma = c.gamma ? gamma.constant : nil
    backward.mean = mean.constant
    backward.rstd = rstd.constant
    backward.gradient = gradient.constant
    backward.source_gradient = sourceGradient.raw
    backward.gamma_gradient = gammaGradient.raw
    backward.beta_gradient = betaGradient.raw
    backward.rows = Int64(c.rows)
    backward.columns = Int64(c.columns)
    backward.dtype = T.code
    backward.threads = threads
    let bytes = apus_layer_norm_gradient_scratch_bytes(&backward)
    let scratch = KernelMemory(repeating: T.nan, count: Int(bytes) / MemoryLayout<T>.size)
    backward.scratch = scratch.raw
    #expect(run(c.centered ? apus_layer_norm_gradient : apus_rms_norm_gradient, &backward) == 0)
    return Outcome(
      result: result.array, sourceGradient: sourceGradient.array, gammaGradient: gammaGradient.array,
      betaGradient: betaGradient.array)
  }

  private func expected(
    _ c: Case, source: [Double], gamma: [Double], beta: [Double], gradient: [Double]
  ) -> Outcome<Double> {
    var outcome = Outcome(
      result: source, sourceGradient: source, gammaGradient: [Double](repeating: 0, count: c.columns),
      betaGradient: [Double](repeating: 0, count: c.columns))
    let n = Double(c.columns)
    for r in 0..<c.rows {
      let x = Array(source[r * c.columns..<(r + 1) * c.columns])
      let mean = c.centered ? x.reduce(0, +) / n : 0
      let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / n
      let rstd = 1 / (variance + epsilon).squareRoot()
      let h = x.map { ($0 - mean) * rstd }
      let g = (0..<c.columns).map { gradient[r * c.columns + $0] }
      let scaled = g.indices.map { g[$0] * (c.gamma ? gamma[$0] : 1) }
      let sum = c.centered ? scaled.reduce(0, +) / n : 0
      let products = zip(scaled, h).reduce(0) { $0 + $1.0 * $1.1 } / n
      for k in 0..<c.columns {
        let p = r * c.columns + k
        outcome.result[p] = h[k] * (c.gamma ? gamma[k] : 1) + (c.beta && c.centered ? beta[k] : 0)
        outcome.sourceGradient[p] = rstd * (scaled[k] - sum - h[k] * products)
        outcome.gammaGradient[k] += g[k] * h[k]
        if c.centered { outcome.betaGradient[k] += g[k] }
      }
    }
    return outcome
  }

  @Test(arguments: cases)
  func matchesTheDefinition(c: Case) {
    var random = SplitMix(state: 101)
    let source = random.doubles(c.rows * c.columns, in: -2...3)
    let gradient = random.doubles(source.count)
    let (gamma, beta) = (random.doubles(c.columns), random.doubles(c.columns))
    let right = expected(c, source: source, gamma: gamma, beta: beta, gradient: gradient)
    let once = normalize(c, source: source, gamma: gamma, beta: beta, gradient: gradient, threads: 1)
    #expect(distance(once.result, right.result) < 1e-12)
    #expect(distance(once.sourceGradient, right.sourceGradient) < 1e-11)
    #expect(distance(once.gammaGradient, right.gammaGradient) < 1e-12)
    #expect(distance(once.betaGradient, right.betaGradient) < 1e-12)
    for inPlace in [false, true] {
      let twice = normalize(
        c, source: source, gamma: gamma, beta: beta, gradient: gradient, inPlace: inPlace, threads: 2)
      #expect(twice == once)
      let single = normalize(
        c, source: source.map { Float($0) }, gamma: gamma.map { Float($0) }, beta: beta.map { Float($0) },
        gradient: gradient.map { Float($0) }, inPlace: inPlace, threads: 2)
      #expect(distance(single.result, right.result.map { Float($0) }) < 1e-5)
      #expect(distance(single.sourceGradient, right.sourceGradient.map { Float($0) }) < 1e-4)
      #expect(distance(single.gammaGradient, right.gammaGradient.map { Float($0) }) < 1e-5)
      #expect(distance(single.betaGradient, right.betaGradient.map { Float($0) }) < 1e-5)
    }
  }

  @Test func noRowsGiveZeroGradients() {
    let outcome = normalize(
      Case(rows: 0, columns: 2), source: [Float](), gamma: [1, 1], beta: [0, 0], gradient: [], threads: 1)
    #expect(outcome.gammaGradient == [0, 0])
    #expect(outcome.betaGradient == [0, 0])
  }

  @Test func largeMeanCostsNoPrecision() {
    let source = (0..<256).map { Float(4096 + $0 % 2) }
    let outcome = normalize(
      Case(rows: 1, columns: 256, gamma: false, beta: false), source: source, gamma: [], beta: [],
      gradient: source, threads: 1)
    let scale = 0.5 / Float(0.25 + epsilon).squareRoot()
    #expect(distance(outcome.result, (0..<256).map { $0 % 2 == 0 ? -scale : scale }) < 1e-6)
  }
}
