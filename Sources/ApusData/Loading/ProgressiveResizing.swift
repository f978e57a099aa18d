/// The sizes of images over the epochs of training: small ones first, which is fast, and their full size at last.
///
/// Howard's method of DAWNBench (2018); see also Tan and Le, "EfficientNetV2", arXiv:2104.00298. The model must take
/// images of any size, as those do that end in global pooling. A step is compiled once for each size; validation
/// sees images as the dataset has them.
public struct ProgressiveResizing: Sendable, Hashable {
  /// The first epoch of a size.
  public struct Stage: Sendable, Hashable {
    /// The first epoch, counted from 0.
    public let firstEpoch: Int
    /// The images' size.
    public let size: ImageSize

    /// Images of `size` from `firstEpoch` on.
    public init(firstEpoch: Int, size: ImageSize) {
      self.firstEpoch = firstEpoch
      self.size = size
    }
  }

  /// The stages, the first from epoch 0 on.
  public let stages: [Stage]

  /// Images of the sizes of `stages`, which must begin with epoch 0 and follow one another.
  /// - Throws: `DataError` for stages that do not, and for sizes that are not positive.
  public init(_ stages: [Stage]) throws {
    guard stages.first?.firstEpoch == 0,
      zip(stages, stages.dropFirst()).allSatisfy({ $0.firstEpoch < $1.firstEpoch })
    else {
      throw DataError(
        .setting,
        "stages that begin with epoch 0 and follow one another were expected, they begin with the epochs "
          + "\(stages.map(\.firstEpoch))")
    }
    for stage in stages { try stage.size.check() }
    self.stages = stages
  }

  /// Sizes in equal steps over equal parts of training.
  ///
  /// - Parameters:
  ///   - first: The size at first.
  ///   - last: The size at last: that of the images which the model will be used for.
  ///   - epochs: Number of epochs of the whole training.
  ///   - stageCount: Number of different sizes; as many as epochs at most.
  ///   - multiple: Sizes but the last are rounded to a multiple of this, so that strides fit.
  /// - Throws: `DataError` for numbers that are not positive.
  public init(
    from first: ImageSize, to last: ImageSize, epochs: Int, stages stageCount: Int = 3, multiple: Int = 8
  ) throws {
    guard epochs > 0, stageCount > 1, multiple > 0 else {
      throw DataError(
        .setting,
        "epochs, at least 2 stages and a positive multiple were expected, \(epochs), \(stageCount) and "
          + "\(multiple) came")
    }
    let count = min(stageCount, epochs)
    func between(_ first: Int, _ last: Int, _ stage: Int) -> Int {
      guard stage < count - 1 else { return last }
      let exact = Double(first) + Double(last - first) * Double(stage) / Double(count - 1)
      return max(1, Int((exact / Double(multiple)).rounded())) * multiple
    }
    try self.init(
      (0..<count).map { stage in
        Stage(
          firstEpoch: stage * epochs / count,
          size: ImageSize(
            width: between(first.width, last.width, stage), height: between(first.height, last.height, stage))
        )
      })
  }

  /// The size in an epoch.
  public func size(epoch: Int) -> ImageSize {
    stages.last { $0.firstEpoch <= epoch }?.size ?? stages[0].size
  }
}
