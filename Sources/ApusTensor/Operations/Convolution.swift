import ApusGraph

// Channels last: x is `[batch, spatial…, channels]` with one, two or three spatial axes.

/// Convolution (cross-correlation, as everywhere in deep learning) over the spatial axes.
///
/// Along each axis the result has floor((size + padding − dilation · (kernel − 1) − 1) / stride) + 1 elements.
/// - Parameters:
///   - x: `[batch, spatial…, channels]`
///   - kernel: `[spatial…, channels / groups, filters]`
///   - strides: Step of the window.
///   - padding: How far the window may reach beyond the edges.
///   - dilations: Distance between the kernel's taps.
///   - groups: Channels and filters are divided into so many groups that do not mix. As many groups as channels
///     make a depthwise convolution.
///   - file: The caller's file, which errors name.
///   - line: The caller's line, which errors name.
/// - Returns: `[batch, spatial…, filters]`
public func conv(
  _ x: Tensor, _ kernel: Tensor, strides: SpatialSize = 1, padding: Padding = .valid,
  dilations: SpatialSize = 1, groups: Int = 1, file: StaticString = #fileID, line: Int = #line
) -> Tensor {
  building([x, kernel], file, line) { () throws(GraphError) in
    let (input, kernel) = Value.promoted(x.value.floating, kernel.value.floating)
    let spatial = try spatialAxes(input, kernel, "convolution")
    let strides = try strides.checked(spatial, "strides", "convolution")
    let dilations = try dilations.checked(spatial, "dilations", "convolution")
    let window = (0..<spatial).map { Padding.reach(of: kernel.shape[$0], dilation: dilations[$0]) }
    let pads = try padding.pads(
      input: Array(input.shape.dimensions[1...spatial]), window: window, strides: strides, "convolution")
    let spec = ConvolutionSpec(
      strides: strides, padsLow: pads.low, padsHigh: pads.high, dilations: dilations, groups: groups)
    return .apply(.convolution(spec, .none), [input, kernel])
  }
}

/// Transposed convolution: the gradient of a convolution with respect to its input, used to enlarge.
///
/// Along each axis the result has size · stride elements with `.same` padding, and
/// (size − 1) · stride + max(reach of the kernel, stride) with `.valid`, as in Keras; with explicit padding, or
/// whenever `outputPadding` is given, (size − 1) · stride + reach − padding + outputPadding.
/// - Parameters:
///   - x: `[batch, spatial…, channels]`
///   - kernel: `[spatial…, filters / groups, channels]`
///   - strides: How many times longer each axis becomes, about.
///   - padding: How far the window of the convolution that this reverses reaches beyond the edges.
///   - outputPadding: Elements added at the end of each axis of the result; less than the stride.
///   - dilations: Distance between the kernel's taps.
///   - groups: Channels and filters are divided into so many groups that do not mix.
///   - file: The caller's file, which errors name.
///   - line: The caller's line, which errors name.
/// - Returns: `[batch, spatial…, filters]`
public func convTranspose(
  _ x: Tensor, _ kernel: Tensor, strides: SpatialSize = 1, padding: Padding = .valid,
  outputPadding: SpatialSize? = nil, dilations: SpatialSize = 1, groups: Int = 1,
  file: StaticString = #fileID, line: Int = #line
) -> Tensor {
  building([x, kernel], file, line) { () throws(GraphError) in
    let operation = "convTranspose"
    let (input, kernel) = Value.promoted(x.value.floating, kernel.value.floating)
    let spatial = try spatialAxes(input, kernel, operation)
    let strides = try strides.checked(spatial, "strides", operation)
    let dilations = try dilations.checked(spatial, "dilations", operation)
    guard groups >= 1, input.shape[spatial + 1] == kernel.shape[spatial + 1],
      input.shape[spatial + 1] % groups == 0
    else {
      throw GraphError(
        .shape, operation,
        "the input \(input.shape) has \(input.shape[spatial + 1]) channels, the kernel \(kernel.shape) takes \(kernel.shape[spatial + 1]) in \(groups) group(s)",
        advice: "the kernel is [spatial…, filters / groups, channels]")
    }
    let extra = outputPadding?.values(axes: spatial)
    if let outputPadding {
      guard let extra, zip(extra, strides).allSatisfy({ 0 <= $0 && $0 < $1 }) else {
        throw GraphError(
          .argument, operation, "output padding \(outputPadding) with strides \(strides)",
          advice: "it must be at least 0 and below the stride")
      }
    }
    var sizes: [Int] = []
    var low: [Int] = [], high: [Int] = []
    for axis in 0..<spatial {
      // In 128 bits, as the numbers may be anything that a caller wrote.
      let reach = Int128(Padding.reach(of: kernel.shape[axis], dilation: dilations[axis]))
      let size = Int128(input.shape[axis + 1]), stride = Int128(strides[axis])
      let added = extra.map { Int128($0[axis]) }
      var pads: (low: Int128, high: Int128) = (0, 0)
      var result = (size - 1) * stride + reach
      switch padding {
      case .valid:
        result += added ?? Swift.max(stride - reach, 0)
      case .same:
        if let added {
          pads = (reach / 2, reach / 2)
          result += added - 2 * (reach / 2)
        } else {
          result = size * stride
          let total = Swift.max((size - 1) * stride + reach - result, 0)
          pads = (total / 2, total - total / 2)
        }
      case .causal:
        throw GraphError(.argument, operation, "causal padding has no transposed form")
      case .explicit:
        let explicit = try padding.pads(
          input: [], window: Array(kernel.shape.dimensions[..<spatial]), strides: strides, operation)
        pads = (Int128(explicit.low[axis]), Int128(explicit.high[axis]))
        result += (added ?? 0) - pads.low - pads.high
      }
      guard result > 0 || size == 0 else {
        throw GraphError(.shape, operation, "padding leaves nothing of axis \(axis + 1) of \(input.shape)")
      }
      sizes.append(Int(clamping: result))
      low.append(Int(clamping: pads.low))
      high.append(Int(clamping: pads.high))
    }
    let spec = ConvolutionSpec(
      strides: strides, padsLow: low, padsHigh: high, dilations: dilations, groups: groups)
    return .apply(.convolutionInputGradient(spec, inputSpatial: sizes), [input, kernel])
  }
}

/// The number of spatial axes that a kernel has, once both operands are known to have as many.
private func spatialAxes(_ x: Value, _ kernel: Value, _ operation: String) throws(GraphError) -> Int {
  let spatial = kernel.rank - 2
  guard spatial >= 1 else {
    throw GraphError(
      .shape, operation, "the kernel must be [spatial…, channels, filters], got shape \(kernel.shape)")
  }
  guard x.rank == kernel.rank else {
    throw GraphError(
      .shape, operation,
      "a kernel of \(kernel.shape) expects an input of \(kernel.rank) axes [batch, spatial…, channels], got shape \(x.shape)",
      advice: x.rank == kernel.rank - 1
        ? "add a batch axis in front or a channel axis behind with .expandedDimensions(axis:)" : "")
  }
  return spatial
}

/// The largest element of each window over the spatial axes.
/// - Parameters:
///   - x: `[batch, spatial…, channels]`
///   - window: Sizes of the window.
///   - strides: Steps of the window; the window itself by default, so that windows do not overlap.
///   - padding: How far windows may reach beyond the edges; what lies there is no candidate.
///   - file: The caller's file, which errors name.
///   - line: The caller's line, which errors name.
/// - Returns: `[batch, spatial…, channels]`; along each axis floor((size + padding − window) / stride) + 1
///   elements.
public func maxPool(
  _ x: Tensor, _ window: SpatialSize, strides: SpatialSize? = nil, padding: Padding = .valid,
  file: StaticString = #fileID, line: Int = #line
) -> Tensor { pool(.maximum, x, window, strides, padding, false, file, line) }

/// The mean of each window over the spatial axes.
/// - Parameters:
///   - x: `[batch, spatial…, channels]`
///   - window: Sizes of the window.
///   - strides: Steps of the window; the window itself by default, so that windows do not overlap.
///   - padding: How far the window may reach beyond the edges.
///   - countsPadding: Whether padding counts as zeros (PyTorch's default) or not at all (Keras's).
///   - file: The caller's file, which errors name.
///   - line: The caller's line, which errors name.
/// - Returns: `[batch, spatial…, channels]`; along each axis floor((size + padding − window) / stride) + 1
///   elements.
public func averagePool(
  _ x: Tensor, _ window: SpatialSize, strides: SpatialSize? = nil, padding: Padding = .valid,
  countsPadding: Bool = false, file: StaticString = #fileID, line: Int = #line
) -> Tensor { pool(.average, x, window, strides, padding, countsPadding, file, line) }

private func pool(
  _ kind: PoolSpec.Kind, _ x: Tensor, _ window: SpatialSize, _ strides: SpatialSize?, _ padding: Padding,
  _ countsPadding: Bool, _ file: StaticString, _ line: Int
) -> Tensor {
  building([x], file, line) { () throws(GraphError) in
    let operation = kind == .maximum ? "maxPool" : "averagePool"
    let value = kind == .average ? x.value.floating : x.value
    let spatial = value.rank - 2
    guard spatial >= 1 else {
      throw GraphError(
        .shape, operation, "expects [batch, spatial…, channels], got shape \(x.shape)",
        advice: "add a batch axis in front or a channel axis behind with .expandedDimensions(axis:)")
    }
    let window = try window.checked(spatial, "window", operation)
    let strides = try strides.map { strides throws(GraphError) in
      try strides.checked(spatial, "strides", operation)
    }
    let steps = strides ?? window
    let pads = try padding.pads(
      input: Array(value.shape.dimensions[1...spatial]), window: window, strides: steps, operation)
    let spec = PoolSpec(
      kind: kind, window: window, strides: steps, padsLow: pads.low, padsHigh: pads.high,
      countsPadding: countsPadding)
    return .apply(.pool(spec), [value])
  }
}
