// Predicts tomorrow's highest temperature in Seattle from 19 numbers known today, with five fully connected layers of
// 50 units. The years 2012 to 2014 are learned from, 2015 is predicted.
import Apus

let path = CommandLine.arguments.dropFirst().first ?? "Examples/TabularRegression/weather.csv"
let table = try CSVTable(path: path)
let firstTestRow = table.rowCount - 364
let trainRows = Array(0..<firstTestRow)

// What is learned of the columns, such as their means, is learned from the training rows alone.
let encoder = try TableEncoder(schema: TableSchema(of: table, rows: trainRows), target: "high_tomorrow")
let train = try CSVDataset(table, encoder: encoder, rows: trainRows).inMemory()
let test = try CSVDataset(table, encoder: encoder, rows: Array(firstTestRow..<table.rowCount)).inMemory()

let model = Sequential {
  for _ in 1...5 { Dense(50, activation: .relu, kernelInitializer: .heUniform) }
  Dense(1)
}
// Weights of 11,251 and a thousand days: strong decay keeps the network from learning the days by heart.
let epochs = 60
let rate = Schedule.oneCycle(
  peak: 0.003, steps: epochs * DataLoader.batchCount(samples: train.count, batchSize: 32))
let learner = Learner(
  model, loss: .meanSquaredError, optimizer: .adamW(schedule: rate, weightDecay: 1),
  metrics: [.meanAbsoluteError])
try await learner.fit(train, epochs: epochs, batchSize: 32, options: .quiet)

let error = try learner.evaluate(test)["meanAbsoluteError"] ?? .nan
let known = train.targets?.doubles ?? []
let mean = known.reduce(0, +) / Double(known.count)
let truths = test.targets?.doubles ?? []
let baseline = truths.map { abs($0 - mean) }.reduce(0, +) / Double(truths.count)
let today = try table.column(named: "high_0")
let changes = try zip(firstTestRow..<table.rowCount, truths).map { row, truth in
  abs((Double(try table[row].fields[today]) ?? .nan) - truth)
}
let persistence = changes.reduce(0, +) / Double(changes.count)

print("\(encoder.featureNames.count) inputs, \(train.count) days to learn from, \(test.count) to predict")
print("Mean absolute error of always saying the mean: \(baseline) °C")
print("Mean absolute error of saying that it stays as it is: \(persistence) °C")
print("Mean absolute error of the network: \(error) °C")
