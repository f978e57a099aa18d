import Apus
import Foundation

// Several labels for each image, and a number for each, from tables that list images: here bars that are drawn, of
// some colors at some angle.
//
//   PhotoTargets [FOLDER]
let folder = CommandLine.arguments.count > 1 ? CommandLine.arguments[1] : "photo-targets"
try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
let colors: [(name: String, pixel: [Float])] = [
  ("red", [220, 60, 50]), ("green", [60, 180, 80]), ("blue", [50, 90, 220]),
]

/// A bar in up to three colors through the middle, on a noisy ground.
func draw(_ number: Int) throws -> (image: Image, labels: [String], angle: Double) {
  var random = PhiloxGenerator(seed: 3, index: number)
  let shown = colors.filter { _ in random.uniform() < 0.5 }
  let angle = Double(random.uniform()) * 90
  let (across, down) = (Float(cos(angle * .pi / 180)), Float(sin(angle * .pi / 180)))
  var pixels: [UInt8] = []
  for place in 0..<48 * 48 {
    let (x, y) = (Float(place % 48) - 23.5, Float(place / 48) - 23.5)
    let (along, aside) = (x * across - y * down, x * down + y * across)
    var pixel: [Float] = [150, 140, 130]
    if abs(aside) < 4, abs(along) < 21 {
      let third = min(2, Int((along + 21) / 14))
      pixel = shown.first { $0.name == colors[third].name }?.pixel ?? [40, 40, 40]
    }
    pixels += pixel.map { UInt8(min(max($0 + 30 * (random.uniform() - 0.5), 0), 255)) }
  }
  return (try Image(width: 48, height: 48, channels: 3, pixels: pixels), shown.map(\.name), angle)
}

var table = "file,colors,angle\n"
for number in 0..<600 {
  let (image, labels, angle) = try draw(number)
  try image.writePNG(to: "\(folder)/\(number).png")
  table += "\(number).png,\(labels.joined(separator: " ")),\(angle)\n"
}
try AtomicFile.write(table, to: folder + "/bars.csv")

func images(_ targets: ImageDataset.TableTargets) throws -> (
  train: Subset, validation: Subset, test: Subset
) {
  let all = try ImageDataset(
    table: folder + "/bars.csv", pathColumn: "file", targets: targets, loading: ImageLoading(ImageSize(48)))
  return (try all.subset(0..<400), try all.subset(400..<500), try all.subset(500..<600))
}

func network(outputs: Int) -> Sequential {
  Sequential {
    for filters in [16, 32, 32] {
      Conv2D(filters, kernel: 3, padding: .same, activation: .relu)
      MaxPool2D(2)
    }
    Flatten()
    Dense(64, activation: .relu)
    Dense(outputs)
  }
}

// Which colors? Thresholds are chosen on validation data.
let labeled = try images(.labels(column: "colors"))
let names = colors.map(\.name).sorted()
let tagger = Learner(
  network(outputs: 3), loss: .binaryCrossEntropy, optimizer: .adam(learningRate: 0.002),
  metrics: [.meanAveragePrecision(), .labelF1()], seed: 1)
_ = try await tagger.fit(labeled.train, validation: labeled.validation, epochs: 6, batchSize: 32)
func report(_ data: Subset, thresholds: [Double]?) throws -> MultiLabelReport? {
  let truths = try (0..<data.count).map { try data[$0].target?.doubles ?? [] }
  return MultiLabelReport(
    try tagger.predict(data), targets: truths, labelNames: names, thresholds: thresholds)
}
let thresholds = try report(labeled.validation, thresholds: nil)?.bestThresholds
if let scores = try report(labeled.test, thresholds: thresholds) {
  print("Mean average precision: \(scores.meanAveragePrecision)")
  print("Macro F1: \(scores.macroF1)")
  print("Micro F1: \(scores.microF1)")
  print("Hamming loss: \(scores.hammingLoss)")
  print("All labels right: \(scores.subsetAccuracy)")
}

// At which angle?
let measured = try images(.numbers(columns: ["angle"]))
let scaling = try TargetScaling(of: measured.train)
let gauge = Learner(
  network(outputs: 1), loss: .huber, optimizer: .adam(learningRate: 0.002), metrics: [.r2], seed: 1)
_ = try await gauge.fit(
  measured.train.mapped(scaling.scaled), validation: measured.validation.mapped(scaling.scaled), epochs: 10,
  batchSize: 32)
let angles = try scaling.restored(gauge.predict(measured.test).decoded).map { $0[0] }
let truths = try (0..<measured.test.count).map { try measured.test[$0].target?.doubles[0] ?? .nan }
if let scores = RegressionReport(
  targetName: "angle", truths: truths, predictions: angles, baseline: scaling.statistics.means[0])
{
  print("R²: \(scores.rSquared)")
  print("Mean absolute error: \(scores.meanAbsoluteError)")
  print("Mean absolute error of always saying the mean: \(scores.baselineMeanAbsoluteError)")
  try AtomicFile.write(scores.chart().svg(), to: folder + "/angles.svg")
}
