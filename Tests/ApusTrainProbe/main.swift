// Trains a small model with every kind of state, printing a line before each batch, for the tests to kill
// at any moment and start again: `ApusTrainProbe <checkpoint folder> <weights file> [steps between
// checkpoints]`. Or trains small models one after the other, and prints the bytes of memory that this kept:
// `ApusTrainProbe fits`.

import ApusData
import ApusGraph
import ApusNN
import ApusTrain
import Foundation

final class Announcer: Callback {
  func beforeBatch(_ context: TrainingContext) throws {
    FileHandle.standardOutput.write(Data("epoch \(context.epoch) batch \(context.batchIndex)\n".utf8))
  }
}

func data(count: Int, seed: UInt32) throws -> ArrayDataset {
  var state = seed
  func next() -> Float {
    state = state &* 1_664_525 &+ 1_013_904_223
    return Float(state >> 8) / Float(1 << 23) - 1
  }
  var x: [Float] = [], y: [Int32] = []
  for _ in 0..<count {
    let row = (0..<6).map { _ in next() }
    x += row
    y.append(row[0] + row[1] > 0 ? 1 : row[2] > 0 ? 2 : 0)
  }
  return try ArrayDataset(Literal(x, shape: [count, 6]), targets: Literal(y, shape: [count]))
}

/// Resident memory in bytes; nil where the system does not tell in this way.
func residentBytes() -> Int? {
  guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return nil }
  return text.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 4096 }
}

func fitSmallModels(_ count: Int) async throws {
  let data = try data(count: 16, seed: 3)
  for _ in 0..<count {
    let model = Sequential {
      Dense(8, activation: .relu)
      Dense(3)
    }
    let learner = Learner(model, loss: .crossEntropy, metrics: [.accuracy])
    try await learner.fit(
      data, validation: data, epochs: 1, batchSize: 8, options: FitOptions(workers: 0, progress: .none))
    _ = try learner.predict(data, workers: 0)
  }
}

let arguments = CommandLine.arguments
if arguments.dropFirst() == ["fits"] {
  try await fitSmallModels(200)
  let before = residentBytes()
  try await fitSmallModels(800)
  print(before.flatMap { before in residentBytes().map { $0 - before } } ?? 0)
  exit(0)
}
guard arguments.count >= 3 else {
  FileHandle.standardError.write(Data("usage: ApusTrainProbe FOLDER WEIGHTS [STEPS] | fits\n".utf8))
  exit(2)
}
let model = Sequential {
  Dense(12)
  BatchNorm()
  Activation(.relu)
  Dropout(0.3)
  Dense(3)
}
let learner = Learner(
  model, loss: .crossEntropy,
  optimizer: .adam(schedule: .cosine(0.02, decaySteps: 60)), metrics: [.accuracy], seed: 11)
try await learner.fit(
  data(count: 150, seed: 1), validation: data(count: 40, seed: 2), epochs: 4, batchSize: 16,
  callbacks: [Announcer(), EarlyStopping(patience: 10)],
  options: FitOptions(
    accumulating: 2,
    checkpointing: Checkpointing(
      directory: arguments[1], everySteps: arguments.count > 3 ? Int(arguments[3]) : 1), resume: .automatic,
    workers: 2, progress: .none))
try learner.save(to: arguments[2])
