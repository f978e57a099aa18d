// Classifies the images in a folder: PHOTOS/cats/1.jpg, PHOTOS/dogs/1.jpg, and so on.
//
//   swift run -c release Photos PHOTOS
//
// Without a folder it draws some images of stripes and spots.
import Apus
import Foundation

let photos = CommandLine.arguments.dropFirst().first ?? "drawn-photos"
if CommandLine.arguments.count < 2 { try drawImages(in: photos) }

// Every file is looked at: what cannot be read, or is there twice, is left out and named. A network pretrained on ImageNet
// is used where its weights are installed (`make weights`), else a small one is trained from scratch.
let outcome = try await Run(photos, output: "photo-model").perform()

// The test set was looked at once, at the end.
let accuracy = outcome.result.test?.metrics["accuracy"]
print("Test accuracy: \(accuracy?.value ?? 0) of \(outcome.result.test?.samples ?? 0) images")
print("95 % confidence interval: \(accuracy?.interval ?? [])")

// The model is used from any other process.
let model = try Registry.standard.predictor("photo-model")
if let example = outcome.result.example, let prediction = try model.predict(files: [example]).first {
  print("\(example): \(prediction.text(target: model.problem.target)[0])")
}

/// Small images of upright stripes, level stripes and spots, each of its own colors and place.
func drawImages(in folder: String) throws {
  let kinds: [(name: String, isLight: (Int, Int) -> Bool)] = [
    ("level stripes", { row, _ in row / 5 % 2 == 0 }),
    ("upright stripes", { _, column in column / 5 % 2 == 0 }),
    ("spots", { row, column in row % 12 < 6 && column % 12 < 6 }),
  ]
  for (kind, (name, isLight)) in kinds.enumerated() {
    try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
    for number in 0..<60 {
      var random = PhiloxGenerator(seed: UInt64(kind * 1000 + number))
      let (light, dark) = (150 + random.uniform(below: 100), random.uniform(below: 100))
      let (down, across) = (random.uniform(below: 12), random.uniform(below: 12))
      let pixels = (0..<48 * 48).flatMap { place -> [UInt8] in
        let base = isLight(place / 48 + down, place % 48 + across) ? light : dark
        return [UInt8(base), UInt8(255 - base), UInt8(base / 2 + random.uniform(below: 40))]
      }
      try Image(width: 48, height: 48, channels: 3, pixels: pixels).writePNG(
        to: "\(folder)/\(name)/\(number).png")
    }
  }
}
