import Apus
import Foundation

/// Some 40 drawn examples of one kind, with what is wrong with real ones.
struct Drawing: Sendable {
  /// What is drawn.
  let name: String
  /// What a run on it takes, beside what makes it short.
  let options: [String: String]
  /// What the name of the example that cannot be used contains; nil where examples are made in memory.
  let broken: String?
  /// Writes the examples into a folder, and returns options that name paths in it, and the path of the data; nil for none.
  let write:
    @Sendable (_ folder: String, _ fault: Fault?) throws -> (path: String?, options: [String: String])
  /// The faults that data of the kind can have.
  let faults: [Fault]
  /// Recipes that other drawings try with the same input and target, at a cost of half a minute.
  var skippedRecipes: Set<String> = []

  /// What can be wrong with all of the examples.
  enum Fault: String, Sendable, CaseIterable { case oneClass, empty, noTargets }

  static let all: [Drawing] =
    [
      images, imageTags, imageNumbers, masks, tableClasses, tableNumbers,
      samples("classification"), samples("regression"), samples("multi-label"),
    ] + (Registry.standard.inputs.contains { $0.modality == "text" } ? [texts, textNumbers] : [])

  // MARK: - Images

  static let images = Drawing(
    name: "images in a folder for each class", options: [:], broken: "broken.png",
    write: { folder, fault in
      for row in 0..<(fault == .empty ? 0 : 48) {
        let name = fault == .oneClass || row % 2 == 0 ? "left" : "right"
        try image(row).writePNG(
          to: folder + "/" + (fault == .noTargets ? "" : made(folder, name) + "/") + "\(row).png")
      }
      if fault == nil {
        try Data("\u{89}PNG, and nothing".utf8).write(to: URL(filePath: folder + "/left/broken.png"))
      }
      return (folder, [:])
    }, faults: Fault.allCases)

  static let imageTags = tableOfImages("images with tags", ["target": "tags"]) { row in
    row % 2 == 0 ? "left" : "right;other"
  }

  static let imageNumbers = tableOfImages("images with numbers", ["target": "tags"]) { row in
    "\(Double(row % 2 * 30 + row % 7) / 10)"
  }

  private static func tableOfImages(
    _ name: String, _ options: [String: String], _ value: @escaping @Sendable (Int) -> String
  ) -> Drawing {
    Drawing(
      name: name, options: options, broken: "broken.png",
      write: { folder, fault in
        let photos = made(folder, "photos")
        var lines = ["file,tags"]
        for row in 0..<(fault == .empty ? 0 : 48) {
          try image(row).writePNG(to: "\(folder)/\(photos)/\(row).png")
          lines.append("\(row).png,\(fault == .oneClass ? value(0) : fault == .noTargets ? "" : value(row))")
        }
        if fault == nil {
          try Data("\u{89}PNG, and nothing".utf8).write(to: URL(filePath: "\(folder)/\(photos)/broken.png"))
          lines.append("broken.png,\(value(1))")
        }
        let table = folder + "/table.csv"
        try (lines.joined(separator: "\n") + "\n").write(toFile: table, atomically: true, encoding: .utf8)
        return (folder + "/photos", ["table": table])
      }, faults: Fault.allCases)
  }

  static let masks = Drawing(
    name: "images with masks", options: ["class-names": "ground,square"], broken: "broken.png",
    write: { folder, fault in
      let (photos, masks) = (made(folder, "photos"), made(folder, "masks"))
      for row in 0..<(fault == .empty ? 0 : 40) {
        try image(row).writePNG(to: "\(folder)/\(photos)/\(row).png")
        guard fault != .noTargets else { continue }
        let pixels = (0..<side * side).map { place -> UInt8 in
          fault != .oneClass && isLit(place, row) ? 1 : 0
        }
        try Image(width: side, height: side, channels: 1, pixels: pixels).writePNG(
          to: "\(folder)/\(masks)/\(row).png")
      }
      if fault == nil {
        try Data("\u{89}PNG, and nothing".utf8).write(to: URL(filePath: "\(folder)/\(photos)/broken.png"))
        try image(1).writePNG(to: "\(folder)/\(masks)/broken.png")
      }
      return ("\(folder)/\(photos)", ["masks": "\(folder)/\(masks)"])
    }, faults: [.empty, .noTargets])

  // MARK: - Tables

  static let tableClasses = table("a table with classes") { row in row % 2 == 0 ? "low" : "high" }
  static let tableNumbers = table("a table with numbers") { row in
    "\(Double(row % 2 * 30 + row % 7) / 10)"
  }

  private static func table(_ name: String, _ value: @escaping @Sendable (Int) -> String) -> Drawing {
    Drawing(
      name: name, options: ["target": "y"], broken: "table.csv:50",
      write: { folder, fault in
        var lines = ["x,color,y"]
        for row in 0..<(fault == .empty ? 0 : 48) {
          let target = fault == .oneClass ? value(0) : fault == .noTargets ? "" : value(row)
          lines.append("\(row % 2 * 4 + row % 5),\(["red", "green", ""][row % 3]),\(target)")
        }
        // A row without a target cannot be used.
        if fault == nil { lines.append("1,red,") }
        let path = folder + "/table.csv"
        try (lines.joined(separator: "\n") + "\n").write(toFile: path, atomically: true, encoding: .utf8)
        return (path, [:])
      }, faults: Fault.allCases)
  }

  // MARK: - Texts

  static let texts = Drawing(
    name: "texts in a folder for each class", options: [:], broken: "broken.txt",
    write: { folder, fault in
      for row in 0..<(fault == .empty ? 0 : 48) {
        let name = fault == .oneClass || row % 2 == 0 ? "sports" : "food"
        let place = folder + "/" + (fault == .noTargets ? "" : made(folder, name) + "/") + "\(row).txt"
        try text(row).write(toFile: place, atomically: true, encoding: .utf8)
      }
      if fault == nil { try Data([0, 1, 2, 0, 255]).write(to: URL(filePath: folder + "/food/broken.txt")) }
      return (folder, [:])
    }, faults: Fault.allCases)

  static let textNumbers = Drawing(
    name: "a table of texts with numbers", options: ["text": "body", "target": "y"], broken: "table.csv:50",
    write: { folder, fault in
      var lines = ["body,y"]
      for row in 0..<(fault == .empty ? 0 : 48) {
        let target =
          fault == .noTargets
          ? "" : fault == .oneClass ? "1.5" : "\(Double(row % 2 * 30 + row % 7) / 10)"
        lines.append("\(text(row)),\(target)")
      }
      if fault == nil { lines.append("a text without a number,") }
      let path = folder + "/table.csv"
      try (lines.joined(separator: "\n") + "\n").write(toFile: path, atomically: true, encoding: .utf8)
      return (path, [:])
    }, faults: Fault.allCases)

  private static func text(_ row: Int) -> String {
    let words = row % 2 == 0 ? ["goal", "team", "match", "coach"] : ["soup", "bread", "oven", "salt"]
    return (0..<12).map { "\(words[($0 * 3 + row / 2) % 4]) \(["the", "a", "of"][($0 + row) % 3])" }
      .joined(separator: " ") + " number\(row)"
  }

  // MARK: - Samples

  private static func samples(_ target: String) -> Drawing {
    Drawing(
      name: "samples in memory, \(target)", options: ["drawn": target], broken: nil,
      write: { _, _ in (nil, [:]) }, faults: [],
      skippedRecipes: target == "classification" ? [] : ["transfer-learning"])
  }

  // MARK: - Parts

  private static let side = 64

  /// A square on the left or on the right, which is nowhere twice.
  private static func isLit(_ place: Int, _ row: Int) -> Bool {
    let (x, y) = (place % side, place / side)
    let left = row % 2 == 0 ? 4 + row % 7 : 34 + row % 5
    return (left..<left + 24).contains(x) && (10 + row % 11..<40 + row % 11).contains(y)
  }

  private static func image(_ row: Int) throws -> Image {
    let pixels = (0..<side * side).flatMap { place -> [UInt8] in
      let noise = UInt8((place * 31 + row * 17) % 23)
      return isLit(place, row) ? [200 + noise, 60 + noise, UInt8(row)] : [30 + noise, 40 + noise, 50]
    }
    return try Image(width: side, height: side, channels: 3, pixels: pixels)
  }

  /// Makes a folder in another one.
  private static func made(_ folder: String, _ name: String) -> String {
    try? FileManager.default.createDirectory(atPath: folder + "/" + name, withIntermediateDirectories: true)
    return name
  }
}
