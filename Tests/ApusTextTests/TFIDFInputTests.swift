import ApusData
import ApusTasks
import Foundation
import Testing

@testable import ApusText

@Suite struct TFIDFInputTests {
  private func fitted() throws -> (TFIDFInput, TextFixture) {
    let fixture = try TextFixture.load()
    let input = try TFIDFInput(fitting: .texts(fixture.texts), rows: Array(fixture.texts.indices))
    return (input, fixture)
  }

  @Test func termsAndFrequenciesAreThoseOfScikitLearn() throws {
    let (input, fixture) = try fitted()
    #expect(input.terms == fixture.terms)
    #expect(zip(input.frequencies, fixture.frequencies).allSatisfy { abs($0 - $1) < 1e-14 })
    #expect(input.fittedCount == 8)
  }

  @Test func weightsAreThoseOfScikitLearn() throws {
    let (input, fixture) = try fitted()
    for (text, expected) in zip(fixture.texts + fixture.new, fixture.weights + fixture.newWeights) {
      let weights = input.weights(WordTokens.words(text))
      #expect(weights.map(\.term) == expected.map { Int($0[0]) })
      #expect(zip(weights, expected).allSatisfy { abs(Double($0.weight) - $1[1]) < 1e-7 })
    }
  }

  @Test func featuresAreTheWeightsAndZeros() throws {
    let (input, fixture) = try fitted()
    let features = try input.features(.texts(fixture.new), row: 0)
    #expect(features.count == 1 && features[0].count == 1)
    #expect(features[0][0].shape == [fixture.terms.count] && input.types[0].shape == features[0][0].shape)
    var expected = [Double](repeating: 0, count: fixture.terms.count)
    for weight in fixture.newWeights[0] { expected[Int(weight[0])] = weight[1] }
    #expect(zip(features[0][0].doubles, expected).allSatisfy { abs($0 - $1) < 1e-7 })
    #expect(
      try input.features(.texts(["nothing known whatsoever"]), row: 0)[0][0].doubles.allSatisfy { $0 == 0 })
  }

  @Test func onlyTrainingRowsCount() throws {
    let examples = try Examples.texts(["a b", "a b", "secret secret", "secret"])
    #expect(try TFIDFInput(fitting: examples, rows: [0, 1]).terms == ["a", "a b", "b"])
  }

  @Test func theMostFrequentTermsStayWhereThereAreTooMany() throws {
    let examples = try Examples.texts(["b b b a c c", "b a c c", "d d d d d d"])
    #expect(
      try TFIDFInput(fitting: examples, rows: [0, 1, 2], vocabularyLimit: 2, pairs: false).terms == [
        "b", "c",
      ])
    #expect(
      try TFIDFInput(fitting: examples, rows: [0, 1, 2], vocabularyLimit: 3, pairs: false).terms == [
        "a", "b", "c",
      ])
  }

  @Test func rareTermsAreForgottenWhereMemoryEnds() throws {
    let examples = try Examples.texts((0..<50).map { "common words \($0) \($0 + 100)" })
    let input = try TFIDFInput(fitting: examples, rows: Array(0..<50), countLimit: 20)
    #expect(input.terms == ["common", "common words", "words"])
    #expect(input.frequencies.allSatisfy { $0 == 1 })
  }

  @Test func textsWithoutACommonTermStillHaveTerms() throws {
    #expect(try TFIDFInput(fitting: .texts(["a", "b"]), rows: [0, 1]).terms == ["a", "b"])
    #expect(throws: DataError.self) { try TFIDFInput(fitting: .texts(["!", "?"]), rows: [0, 1]) }
  }

  @Test func encodingKeepsEveryBit() throws {
    let (input, fixture) = try fitted()
    let copy = try JSONDecoder().decode(TFIDFInput.self, from: JSONEncoder().encode(input))
    #expect(copy.terms == input.terms && copy.frequencies == input.frequencies)
    for text in fixture.texts {
      let (first, second) = (input.weights(WordTokens.words(text)), copy.weights(WordTokens.words(text)))
      #expect(first.map(\.term) == second.map(\.term) && first.map(\.weight) == second.map(\.weight))
    }
  }

  @Test func logisticRegressionIsThatOfScikitLearn() throws {
    let (input, fixture) = try fitted()
    let names = ["a", "b", "c"]
    let target = try Classification(names)
    let examples = try Examples(
      modality: "text", title: "texts", names: fixture.texts, inputs: [Column("text", .texts(fixture.texts))],
      targets: [Column("class", .categories(fixture.classes.map { names[$0] }))])
    let data = TaskData(examples: examples, parts: [.training: Array(0..<8)], target: target)
    let texts = try SparseTexts(input, target, data, .training)
    let objective = LinearObjective(termCount: input.terms.count, outputCount: 3, loss: target.loss)
    for (strength, expected) in zip(fixture.strengths, fixture.probabilities) {
      let start = [Double](repeating: 0, count: objective.parameterCount)
      let point = try objective.minimized(from: start, on: texts, strength: strength)
      for (text, probabilities) in zip(fixture.new, expected) {
        var logits = Array(point[(input.terms.count * 3)...])
        for (term, weight) in input.weights(WordTokens.words(text)) {
          for output in 0..<3 { logits[output] += Double(weight) * point[term * 3 + output] }
        }
        let powers = logits.map { exp($0) }
        let sum = powers.reduce(0, +)
        #expect(zip(powers, probabilities).allSatisfy { abs($0 / sum - $1) < 2e-4 })
      }
    }
  }
}
