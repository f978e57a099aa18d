import Apus
import ApusTestSupport
import Foundation
import Testing

/// Models that the version before 0.2 wrote are opened, and predict what that version printed.
@Suite struct EarlierModelsTests {
  private func path(_ name: String) -> String { fixturePath("EarlierModels/" + name) }

  /// What the version before printed for each example.
  private func expected(_ name: String) throws -> [JSON] {
    let file = try FileReader(path: path(name + ".json"))
    let json = try JSON(parsing: file.bytes(at: 0, count: file.byteCount))
    return try #require(json["predictions"]?.arrayValue)
  }

  private func predictor(_ name: String) throws -> any Predictor {
    try Registry.standard.predictor(path(name + ".safetensors"))
  }

  @Test(arguments: [("classes", "image.png"), ("dataset", "garment.png"), ("labels", "image.png")])
  func probabilitiesAreTheSame(name: String, file: String) throws {
    let model = try predictor(name)
    let target = try #require(model.problem.target)
    let expected = try #require(try self.expected(name).first)
    let found = try model.predict(files: [path(file)])[0].json(target: target)
    let probabilities = try #require(expected["probabilities"]?.members)
    #expect(found["probabilities"]?.members?.count == probabilities.count)
    for member in probabilities {
      let value = try #require(found["probabilities"]?[member.key]?.doubleValue)
      #expect(abs(value - (member.value.doubleValue ?? .nan)) < 1e-5, "\(member.key)")
    }
    #expect(found["class"] == expected["class"])
    func labels(_ json: JSON) -> Set<String> {
      Set(json["labels"]?.arrayValue?.compactMap(\.stringValue) ?? [])
    }
    #expect(labels(found) == labels(expected))
  }

  @Test func numbersAreTheSame() throws {
    let model = try predictor("numbers")
    let expected = try #require(try self.expected("numbers").first?["numbers"]?.members)
    let found = try model.predict(files: [path("image.png")])[0].json(target: model.problem.target)
    #expect(found["numbers"]?.members?.count == expected.count)
    for member in expected {
      let value = try #require(found["numbers"]?[member.key]?.doubleValue)
      #expect(abs(value - (member.value.doubleValue ?? .nan)) < 1e-4, "\(member.key)")
    }
  }

  @Test func masksHaveTheSizeOfTheImage() throws {
    let model = try predictor("masks")
    let size = try Image(contentsOf: path("image.png")).size
    guard case .mask(let width, let height, let labels) = try model.predict(files: [path("image.png")])[0]
    else {
      Issue.record("a mask was expected")
      return
    }
    #expect(ImageSize(width: width, height: height) == size && labels.count == width * height)
    let count = try #require(model.problem.target?.classNames?.count)
    #expect(labels.allSatisfy { Int($0) < count })
  }

  /// Rows of a table; the values are those that the version before printed.
  @Test func tablesAreTheSame() throws {
    let number = try predictor("table-number")
    for (prediction, expected) in zip(
      try number.predict(files: [path("rows.csv")]), try expected("table-number"))
    {
      guard case .numbers(let values) = prediction else {
        Issue.record("a number was expected")
        continue
      }
      #expect(abs(values[0] - (expected["y"]?.doubleValue ?? .nan)) < 0.005, "\(values)")
    }
    let kind = try predictor("table-class")
    let names = try #require(kind.problem.target?.classNames)
    let predictions = try kind.predict(files: [path("rows.csv")])
    #expect(predictions.count == 2)
    for (prediction, expected) in zip(predictions, try expected("table-class")) {
      guard case .category(let probabilities) = prediction else {
        Issue.record("a class was expected")
        continue
      }
      let place = try #require(expected["class"]?.stringValue.flatMap { names.firstIndex(of: $0) })
      #expect(
        abs(probabilities[place] - (expected["probability"]?.doubleValue ?? .nan)) < 0.0005,
        "\(probabilities)")
    }
  }
}
