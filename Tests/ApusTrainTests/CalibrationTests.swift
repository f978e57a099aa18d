import ApusFixtures
import ApusGraph
import ApusTrain
import Foundation
import Testing

@Suite struct CalibrationTests {
  private static func literal(_ tensor: FixtureTensor) -> Literal {
    Literal(tensor.floats, shape: Shape(tensor.shape))
  }

  @Test(arguments: ["sure", "unsure"])
  func temperatureEqualsPyTorch(name: String) throws {
    let reference = try Fixture("calibration")(name)
    let logits = Self.literal(try reference("logits"))
    let labels = try reference("labels").integers.map { Int($0) }
    let scaling = try TemperatureScaling.fitted(logits: logits, labels: labels, isCautious: false)
    let expected = try #require(reference("temperature").doubles.first)
    #expect(abs(scaling.temperature - expected) < 1e-6 * expected)

    let before = try CalibrationReport(
      probabilities: TemperatureScaling().probabilities(logits), labels: labels)
    let after = try CalibrationReport(probabilities: scaling.probabilities(logits), labels: labels)
    #expect(after.negativeLogLikelihood < before.negativeLogLikelihood)
    #expect(after.expectedError < before.expectedError)

    let cautious = try TemperatureScaling.fitted(logits: logits, labels: labels)
    #expect(cautious.temperature > scaling.temperature)
    #expect(cautious.temperature < 1.1 * scaling.temperature)
  }

  @Test func modelWithoutMistakesIsNotMadeInfinitelySure() throws {
    let logits = Literal((0..<40).map { Float($0 % 2 == 0 ? 2 : -2) }, shape: [20, 2])
    let labels = [Int](repeating: 0, count: 20)
    let scaling = try TemperatureScaling.fitted(logits: logits, labels: labels)
    // ln(p / (1 − p)) = 4 / T for the share p = 1 − 1 / 42 of the right class.
    #expect(abs(scaling.temperature - 4 / log(41)) < 1e-9)
    let probability = scaling.probabilities(logits).doubles[0]
    #expect(abs(probability - (1 - 1.0 / 42)) < 1e-6)
    // Without caution it ends at the limit, and does not run away.
    let reckless = try TemperatureScaling.fitted(logits: logits, labels: labels, isCautious: false)
    #expect(reckless.temperature.isFinite && reckless.temperature < 0.2)
  }

  @Test func logitsThatSayNothingKeepATemperature() throws {
    let same = try TemperatureScaling.fitted(
      logits: Literal([Float](repeating: 3, count: 8), shape: [4, 2]), labels: [0, 1, 0, 1])
    #expect(same.temperature.isFinite && same.temperature > 0)
    #expect(TemperatureScaling(temperature: .nan).temperature == 1)
  }

  @Test(arguments: ["sure", "unsure"])
  func errorsEqualTheirDefinitions(name: String) throws {
    let reference = try Fixture("calibration")(name)
    let report = try CalibrationReport(
      probabilities: Self.literal(reference("probabilities")),
      labels: reference("labels").integers.map { Int($0) })
    let bins = report.bins.flatMap { bin in
      [Double(bin.count), bin.count > 0 ? bin.confidence : 0, bin.count > 0 ? bin.accuracy : 0]
    }
    #expect(difference(bins, from: try reference("bins").doubles, relative: 1e-6, absolute: 1e-6) == nil)
    let scores = [report.expectedError, report.largestError, report.brierScore, report.negativeLogLikelihood]
    let expected = try ["expected_error", "largest_error", "brier", "nll"].flatMap {
      try reference($0).doubles
    }
    #expect(difference(scores, from: expected, relative: 1e-6, absolute: 1e-7) == nil)
    #expect(try report.total == reference("labels").count)
  }

  @Test func whatIsNoProbabilityIsRefused() {
    func problem(_ numbers: [Float], _ shape: Shape, _ labels: [Int]) -> String {
      do {
        _ = try CalibrationReport(probabilities: Literal(numbers, shape: shape), labels: labels)
        return ""
      } catch {
        return "\(error)"
      }
    }
    #expect(problem([0.5, 0.6], [1, 2], [0]).contains("sample 0"))
    #expect(problem([0.5, 0.5], [1, 2], [2]).contains("label 2"))
    #expect(problem([0.5, .nan], [1, 2], [0]).contains("nan"))
    #expect(problem([0.5, 0.5], [1, 2], [0, 1]).contains("2 labels"))
    #expect(problem([0.5, 0.5], [2], [0]).contains("[samples, classes]"))
  }
}
