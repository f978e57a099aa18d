import Apus

// Images of clothes: 54,000 for training, 6,000 for validation, 10,000 for the test.
let (images, test) = try FashionMNIST.load()
let (train, validation) = try images.split(0.9)

let model = Sequential {
  Conv2D(16, kernel: 3, padding: .same, activation: .relu)
  MaxPool2D(2)
  Conv2D(32, kernel: 3, padding: .same, activation: .relu)
  MaxPool2D(2)
  Flatten()
  Dense(64, activation: .relu)
  Dense(10)
}
let rate = Schedule.oneCycle(peak: 0.005, steps: 4 * train.count / 64)
let learner = Learner(model, loss: .crossEntropy, optimizer: .adam(schedule: rate), metrics: [.accuracy])

let history = try await learner.fit(train, validation: validation, epochs: 4, batchSize: 64)
try learner.save(to: "fashion.safetensors")

let first = try learner.predict(test.subset(0..<1)).classes[0]
print("The first test image shows: \(FashionMNIST.classNames[first])")
print("Training took \(history.epochs.map(\.seconds).reduce(0, +)) seconds.")
print("Test accuracy: \(try learner.evaluate(test)["accuracy"] ?? 0)")
