import ApusGraph
import ApusNN
import ApusTensor
import Testing

/// The Swift of the page "From Keras" about layers, models and operations.
@Suite struct FromKerasTests {
  struct Scaled: Layer {
    let factor = Parameter(.ones)
    func callAsFunction(_ x: Tensor) -> Tensor { x * factor.tensor([x.shape[x.rank - 1]]) }
  }

  @Test func layersGiveTheShapesOfKeras() throws {
    let cases: [(layer: any Layer, input: Shape, output: Shape)] = [
      (Conv2D(32, kernel: 3, stride: 2, padding: .same), [28, 28, 1], [14, 14, 32]),
      (DepthwiseConv2D(kernel: 3), [8, 8, 4], [6, 6, 4]),
      (Conv2DTranspose(8, kernel: 2, stride: 2), [4, 4, 3], [8, 8, 8]),
      (MaxPool2D(2), [8, 8, 4], [4, 4, 4]),
      (AveragePool2D(3, stride: 1), [8, 8, 4], [6, 6, 4]),
      (GlobalAveragePool2D(), [8, 8, 4], [4]),
      (BatchNorm(), [8, 8, 4], [8, 8, 4]),
      (LayerNorm(), [6], [6]),
      (Dropout(0.5), [6], [6]),
      (SpatialDropout(0.2), [8, 8, 4], [8, 8, 4]),
      (LSTM(64, returnSequences: true), [5, 8], [5, 64]),
      (Bidirectional { GRU(32) }, [5, 8], [64]),
      (MultiHeadAttention(heads: 4, keySize: 16), [5, 8], [5, 8]),
      (Reshape([7, 7, 16]), [784], [7, 7, 16]),
      (Dense(10, kernelInitializer: .heNormal), [6], [10]),
      (Dense(10, kernelRegularizer: .l2(1e-4)), [6], [10]),
      (Dense(10, useBias: false), [6], [10]),
      (Scaled(), [6], [6]),
    ]
    for (layer, input, output) in cases {
      let result = layer(Tensor.ones(Shape([2] + input.dimensions)))
      #expect(try result.literal().shape == Shape([2] + output.dimensions), "\(layer)")
    }
    let tokens = Tensor([Int32(0), 1, 999], shape: [1, 3])
    #expect(try Embedding(1000, 32)(tokens).literal().shape == [1, 3, 32])
  }

  @Test func layersComputeWhatKerasDoes() throws {
    let a: Tensor = [[1, 2], [3, 4]]
    let b: Tensor = [[10, 20], [30, 40]]
    #expect(try allClose(Rescaling(1.0 / 255)([[255, 51]]), [[1, 0.2]]))
    #expect(try numbers(Lambda { $0 * 2 }(a)) == [2, 4, 6, 8])
    #expect(try numbers(Add()([a, b])) == [11, 22, 33, 44])
    #expect(try Concatenate()([a, b]).literal().shape == [2, 4])
    #expect(try numbers(Scaled()(a)) == [1, 2, 3, 4])
    let penalized = Dense(10, kernelRegularizer: .l2(1e-4))
    try penalized.build(inputShape: [2], seed: 1)
    let squares = try numbers(square(penalized.kernel.tensor).sum())[0]
    let penalty = try #require(try penalized.regularizationLoss()).item()
    #expect(abs(penalty - 1e-4 * squares) < 1e-9)
  }

  @Test func functionalModelsConnectLayers() throws {
    let functional = try FunctionalModel(inputShape: [8, 8, 4]) { net, input in
      let y = net.add(Conv2D(4, kernel: 3, padding: .same), to: input, name: "conv")
      let sum = net.add(Add(), to: [input, y])
      return net.add(Dense(2), to: net.add(GlobalAveragePool2D(), to: sum))
    }
    #expect(functional.outputShape == [2])
    #expect(try functional(Tensor.ones([3, 8, 8, 4])).literal().shape == [3, 2])
    #expect(try functional.parameterCount() == 3 * 3 * 4 * 4 + 4 + 4 * 2 + 2)
  }

  @Test func operationsGiveTheNumbersOfKeras() throws {
    let a: Tensor = [[1, 2], [3, 4]]
    let b: Tensor = [[10, 20], [30, 40]]
    let indices = Tensor([Int32(1), 0])
    #expect(try numbers(matmul(a, b)) == [70, 100, 150, 220])
    #expect(try numbers(einsum("ij,jk->ik", a, b)) == [70, 100, 150, 220])
    let sum = a.sum(axis: 0, keepDimensions: true)
    #expect(sum.shape == [1, 2])
    #expect(try numbers(sum) == [4, 6])
    #expect(try numbers(softmax(a).sum(axis: 1)).allSatisfy { abs($0 - 1) < 1e-6 })
    #expect(try numbers(select(a .> 2, a, 0)) == [0, 0, 3, 4])
    #expect(a.cast(to: .int32).dtype == .int32)
    #expect(a.expandedDimensions(axis: 0).shape == [1, 2, 2])
    #expect(try numbers(concatenated([a, b], axis: 1)) == [1, 2, 10, 20, 3, 4, 30, 40])
    #expect(stacked([a, b]).shape == [2, 2, 2])
    #expect(try numbers(a.gather(indices, axis: 1)) == [2, 1, 4, 3])
    #expect(try numbers(a.transposed()) == [1, 3, 2, 4])
    #expect(try numbers(indices.oneHot(classes: 3)) == [0, 1, 0, 1, 0, 0])
    #expect(try numbers(a.topK(1).values) == [2, 4])
    #expect(try RandomSource.current.normal([2, 3]).literal().shape == [2, 3])
    #expect(try numbers(gradient(at: a) { ($0 * $0).sum() }) == [2, 4, 6, 8])
    #expect(try numbers(gradient(at: a) { ($0 * stopGradient(a)).sum() }) == [1, 2, 3, 4])
    let compiled = compile { (a: Tensor) in a * 2 + 1 }
    #expect(try numbers(compiled(a)) == [3, 5, 7, 9])
  }
}

/// A tensor's numbers in row-major order.
func numbers(_ tensor: Tensor) throws -> [Double] { try tensor.literal().doubles }
