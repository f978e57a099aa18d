import Apus
import Foundation

// Which pixels belong to the thing in the foreground? Run with folders of cut-outs (PNG with alpha) and of photos, such
// as those of Debian's tuxpaint-stamps-default and opencv-doc; without them with drawn ones.
//
//   Segmentation OUTPUT [THINGS BACKGROUNDS] [EPOCHS]
let arguments = CommandLine.arguments.dropFirst().map { $0 }
let output = arguments.first ?? "segmentation"
let isDrawn = arguments.count < 3
let scenes = isDrawn ? try Scenes() : try Scenes(things: arguments[1], backgrounds: arguments[2])
let epochs = arguments.count > 3 ? Int(arguments[3]) ?? 8 : isDrawn ? 6 : 8
try scenes.write(isDrawn ? 160 : 1200, things: 0..<0.7, to: "\(output)/train", seed: 1)
try scenes.write(isDrawn ? 16 : 100, things: 0.7..<0.8, to: "\(output)/validation", seed: 3)
try scenes.write(isDrawn ? 24 : 200, things: 0.8..<1, to: "\(output)/test", seed: 2)

let loading = ImageLoading(ImageSize(scenes.side), fitting: .stretch)
func pairs(_ part: String) throws -> ArrayDataset {
  try SegmentationDataset(
    folder: "\(output)/\(part)/images", masks: "\(output)/\(part)/masks",
    classNames: ["background", "thing"],
    loading: loading
  ).inMemory()
}
let (train, validation, test) = (try pairs("train"), try pairs("validation"), try pairs("test"))

let shape: Shape = [scenes.side, scenes.side, 3]
let loss = Loss.sum([(.crossEntropy, 1), (.dice(), 1)])
let metrics: [Metric] = [.meanIntersectionOverUnion, .diceScore, .accuracy]
let learner: Learner
if !isDrawn, PretrainedWeights.efficientNetLite0.find() != nil {
  let body = try VisionModel.pretrained(.efficientNetLite0, inputShape: shape, includeTop: false)
  let model = try SegmentationModel(encoder: body, classes: 2)
  // What ImageNet taught is kept as it is: a few hundred images would rather spoil it.
  try model.encoder.freeze()
  learner = Learner(model, loss: loss, optimizer: .adam(learningRate: 0.002), metrics: metrics) {
    model(model.preprocessing($0[0] * 255))
  }
} else {
  let model = try VisionModel(.uNet(width: 8), inputShape: shape)
  learner = Learner(model, loss: loss, optimizer: .adam(learningRate: 0.004), metrics: metrics) {
    model(model.preprocessing($0[0] * 255))
  }
}
// A flip or turn changes image and mask alike.
let changes: [any Augmentation] = [
  RandomHorizontalFlip(), try RandomAffine(degrees: 15, shift: 0.05, scale: 0.9...1.2),
  ColorJitter(brightness: 0.2),
]
_ = try await learner.fit(
  train, validation: validation, epochs: epochs, batchSize: isDrawn ? 8 : 16,
  options: FitOptions(augmentations: changes))

let scores = try learner.measurements(of: test)
let classes = scores["meanIoU"]?.table?.first ?? []
print("Mean IoU: \(scores["meanIoU"]?.number ?? .nan)")
print("IoU of the thing: \(classes.last ?? .nan)")
print("Dice: \(scores["dice"]?.number ?? .nan)")
print("Accuracy of pixels: \(scores["accuracy"]?.number ?? .nan)")

// Each row: the image, the truth over it, the prediction over it.
let shown = try test.subset(0..<min(8, test.count))
let labels = try learner.predict(shown).labelMaps()
var tiles: [Image] = []
for index in 0..<shown.count {
  let sample = try shown[index]
  let image = try Image(sample.features[0])
  tiles += [
    image, try image.overlaid(labels: sample.target ?? labels[index]),
    try image.overlaid(labels: labels[index]),
  ]
}
try Image(tiles: tiles, columns: 6).writePNG(to: "\(output)/overlays.png")
print("Overlays: \(output)/overlays.png")
