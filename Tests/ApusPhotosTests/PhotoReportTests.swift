import ApusData
import ApusIO

import ApusTrain
import ApusVision
import Foundation
import Testing

@testable import ApusPhotos

@Suite struct PhotoReportTests {
  private func classifier() throws -> PhotoClassifier {
    let model = try VisionModel(.leNet5, classes: 2, inputShape: [32, 32, 3])
    try model.build(inputShape: model.inputShape, seed: 1)
    return try PhotoClassifier(model: model, classNames: ["<b>cat", "dog & co"], temperature: 1.5)
  }

  private func report(in folder: String) throws -> PhotoReport {
    let files = try (0..<8).map { try writePhoto(to: "\(folder)/set/\($0).png", hue: $0) }
    let classifier = try classifier()
    var report = try PhotoReport(
      classifier, test: classifier.answers(for: files, labels: [0, 1, 0, 1, 0, 1, 0, 1]))
    report.parts = [.init("tried on", counts: [4, 4])]
    report.dataCurve = DataCurve(
      points: [10, 20, 40].map { .init(count: $0, errors: [2.0 / Double($0), 2.2 / Double($0)]) },
      testCount: 8)
    report.phases = [
      .init(
        "All layers", history: History(),
        rates: LearningRateCurve(rates: [1e-3, 1e-2, 0.1], losses: [2, 1, 3]))
    ]
    report.settings = [("Seed", "3")]
    return report
  }

  @Test func pageHoldsEverythingAndAsksForNothing() throws {
    try withPhotoFolder { folder in
      let report = try report(in: folder)
      try report.write(to: folder + "/report.html")
      let page = try String(contentsOfFile: folder + "/report.html", encoding: .utf8)
      for id in [
        "confusions", "hardest", "calibration", "classes", "data-curve", "training", "layers", "provenance",
        "limitations",
      ] {
        #expect(page.contains("<section id=\"\(id)\""), "\(id) is missing")
        #expect(page.contains("href=\"#\(id)\""))
      }
      let addresses = page.matches(of: /(?:src|href)="([^"]*)"/).map { String($0.1) }
      #expect(addresses.count > 20)
      #expect(addresses.allSatisfy { $0.hasPrefix("data:") || $0.hasPrefix("#") })
      #expect(!page.contains("<script") && !page.contains("@import") && !page.contains("url("))
      #expect(!page.contains("<b>cat") && page.contains("&lt;b&gt;cat") && page.contains("dog &amp; co"))
      #expect(page.ranges(of: "<img ").count == page.matches(of: #/<img [^>]*alt="/#).count)
      #expect(page.contains("would more images help?"))
      let words = page.replacing(#/data:[^"]*/#, with: "")
      #expect(!words.contains(#/\b(nan|inf)\b/#))
    }
  }

  private static let isBrowserInstalled = ["chromium", "chromium-browser", "google-chrome"].contains { name in
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/\(name)")
    }
  }

  /// scripts/check-report: nothing on the console, no request, nothing that sticks out on a telephone.
  @Test(.enabled(if: isBrowserInstalled, "Chromium is not installed"))
  func pageIsSoundInABrowser() throws {
    try withPhotoFolder { folder in
      let report = try report(in: folder)
      try report.write(to: folder + "/report.html")
      let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
      let process = Process()
      process.executableURL = root.appending(path: "scripts/check-report")
      process.arguments = [folder + "/report.html"]
      let output = Pipe()
      process.standardOutput = output
      try process.run()
      let words = try output.fileHandleForReading.readToEnd().map { String(decoding: $0, as: UTF8.self) }
      process.waitUntilExit()
      #expect(process.terminationStatus == 0, "\(words ?? "")")
    }
  }

  @Test func photosThatAreGoneAreLeftOut() throws {
    try withPhotoFolder { folder in
      let report = try report(in: folder)
      for file in report.test.files.prefix(4) { try FileManager.default.removeItem(atPath: file) }
      #expect(try report.html().contains("<section id=\"hardest\">"))
      for file in report.test.files.suffix(4) { try FileManager.default.removeItem(atPath: file) }
      #expect(try !report.html().contains("<section id=\"hardest\">"))
    }
  }

  @Test func answersWithoutTruthMakeNoReport() throws {
    try withPhotoFolder { folder in
      let file = try writePhoto(to: folder + "/a.png", hue: 1)
      let classifier = try classifier()
      #expect(throws: DataError.self) { try PhotoReport(classifier, test: classifier.answers(for: [file])) }
      #expect(throws: DataError.self) {
        try PhotoReport(classifier, test: classifier.answers(for: [], labels: []))
      }
    }
  }

  @Test(arguments: PhotoExplainer.Method.allCases)
  func photosAreExplained(method: PhotoExplainer.Method) throws {
    try withPhotoFolder { folder in
      let files = try (0..<2).map { try writePhoto(to: "\(folder)/\($0).png", hue: $0 * 3, width: 50) }
      let classifier = try classifier()
      let explainer = try PhotoExplainer(classifier, method: method)
      let found = try explainer.explanations(ofFiles: files, classes: [nil, 1])
      let answers = try classifier.answers(for: files)
      #expect(found[0].label == answers.prediction(0))
      #expect(found[1].className == "dog & co")
      #expect(abs(found[1].probability - answers.probabilities(1)[1]) < 1e-5)
      #expect(found[0].heat.shape.rank == 2)
      let overlay = try found[0].overlay()
      #expect(overlay.size == ImageSize(160) && overlay.channels == 3)
      #expect(found[0].summary.contains(found[0].className))
      #expect(throws: DataError.self) { try explainer.explanation(ofFile: files[0], class: 2) }
      #expect(throws: FileError.self) { try explainer.explanation(ofFile: folder + "/none.png") }
    }
  }

  @Test func wordsSayWhereTheHeatIs() throws {
    let picture = try Image(width: 8, height: 8, channels: 1, pixels: [UInt8](repeating: 0, count: 64))
    func explanation(_ numbers: [Float]) -> PhotoExplanation {
      PhotoExplanation(
        file: "a", picture: picture, label: 0, classNames: ["cat", "dog"], probabilities: [1, 0],
        heat: .init(numbers, shape: [3, 3]), method: .gradCAM)
    }
    #expect(explanation([1, 0, 0, 0, 0, 0, 0, 0, 0]).focus?.place == "at the upper left")
    #expect(explanation([0, 0, 0, 0, 5, 0, 0, 0, 0]).focus?.place == "in the middle")
    #expect(explanation([0, 0, 0, 0, 0, 3, 0, 0, 0]).focus?.place == "on the right side")
    #expect(explanation([0, 0, 0, 0, 0, 0, 1, 1, 1]).focus?.place == "in the lower half")
    #expect(explanation([1, 1, 1, 1, 1, 1, 1, 1, 1]).focus?.share == 5.0 / 9)
    #expect(explanation([0, 0, 0, 0, 0, 0, 0, 0, -1]).focus == nil)
  }
}
