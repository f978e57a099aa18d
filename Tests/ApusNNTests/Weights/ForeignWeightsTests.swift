import ApusGraph
import ApusIO
import ApusNN
import ApusTensor
import Foundation
import Testing

/// Weights that other frameworks wrote.
@Suite struct ForeignWeightsTests {
  func fixture(_ name: String) -> String {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Fixtures/files/\(name)").path
  }

  @Test func pyTorchKernelsAreTurned() throws {
    let model = Sequential {
      Conv2D(2, kernel: [1, 2])
      BatchNorm(epsilon: 1e-5)
      Dense(2)
    }
    let tensors = try PyTorchFile(path: fixture("checkpoint-old.pt")).literals()
    var named = tensors
    // The fixture's last layer takes three features.
    named["2.weight"] = Literal([Float(0), 1, 2, 3], shape: [2, 2])
    try model.plan(inputShape: [4, 4, 3])
    let report = try model.load(pyTorch: named)
    #expect(report.isComplete)
    let kernel = try #require(model[0] as? Conv2D).kernel.tensor
    #expect(kernel.shape == [1, 2, 3, 2])
    // [filter, channel, row, column] is element 6 f + 2 c + column of the file's.
    #expect(try kernel.doubles() == [0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11])
    #expect(try #require(model[1] as? BatchNorm).movingVariance.tensor.doubles() == [1, 1])
    #expect(try #require(model[2] as? Dense).kernel.tensor.doubles() == [0, 2, 1, 3])
  }

  @Test func pyTorchErrorsNameWhatDoesNotFit() throws {
    let model = Sequential { Dense(2) }
    try model.plan(inputShape: [3])
    let tensors = [
      "0.weight": Literal([Float](repeating: 0, count: 8), shape: [2, 4]),
      "1.weight": Literal([Float(1)], shape: [1]),
    ]
    let error = #expect(throws: LoadError.self) { try model.load(pyTorch: tensors) }
    #expect(error?.report.mismatched.map(\.name) == ["0.kernel"])
    #expect(error?.report.missing == ["0.bias"])
    #expect(error?.report.unexpected == ["1.weight"])
  }

  @Test func kerasNamesAndPlaces() throws {
    func layers() throws -> FunctionalModel {
      try FunctionalModel(inputShape: [4, 4, 2]) { net, x in
        let y = net.add(DepthwiseConv2D(kernel: 1, useBias: false), to: x, name: "depth")
        let z = net.add(SeparableConv2D(1, kernel: 1, useBias: false), to: y, name: "sep")
        return net.add(BatchNorm(scale: false), to: z, name: "norm")
      }
    }
    func variable(_ layer: String, _ name: String, _ values: [Float], _ shape: Shape) -> KerasVariable {
      KerasVariable(layers: [layer], name: name, value: Literal(values, shape: shape))
    }
    let byName = try layers()
    try byName.load(keras: [
      variable("depth", "depthwise_kernel", [1, 2], [1, 1, 2, 1]),
      variable("sep", "depthwise_kernel", [3, 4], [1, 1, 2, 1]),
      variable("sep", "pointwise_kernel", [5, 6], [1, 1, 2, 1]), variable("norm", "beta", [7], [1]),
      variable("norm", "moving_mean", [8], [1]), variable("norm", "moving_variance", [9], [1]),
    ])
    let byPlace = try layers()
    try byPlace.load(keras: [
      variable("depth", "0", [1, 2], [1, 1, 2, 1]), variable("sep", "0", [3, 4], [1, 1, 2, 1]),
      variable("sep", "1", [5, 6], [1, 1, 2, 1]), variable("norm", "0", [7], [1]),
      variable("norm", "1", [8], [1]), variable("norm", "2", [9], [1]),
    ])
    let x = Tensor(numbers: (0..<32).map { Float($0) }, [1, 4, 4, 2])
    #expect(try byName(x).doubles() == byPlace(x).doubles())
    let norm = try #require(byName["norm"] as? BatchNorm)
    #expect(try norm.movingMean.tensor.doubles() == [8])
    #expect(try norm.movingVariance.tensor.doubles() == [9])
  }

  @Test func kerasVariablesWithoutALayerAreListed() throws {
    let model = try FunctionalModel(inputShape: [1]) { net, x in net.add(Dense(1), to: x, name: "dense") }
    let one = Literal([Float(1)], shape: [1, 1])
    let other = KerasVariable(layers: ["conv2d_9"], name: "kernel", value: one)
    let error = #expect(throws: LoadError.self) { try model.load(keras: [other]) }
    #expect(error?.report.unexpected == ["conv2d_9/kernel"])
    #expect(error?.report.missing == ["dense.kernel", "dense.bias"])
  }

  @Test(arguments: ["keras.weights.h5", "keras-whole.h5", "keras-archive.keras", "keras-old.h5"])
  func everyFormOfKerasFits(name: String) throws {
    let model = try FunctionalModel(inputShape: [4, 4, 2]) { net, image in
      var x = net.add(Conv2D(2, kernel: [1, 2]), to: image, name: "first")
      x = net.add(BatchNorm(scale: false), to: x, name: "norm")
      let inner = try FunctionalModel(inputShape: net.shape(of: x)) { part, x in
        part.add(DepthwiseConv2D(kernel: 1, useBias: false), to: x, name: "depth")
      }
      x = net.add(inner, to: x, name: "inner")
      return net.add(Dense(1), to: x, name: "head")
    }
    let report = try model.loadWeights(from: fixture(name))
    #expect(report.isComplete)
    #expect(report.loaded.count == 8)
    #expect(try #require(model["norm"] as? BatchNorm).movingMean.tensor.doubles() == [40, 41])
    #expect(try #require(model["head"] as? Dense).kernel.tensor.doubles() == [70, 71])
  }

  @Test func formsAreToldByTheirBytes() throws {
    let model = Sequential { Dense(2) }
    try model.plan(inputShape: [3])
    let torch = try model.loadWeights(from: fixture("checkpoint-old.pt"), strict: false)
    #expect(torch.unexpected.contains("2.weight"))
    #expect(throws: FileError.self) { try model.loadWeights(from: fixture("scalar.npy")) }
  }
}
