import ApusData
import ApusGraph
import ApusIO
import ApusTensor
import ApusTestSupport
import ApusTrain
import Foundation
import Testing

@testable import ApusVision

@Suite struct StyleTests {
  /// A small network with weights at random in a file: enough to follow a loss down.
  private func withNetwork(_ body: (_ weights: String, _ settings: StyleSettings) async throws -> Void)
    async throws
  {
    let model = try VisionModel(.squeezeNet11, inputShape: [32, 32, 3], includeTop: false)
    try model.build(inputShape: [32, 32, 3], seed: 1)
    let maps = model.network.nodes.filter { $0.outputShape.rank == 3 && $0.outputShape[0] > 1 }.map(\.name)
    let settings = StyleSettings(contentLayers: [maps[4]], styleLayers: [maps[0], maps[2]], styleWeight: 3)
    let path = temporaryPath(".safetensors")
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Safetensors.write(model.namedLiterals(), to: path)
    try await body(path, settings)
  }

  private func image(_ hue: Int, width: Int = 40, height: Int = 36) throws -> Image {
    try drawnImage(hue: hue, width: width, height: height)
  }

  @Test func gramMatricesCountWhatGoesTogether() throws {
    let features = Tensor(Literal([1, 2, 3, 4, 5, 6, 7, 8] as [Float], shape: [1, 2, 2, 2]))
    #expect(try StyleLoss.gram(features).literal().doubles == [21, 25, 25, 30])
    let stripes = Tensor(Literal([0, 1, 0, 1] as [Float], shape: [1, 2, 2, 1]))
    #expect(try Tensor(StyleLoss.totalVariation(stripes)).literal().doubles == [1])
  }

  @Test(arguments: [StyleTransfer.Method.lbfgs, .adam(learningRate: 0.01)])
  func bothMethodsLowerTheLoss(method: StyleTransfer.Method) async throws {
    try await withNetwork { weights, settings in
      let transfer = try StyleTransfer(.squeezeNet11, weights: weights, settings: settings)
      var losses: [(scale: Int, loss: Double)] = []
      let painted = try transfer.image(
        of: image(1), inTheStyleOf: image(3, width: 50, height: 30), longestSide: 96, iterations: 8,
        method: method
      ) { scale, _, loss in losses.append((scale, loss)) }
      #expect(painted.size == ImageSize(width: 96, height: 86) && painted.channels == 3)
      for scale in 0...1 {
        let part = losses.filter { $0.scale == scale }.map(\.loss)
        #expect(part.count == 8 && (part.last ?? .nan) < part[0])
      }
    }
  }

  @Test func whatIsUnknownIsNamed() async throws {
    #expect(throws: DataError.self) { try StyleTransfer(.resNet50) }
    try await withNetwork { weights, settings in
      var settings = settings
      settings.styleLayers = ["nowhere"]
      let transfer = try StyleTransfer(.squeezeNet11, weights: weights, settings: settings)
      let error = #expect(throws: DataError.self) {
        try transfer.image(
          of: image(1), inTheStyleOf: image(2), longestSide: 48, iterations: 1, scales: 1)
      }
      #expect(error?.problem.contains("nowhere") == true)
      #expect(throws: DataError.self) {
        try transfer.image(of: image(1), inTheStyleOf: image(2), longestSide: 8)
      }
    }
  }

  @Test func eachSampleIsJudgedAtAnotherPlace() throws {
    // Pixels say where they are: row, column, sample.
    let numbers = (0..<5).flatMap { sample in
      (0..<6).flatMap { row in (0..<7).flatMap { [Float(row), Float($0), Float(sample)] } }
    }
    let seen = try StyleNetwork.shifted(Tensor(numbers, shape: [5, 6, 7, 3])).literal()
    #expect(seen.shape == [5, 3, 4, 3])
    let values = seen.scalars(as: Float.self)
    let corners = (0..<5).map { Array(values[$0 * 36..<$0 * 36 + 3]) }
    #expect(corners == [[0, 0, 0], [1, 2, 1], [2, 1, 2], [3, 3, 3], [0, 0, 4]])
    // The last row and column of the sample that is shifted most are the image's own.
    #expect(Array(values[4 * 36 - 3..<4 * 36]) == [5, 6, 3])
  }

  @Test func aNetworkLearnsAStyle() async throws {
    try await withNetwork { weights, settings in
      let size = ImageSize(32)
      let images = try SampleDataset(
        (0..<4).map { Sample(features: [try image($0).resized(to: size).literal()], id: $0) })
      let network = StyleNetwork(width: 2)
      let learner = try network.learner(
        style: image(9), size: size, architecture: .squeezeNet11, weights: weights, settings: settings,
        optimizer: .adam(learningRate: 0.01))
      let history = try await learner.fit(
        StyleNetwork.samples(of: images), epochs: 6, batchSize: 2, options: FitOptions(progress: .none))
      let losses = history["loss"]
      #expect((losses.last ?? .nan) < (losses.first ?? .nan))

      let path = temporaryPath(".safetensors")
      defer { try? FileManager.default.removeItem(atPath: path) }
      try network.save(to: path)
      let photo = try image(5, width: 37, height: 21)
      let painted = try network.image(of: photo)
      #expect(painted.size == photo.size)
      #expect(try StyleNetwork.load(from: path).image(of: photo) == painted)
      #expect(try network.image(of: photo, longestSide: 20).size == ImageSize(width: 20, height: 11))
      #expect(throws: FileError.self) { try StyleNetwork.load(from: weights) }
      // A width that would take gigabytes.
      try Safetensors.write(
        network.namedLiterals(), metadata: ["format": "apus.style", "width": "1024"], to: path)
      let error = #expect(throws: FileError.self) { try StyleNetwork.load(from: path) }
      #expect(error?.problem.contains("width 1024") == true)
    }
  }
}
