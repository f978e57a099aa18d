// Learns to tell the photos in a folder apart: PHOTOS/cats/1.jpg, PHOTOS/dogs/1.jpg, and so on.
//
//   swift run -c release Photos PHOTOS
//
// Without a folder it draws some pictures of stripes and spots to learn from.
import Apus
import Foundation

let photos = CommandLine.arguments.dropFirst().first ?? "drawn-photos"
if CommandLine.arguments.count < 2 { try drawPictures(in: photos) }

// Every file is looked at: what cannot be read, or is there twice, is left out and named.
let folder = try PhotoFolder(photos)
for note in folder.notes { print("Note:", note) }

// A network that knows ImageNet for photos (scripts/weights), a small one from scratch for small pictures.
let recipe = try PhotoRecipe(side: folder.medianShorterSide, count: folder.training.count)
print(recipe.summary)
let result = try await PhotoTraining(folder, recipe: recipe, output: "photo-model").run()

// What the test photos show was never looked at before.
print("Test accuracy: \(result.test.accuracy ?? 0) of \(result.test.count) photos")
let classifier = try PhotoClassifier.load(from: "photo-model")
let answers = try classifier.answers(for: [result.test.files[0]])
print("\(answers.files[0]): \(classifier.classNames[answers.prediction(0)]) \(answers.probabilities(0))")

/// Small pictures of upright stripes, level stripes and spots, each of its own colours and place.
func drawPictures(in folder: String) throws {
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
