/// One spatial axis of a convolution or a pooling, for the tests of both.
struct SpatialAxis {
  var input: Int
  var window: Int
  var stride = 1
  var dilation = 1
  var low = 0
  var high = 0
  /// Counts positions that only partly fit, as PyTorch's `ceil_mode` does.
  var ceiling = false

  var output: Int {
    let room = input + low + high - (window - 1) * dilation - 1
    return room < 0 ? 0 : (room + (ceiling ? stride - 1 : 0)) / stride + 1
  }

  /// Position in the input, or nil in the padding.
  func position(_ output: Int, _ step: Int) -> Int? {
    let position = output * stride + step * dilation - low
    return position >= 0 && position < input ? position : nil
  }
}

extension Array where Element == SpatialAxis {
  var inputs: Int { map(\.input).reduce(1, *) }
  var outputs: Int { map(\.output).reduce(1, *) }
  var steps: Int { map(\.window).reduce(1, *) }

  /// Flat spatial position in the input of one step of the window at one output; nil in the padding.
  func place(output: Int, step: Int) -> Int? {
    var (o, s, place, stride) = (output, step, 0, 1)
    for axis in reversed() {
      guard let position = axis.position(o % axis.output, s % axis.window) else { return nil }
      place += position * stride
      stride *= axis.input
      o /= axis.output
      s /= axis.window
    }
    return place
  }
}
