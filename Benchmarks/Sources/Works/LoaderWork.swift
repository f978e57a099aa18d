import Apus

extension Work {
  /// Pictures of clothes, augmented and made ready on one thread.
  static let loader = Work(
    name: "loader",
    summary: "Fashion-MNIST, 100 batches of 128 with random shift and flip, one worker", cost: Cost()
  ) { purpose in
    let isTimed = purpose == .timing
    let loader = try DataLoader(
      FashionMNIST.load().train, batchSize: 128, shuffled: isTimed, seed: inputSeed, dropRemainder: true,
      augmentations: isTimed ? [RandomShift(upTo: 2), RandomHorizontalFlip()] : [], workers: 1)
    var epoch = 0
    var batches = try loader.batches(epoch: epoch)
    return Prepared(
      tensors: { [:] },
      run: {
        var last: Literal?
        for _ in 0..<100 {
          var batch = try batches.next()
          if batch == nil {
            epoch += 1
            batches = try loader.batches(epoch: epoch)
            batch = try batches.next()
          }
          last = batch?.features[0]
        }
        return last ?? Literal.zeros(TensorType(.float32, [0]))
      })
  }
}
