import ApusNN
import Foundation
import Testing

@testable import ApusLearn

/// The programs of the page "From McCulloch and Pitts to logistic regression".
@Suite struct HistoryPageTests {
  @Test func neuronsRealizeTheLogicalFunctions() throws {
    let both = try McCullochPittsNeuron.and().fires([true, false])
    let either = try McCullochPittsNeuron.or().fires([true, false])
    let neither = try McCullochPittsNeuron.not.fires([either])
    print(both, either, neither)
    #expect(!both && either && !neither)
    for (a, b) in [(false, false), (false, true), (true, false), (true, true)] {
      #expect(try McCullochPittsNeuron.and().fires([a, b]) == (a && b))
      #expect(try McCullochPittsNeuron.or().fires([a, b]) == (a || b))
      #expect(try McCullochPittsNeuron.not.fires([a]) == !a)
    }
    #expect(throws: (any Error).self) { try McCullochPittsNeuron.not.fires([]) }
  }

  @Test func aPerceptronLearnsAnd() throws {
    let inputs = try FeatureMatrix(rows: [[0, 0], [0, 1], [1, 0], [1, 1]])
    let rows = try LabeledRows(inputs, .classes([0, 0, 0, 1], count: 2))
    let training = try Fold(allOf: 4).trainingRows(of: rows)
    let perceptron = try Perceptron(tolerance: 0).fit(training, FitContext())
    print(try perceptron.classes(inputs))
    #expect(try perceptron.classes(inputs) == [0, 0, 0, 1])
  }

  @Test func aTrainedNeuronIsLogisticRegression() throws {
    let x: [[Float]] = [[0, 1], [1, 3], [2, 0], [3, 2], [1, 0], [2, 4], [4, 1], [3, 4]]
    let y: [Int32] = [0, 0, 1, 1, 0, 1, 0, 1]
    let minimizer = LBFGS(iterations: 200, gradientTolerance: 1e-12, changeTolerance: 0)
    let neuron = try minimizer.minimize(from: [0, 0, 0]) { w in
      var (loss, gradient) = (0.0, [0.0, 0.0, 0.0])
      for (row, label) in zip(x, y) {
        let z = w[0] * Double(row[0]) + w[1] * Double(row[1]) + w[2]
        let error = 1 / (1 + exp(-z)) - Double(label)
        loss += log(1 + exp(z)) - Double(label) * z
        gradient[0] += error * Double(row[0])
        gradient[1] += error * Double(row[1])
        gradient[2] += error
      }
      return (loss, gradient)
    }
    let data = try LabeledRows(FeatureMatrix(rows: x), .classes(y, count: 2))
    let everyRow = try Fold(allOf: 8).trainingRows(of: data)
    let regression = try LogisticRegression(c: .infinity).fit(everyRow, FitContext())
    print(neuron.point)
    print(try regression.outputs(FeatureMatrix(rows: [[1, 0], [0, 1], [0, 0]])))
    let linear = try #require(regression as? FittedLinear<LogisticRegression>)
    let (ours, theirs) = (linear.coefficients + linear.intercepts, neuron.point)
    #expect(zip(ours, theirs).reduce(0) { max($0, abs($1.0 - $1.1)) } < 1e-9)
  }

  @Test func thePageShowsThePrograms() throws {
    let page = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../../../docs/Apus.docc/History.md")
    let text = try String(contentsOf: page.standardizedFileURL, encoding: .utf8)
    let source = try String(contentsOfFile: #filePath, encoding: .utf8)
    let programs = text.split(separator: "```swift\n").dropFirst().compactMap {
      $0.split(separator: "```").first
    }
    #expect(programs.count == 4)
    for line in programs.flatMap({ $0.split(separator: "\n") }) where line != "import Apus" {
      #expect(source.contains(line.trimmingCharacters(in: .whitespaces)), "\(line)")
    }
  }
}
