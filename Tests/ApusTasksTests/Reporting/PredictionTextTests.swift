import ApusIO
import Testing

@testable import ApusTasks

@Suite struct PredictionTextTests {
  private func json(_ prediction: Prediction, _ target: (any Target)?) -> String {
    prediction.json(target: target).text()
  }

  @Test func categories() throws {
    let target = try Classification(["cat", "dog", "\"fox\""])
    let prediction = Prediction.category(probabilities: [0.25, Double(Float(0.7)), 0.05])
    #expect(prediction.text(target: target, top: 2) == ["dog 70.0 %", "cat 25.0 %"])
    #expect(prediction.text(target: target, top: 0).count == 1)
    #expect(
      json(prediction, target)
        == #"{"class":"dog","probability":0.7,"probabilities":{"dog":0.7,"cat":0.25,"\"fox\"":0.05}}"#)
    let none = Prediction.category(probabilities: [.nan, 0.5, .nan])
    #expect(none.text(target: target) == ["dog 50.0 %", "cat –", "\"fox\" –"])
    #expect(json(none, target).contains(#""cat":null"#))
    #expect(json(.category(probabilities: []), nil) == #"{"probabilities":{}}"#)
  }

  @Test func labels() throws {
    let target = try MultiLabel(["boat", "car"], thresholds: [0.5, 0.125])
    let both = Prediction.labels(probabilities: [0.6, 0.9], holds: [true, true])
    #expect(both.text(target: target) == ["car 90.0 % (threshold 12.5 %)", "boat 60.0 % (threshold 50.0 %)"])
    #expect(json(both, target) == #"{"labels":["car","boat"],"probabilities":{"car":0.9,"boat":0.6}}"#)
    let none = Prediction.labels(probabilities: [0.4, 0.1], holds: [false, false])
    #expect(none.text(target: target) == ["none of the labels"])
    #expect(json(none, target) == #"{"labels":[],"probabilities":{"boat":0.4,"car":0.1}}"#)
  }

  @Test func numbersHaveTheDigitsOfTheirScale() throws {
    let target = try Regression(["time", "size"], means: [1_600_000_000, 0], stds: [100, 0.01])
    let prediction = Prediction.numbers([1_600_000_123.4567891, Double(Float(0.0123))])
    #expect(prediction.text(target: target) == ["time 1600000123.5", "size 0.0123"])
    #expect(json(prediction, target) == #"{"numbers":{"time":1600000123.4568,"size":0.0123}}"#)
    #expect(json(.numbers([Double(Float(0.1)), .infinity]), nil) == #"{"numbers":{"0":0.1,"1":null}}"#)
    #expect(Prediction.numbers([1.23456]).text(target: nil) == ["0 1.235"])
  }

  @Test func masks() throws {
    let target = try Classification(["sky", "road", "car"])
    let prediction = Prediction.mask(width: 4, height: 2, labels: [1, 1, 1, 1, 1, 0, 0, 0])
    #expect(prediction.text(target: target) == ["road 62.5 %", "sky 37.5 %"])
    #expect(
      json(prediction, target) == #"{"width":4,"height":2,"shares":{"sky":0.375,"road":0.625,"car":0.0}}"#)
    #expect(Prediction.mask(width: 0, height: 0, labels: []).text(target: target) == [])
    #expect(Prediction.mask(width: 1, height: 1, labels: [7]).text(target: target) == ["7 100.0 %"])
  }

  @Test func texts() {
    #expect(Prediction.text("Hello.").text(target: nil) == ["Hello."])
    #expect(json(.text("a\nb"), nil) == #"{"text":"a\nb"}"#)
  }
}
