import Apus

extension Work {
  /// Images of clothes, augmented and made ready on one thread.
  static let loader = Work(
    name: "loader",
    summary: "Fashion-MNIST, 100 batches of 128 with random shift and flip, one worker", cost: Cost()
  ) { purpose in
    let isTimed = purpose == .timing
    let loader = try DataLoader(
      FashionMNIST.load().train, batchSize: 128, shuffled: isTimed, seed: inputSeed, dropRemainder: true,
      augmentations: isTimed ? [RandomShift(upTo: 2), RandomHorizontalFlip()] : [], workers: 1)
    return try Prepared(batches: 100, of: loader)
  }
}

extension Work.Prepared {
  /// Takes some batches of a loader each time, one epoch after the other; the result is the last one's features.
  init(batches count: Int, of loader: DataLoader) throws {
    var epoch = 0
    var batches = try loader.batches(epoch: epoch)
    self.init(
      tensors: { [:] },
      run: {
        var last: Literal?
        for _ in 0..<count {
          var batch = try batches.next()
          if batch == nil {
            epoch += 1
            batches = try loader.batches(epoch: epoch)
            batch = try batches.next()
          }
          last = batch?.features[0]
        }
        return try last ?? Literal.zeros(TensorType(.float32, [0]))
      })
  }
}
