import ApusGraph
@testable import ApusNN
import ApusTensor
import Testing

/// A loss that no trainable parameter reaches: gradients of exactly 0 without a word.
@Suite struct UnreachedLossTests {
  private struct Models {
    let generator = Dense(2, kernelInitializer: .ones), discriminator = Dense(1, kernelInitializer: .ones)
    let optimizer = Optimizer.sgd(learningRate: 0.1)
    let noise = Tensor.ones([4, 3])

    func loss(_ fake: Tensor) -> Tensor { square(discriminator(fake) - 1).mean() }
    func updateDiscriminator(_ fake: Tensor) throws {
      let (_, gradients) = try valueAndGradient(at: discriminator) { _ in loss(stopGradient(fake)) }
      try optimizer.update(discriminator, gradients)
    }
  }

  @Test func whatWasComputedBeforeTheClosureIsNamed() throws {
    let models = Models()
    let fake = models.generator(models.noise)
    try models.updateDiscriminator(fake)
    // The update has computed everything that was pending, and with it cut `fake` off from the generator.
    try evaluate(fake)
    let error = #expect(throws: GraphError.self) {
      try valueAndGradient(at: models.generator) { _ in models.loss(fake) }
    }
    #expect(error?.kind == .gradient)
    #expect(
      error?.problem.contains("2 trainable parameters (kernel, bias)") == true,
      "\(error.map { "\($0)" } ?? "")")
    #expect(error?.advice?.contains("inside the closure") == true)
    // Inside the closure there is a gradient.
    let (_, gradients) = try valueAndGradient(at: models.generator) { _ in
      models.loss(models.generator(models.noise))
    }
    #expect(try abs(gradients.globalNorm.item()) > 0.1)
  }

  @Test func nothingIsCutLooseWhileAFunctionIsDifferentiated() throws {
    let models = Models()
    _ = models.discriminator(models.generator(models.noise))
    let plain = try valueAndGradient(at: models.generator) { g in
      square(models.discriminator(g(models.noise)) - 1).mean()
    }
    let expected = try plain.gradients.tensors.map { try $0.scalars(as: Float.self) }
    let read = try valueAndGradient(at: models.generator) { g in
      let fake = g(models.noise)
      // All of these compute what is pending, `fake` included.
      try evaluate(fake)
      _ = try fake.sum().item()
      _ = "\(fake)"
      _ = try allClose(fake, fake)
      _ = try fake.nonZero()
      _ = try compile { $0 * 2 }(fake).sum().item()
      return square(models.discriminator(fake) - 1).mean()
    }
    #expect(try read.gradients.tensors.map { try $0.scalars(as: Float.self) } == expected)
  }

  @Test func whatGoesThroughAStopGradientCountsForNothing() throws {
    let models = Models()
    let error = #expect(throws: GraphError.self) {
      try valueAndGradient(at: models.generator) { g in stopGradient(g(models.noise)).sum() }
    }
    #expect(error?.kind == .gradient)
    // With nothing to train there is nothing to miss.
    try models.generator.freeze()
    _ = try valueAndGradient(at: models.generator) { g in g(models.noise).sum() }
  }
}
