// Compares a network with Keras or PyTorch: `ApusVisionProbe NAME FILE [WEIGHTS]`, where FILE holds pictures, what the
// other makes of them, and Keras's variables as LAYER/VARIABLE unless WEIGHTS is a file of them. scripts/check-vision
// writes such files and calls this. A file of pictures alone is shown to the pretrained network, which names them.
import ApusGraph
import ApusIO
import ApusNN
import ApusTensor
import ApusVision
import Foundation

func run() throws {
  let arguments = CommandLine.arguments
  guard arguments.count >= 3, let architecture = VisionArchitecture.named(arguments[1]) else {
    throw GraphError(.argument, "ApusVisionProbe", "expects the name of a network and a file")
  }
  var literals = try Safetensors.readLiterals(from: arguments[2])
  guard let pictures = literals.removeValue(forKey: "pictures") else {
    throw GraphError(.argument, "ApusVisionProbe", "\(arguments[2]) holds no pictures")
  }
  guard let expected = literals.removeValue(forKey: "expected") else {
    return try name(Tensor(pictures), by: architecture)
  }
  let model = try VisionModel(architecture, inputShape: Shape(Array(pictures.shape.dimensions.dropFirst())))
  let variables = literals.map { name, value in
    let parts = name.split(separator: "/").map(String.init)
    return KerasVariable(layers: Array(parts.dropLast()), name: parts.last ?? "", value: value)
  }
  let report = try arguments.count > 3 ? model.loadWeights(from: arguments[3]) : model.load(keras: variables)
  let start = ContinuousClock.now
  let result = try model(Tensor(pictures)).doubles()
  let time = ContinuousClock.now - start
  let wanted = expected.doubles
  let scale = wanted.map(abs).max() ?? 0
  let difference = zip(result, wanted).map { abs($0 - $1) }.max() ?? .infinity
  let relative = difference / max(scale, 1e-30)
  let isClose = result.count == wanted.count && relative <= 1e-4
  print(
    "\(isClose ? "equal" : "DIFFERENT") \(architecture.name): \(report.loaded.count) variables, largest logit "
      + String(format: "%.3g, largest difference %.2g (%.2g of it)", scale, difference, relative)
      + ", \(time)")
  exit(isClose ? 0 : 1)
}

/// Says what a pretrained network sees in pictures of bytes, red first.
func name(_ pictures: Tensor, by architecture: VisionArchitecture) throws {
  let model = try VisionModel.pretrained(architecture)
  let names = try architecture.pretrained?.classNames()
  let probabilities = softmax(model(model.preprocessing(pictures)))
  for row in probabilities.unstacked() {
    let best = try row.doubles().enumerated().sorted { $0.element > $1.element }.prefix(3)
    print(
      best.map { String(format: "%@ %.2f", names?[$0.offset] ?? "class \($0.offset)", $0.element) }
        .joined(separator: ", "))
  }
}

extension Tensor {
  func doubles() throws -> [Double] { try literal().doubles }
}

do {
  try run()
} catch {
  FileHandle.standardError.write(Data("\(error)\n".utf8))
  exit(2)
}
