import ApusFixtures
import ApusGraph
import ApusTensor
import Testing

@Suite struct NormalizationReferenceTests {
  @Test func batchNormalization() throws {
    let checks = try ReferenceChecks("normalization", absolute: 5e-5)
    for test in checks.family.cases(startingWith: "batch_norm_")
    where !test.name.hasPrefix("batch_norm_inference") {
      try checks.check(test) { inputs, test in
        batchNorm(inputs[0], gamma: inputs[1], beta: inputs[2], epsilon: try test.double("epsilon")).result
      }
      let (_, mean, variance) = batchNorm(
        Tensor(stored: try test.tensor("input0")), gamma: Tensor(stored: try test.tensor("input1")),
        beta: Tensor(stored: try test.tensor("input2")), epsilon: try test.double("epsilon"))
      for (name, statistic) in [("batch_mean", mean), ("batch_variance", variance)] {
        let problem = difference(
          try statistic.scalars(as: Float.self), from: try test.tensor(name).floats, relative: 1e-4)
        #expect(problem == nil, "\(name) of \(test.name)")
      }
    }
  }

  @Test func batchNormalizationInInference() throws {
    let checks = try ReferenceChecks("normalization")
    try checks.check("batch_norm_inference") { inputs, test in
      batchNorm(
        inputs[0], mean: inputs[3], variance: inputs[4], gamma: inputs[1], beta: inputs[2],
        epsilon: try test.double("epsilon"))
    }
  }

  @Test func layerNormalization() throws {
    let checks = try ReferenceChecks("normalization", absolute: 5e-5)
    // The mean of numbers about 1000 is rounded to 6e-5.
    let coarse = try ReferenceChecks("normalization", absolute: 5e-4)
    for test in checks.family.cases(startingWith: "layer_norm_") where test.integers("axes") == [-1] {
      try (test.name == "layer_norm_offset" ? coarse : checks).check(test) { inputs, test in
        layerNorm(
          inputs[0], gamma: inputs.count > 1 ? inputs[1] : nil, beta: inputs.count > 2 ? inputs[2] : nil,
          epsilon: try test.double("epsilon"))
      }
    }
  }

  @Test func rootMeanSquareNormalization() throws {
    let result = rmsNorm([[3, 4]], gamma: [1, 2], epsilon: 0)
    #expect(try allClose(result, [[0.8485281, 2.2627417]]))
  }

  @Test func shapesAreChecked() throws {
    let x = Tensor.zeros([2, 3]), four = Tensor.zeros([4])
    #expect(try failure(of: batchNorm(x, gamma: four, beta: four).result).problem.contains("gamma"))
    let inference = batchNorm(x, mean: four, variance: four, gamma: four, beta: four)
    #expect(try failure(of: inference).problem.contains("mean must have shape [3]"))
    #expect(try failure(of: layerNorm(Tensor(1))).kind == .axis)
  }

  @Test func crossEntropyOfLabels() throws {
    let logits: Tensor = [[2, 1, 0], [0, 0, 0]]
    let labels = Tensor([0, 2], dtype: .int32)
    let loss = softmaxCrossEntropy(logits: logits, labels: labels)
    #expect(try allClose(loss, [0.40760597, 1.0986123]))
    let smooth = softmaxCrossEntropy(logits: logits, labels: labels, labelSmoothing: 0.3)
    #expect(try allClose(smooth, [0.70760597, 1.0986123]))
    let outOfRange = softmaxCrossEntropy(logits: logits, labels: Tensor([0, 3], dtype: .int32))
    #expect(try failure(of: outOfRange).kind == .index)
    let oneHot = softmaxCrossEntropy(logits: logits, labels: labels.oneHot(classes: 3, dtype: .int32))
    #expect(try failure(of: oneHot).advice?.contains("one-hot") == true)
    #expect(
      try failure(of: softmaxCrossEntropy(logits: logits, labels: labels, labelSmoothing: 2)).kind
        == .argument)
  }
}
