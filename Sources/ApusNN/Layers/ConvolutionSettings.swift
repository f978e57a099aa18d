import ApusGraph
import ApusTensor

/// What the convolution layers of one, two and three dimensions share.
struct ConvolutionSettings: Sendable {
  let axes: Int
  let filters: Int
  let window: SpatialSize
  let stride: SpatialSize
  let padding: Padding
  let dilation: SpatialSize
  let groups: Int

  static let axisNames = [
    1: "[batch, steps, channels]", 2: "[batch, height, width, channels]",
    3: "[batch, depth, height, width, channels]",
  ]

  /// The number of channels of an input, which must fit what was built.
  func channels(_ x: Tensor, kernel: Parameter, perKernel: Int, _ identity: LayerIdentity) throws(GraphError)
    -> Int
  {
    try identity.requireRank(axes + 2, x, Self.axisNames[axes] ?? "")
    try identity.requireFloating(x)
    let channels = x.shape[axes + 1]
    guard filters >= 1, groups >= 1, filters % groups == 0 else {
      throw identity.error(
        .argument, "\(filters) filters cannot be divided into \(groups) groups",
        advice: "both must be at least 1, and filters a multiple of groups")
    }
    if let built = kernel.shape {
      let expected = built[axes] * perKernel
      guard expected == channels else {
        throw identity.error(
          .shape,
          "expects \(expected) channels (built from the first input), got \(channels): the last axis of \(x.shape)",
          input: x,
          advice: x.shape[1] == expected
            ? "channels come last here: transposed([0, 2, 3, 1]) turns PyTorch's order around" : "")
      }
    }
    guard channels % groups == 0 else {
      throw identity.error(
        .shape, "\(channels) channels of \(x.shape) cannot be divided into \(groups) groups", input: x)
    }
    return channels
  }

  /// The number of channels of an input to a transposed convolution, whose kernel has them last.
  func transposedChannels(_ x: Tensor, kernel: Parameter, _ identity: LayerIdentity) throws(GraphError) -> Int
  {
    try identity.requireRank(axes + 2, x, Self.axisNames[axes] ?? "")
    try identity.requireFloating(x)
    guard filters >= 1 else { throw identity.error(.argument, "filters \(filters) must be at least 1") }
    let channels = x.shape[axes + 1]
    if let built = kernel.shape, built[axes + 1] != channels {
      throw identity.error(
        .shape,
        "expects \(built[axes + 1]) channels (built from the first input), got \(channels): the last axis of \(x.shape)",
        input: x)
    }
    return channels
  }

  /// The kernel's sizes along the spatial axes. Strides and dilations are checked with them.
  func windowSizes(_ identity: LayerIdentity) throws(GraphError) -> [Int] {
    _ = try identity.sizes(stride, axes: axes, "stride")
    _ = try identity.sizes(dilation, axes: axes, "dilation")
    return try identity.sizes(window, axes: axes, "kernel")
  }

  /// The window must fit into the input, or nothing would be left.
  func requireRoom(_ x: Tensor, _ identity: LayerIdentity) throws(GraphError) {
    let sizes = window.values(axes: axes) ?? [], dilations = dilation.values(axes: axes) ?? []
    let reach = zip(sizes, dilations).map { ($0 - 1) * $1 + 1 }
    try padding.requireRoom(x, reach: reach, identity, "kernel \(window)")
  }
}

extension LayerIdentity {
  /// The sizes along the spatial axes, each at least 1.
  func sizes(_ size: SpatialSize, axes: Int, _ name: String) throws(GraphError) -> [Int] {
    guard let sizes = size.values(axes: axes), sizes.allSatisfy({ $0 >= 1 }) else {
      throw error(
        .argument, "\(name) \(size) does not give \(axes == 1 ? "1 size" : "\(axes) sizes") of at least 1",
        advice: "write one number for all axes, or \(axes) in brackets")
    }
    return sizes
  }
}

extension Padding {
  /// A window of the given reach must fit into the padded spatial axes of the input.
  func requireRoom(_ x: Tensor, reach: [Int], _ identity: LayerIdentity, _ what: String) throws(GraphError) {
    var added = Array(repeating: 0, count: reach.count)
    switch self {
    case .same, .causal: return
    case .valid: break
    case .explicit(let pads):
      guard pads.count == reach.count else { return }
      added = pads.map { $0.before + $0.after }
    }
    for (index, size) in reach.enumerated() where x.shape[index + 1] + added[index] < size {
      throw identity.error(
        .shape, "\(what) is larger than axis \(index + 1) of the input \(x.shape)", input: x,
        advice: "use padding: .same, a smaller window, or pool less before")
    }
  }
}

/// A bias and an activation on a layer's raw result.
func finish(_ result: Tensor, bias: Parameter?, activation: ActivationFunction?) -> Tensor {
  if result.failure != nil { return result }
  var value = result.value
  if let bias { value = value + bias.tensor([value.shape[value.rank - 1]], dtype: value.dtype).value }
  let output = Tensor(value)
  return activation?(output) ?? output
}
