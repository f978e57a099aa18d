import ApusFixtures
import ApusGraph
import ApusIO
import ApusNN
import ApusTensor
import Foundation
import Testing

@testable import ApusVision

/// Files of other frameworks whose networks differ from those here; scripts/fixtures/vision.py makes them.
@Suite struct ForeignFileTests {
  @Test func aVisionTransformerEqualsTorchvisions() throws {
    let architecture = VisionArchitecture.visionTransformer(
      "ViT-small", patch: 4, layers: 2, features: 8, heads: 2)
    let model = try VisionModel(architecture, classes: 3, inputShape: [8, 8, 3])
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let report = try model.loadWeights(from: folder.path + "/Fixtures/files/vision-transformer.pt")
    #expect(report.isComplete && report.loaded.count == 32)
    let reference = try Fixture("vision")("VisionTransformer")
    let pictures = try Tensor(
      Literal(reference("pictures").doubles.map { Float($0) }, shape: [2, 8, 8, 3]))
    #expect(try KerasOutputTests.relativeDifference(model(pictures), reference("logits")) < 1e-5)
  }

  /// A state dictionary of torchvision's ResNet-18 by its names and axes, in a container that says nothing of PyTorch.
  @Test(arguments: ["", "module.", "model._orig_mod."])
  func torchvisionsNamesInSafetensors(prefix: String) throws {
    let source = try VisionModel(.resNet18, classes: 4, inputShape: [32, 32, 3])
    var state: [String: Literal] = [:]
    for (name, parameter) in try source.parameters() {
      let shape = try #require(parameter.shape)
      let value = try Formula.value(of: name, shape: shape)
      parameter.assign(Tensor(value))
      let parts = name.split(separator: ".")
      let torch = [
        "kernel": "weight", "gamma": "weight", "beta": "bias", "movingMean": "running_mean",
        "movingVariance": "running_var",
      ]
      let last = torch[String(parts.last ?? "")] ?? String(parts.last ?? "")
      let rank = shape.rank
      state[prefix + parts.dropLast().joined(separator: ".") + "." + last] =
        rank < 2
        ? value : try Tensor(value).transposed([rank - 1, rank - 2] + Array(0..<rank - 2)).literal()
      if last == "running_var" {
        state[prefix + parts.dropLast().joined(separator: ".") + ".num_batches_tracked"] = Literal(
          [Int64(1)], shape: [])
      }
    }
    let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).safetensors").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Safetensors.write(state, to: path)
    let model = try VisionModel(.resNet18, classes: 4, inputShape: [32, 32, 3])
    let report = try model.loadWeights(from: path)
    #expect(report.isComplete && report.loaded.count == 102)
    #expect(report.notes.count == (prefix.isEmpty ? 0 : 1))
    let image = try Formula.picture(batch: 1, side: 32)
    #expect(try model(image).literal().doubles == source(image).literal().doubles)
  }

  @Test func rolesAreFieldsOfNetworks() {
    #expect(VisionArchitecture.resNet9.role == .smallImages)
    #expect(VisionArchitecture.uNet(width: 8).role == .segmentation)
    #expect(VisionArchitecture.resNet50.role == .classification)
  }

  @Test func olderNamesOfTransformersAreKnown() throws {
    let model = try VisionModel(.vitB32, inputShape: [32, 32, 3])
    let names = model.adapted(pyTorch: [
      "encoder.layers.encoder_layer_3.mlp.linear_1.weight": Literal([0] as [Float], shape: [1, 1]),
      "encoder.layers.encoder_layer_3.mlp.linear_2.bias": Literal([0] as [Float], shape: [1]),
    ])
    #expect(
      Set(names.keys) == ["encoder_layer_3.expansion.weight", "encoder_layer_3.contraction.bias"])
  }

  /// Keras's ImageNet file has deviations for variances, which `weights="imagenet"` makes up for.
  @Test func anEfficientNetOfKerasNormalizesAsItLearned() throws {
    let reference = try Fixture("vision")("EfficientNetB0ImageNet")
    let side = try #require(reference["side"].integer)
    let model = try VisionModel(
      .efficientNetB0, inputShape: [side, side, 3], includeTop: false, pooling: .average)
    for (name, parameter) in try model.parameters() {
      parameter.assign(Tensor(try Formula.value(of: name, shape: try #require(parameter.shape))))
    }
    let picture = try Formula.picture(batch: 2, side: side) * 100
    func variance(_ numbers: [Float], _ name: String) -> [KerasVariable] {
      [KerasVariable(layers: ["normalization"], name: name, value: Literal(numbers, shape: [3]))]
    }
    for name in ["variance", "1"] {
      try model.load(keras: variance([0.229, 0.224, 0.225], name), strict: false)
      #expect(try KerasOutputTests.relativeDifference(model(picture), reference("features")) < 1e-4)
      // Variances that were measured are what they are.
      try model.load(keras: variance([0.5, 0.224, 0.225], name), strict: false)
      let found = try #require(try model.namedLiterals()["normalization.variance"]).doubles
      #expect(found == [0.5, 0.224, 0.225].map { Double(Float($0)) })
    }
  }
}
