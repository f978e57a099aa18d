import ApusNN
import ApusTensor

extension VisionArchitecture {
  /// The smaller network that reinforcement learning found.
  public static let nasNetMobile = nasNet(
    "NASNetMobile", side: 224, penultimate: 1056, repeats: 4, stem: 32, skipsReduction: false, 23)
  /// The larger network that reinforcement learning found.
  public static let nasNetLarge = nasNet(
    "NASNetLarge", side: 331, penultimate: 4032, repeats: 6, stem: 96, skipsReduction: true, 343)

  private static func nasNet(
    _ name: String, side: Int, penultimate: Int, repeats: Int, stem: Int, skipsReduction: Bool,
    _ megabytes: Int
  ) -> VisionArchitecture {
    VisionArchitecture(
      name, source: "Zoph et al., arXiv:1707.07012", inputShape: [side, side, 3], preprocessing: .symmetric,
      publishedMegabytes: megabytes
    ) { net, image, head in
      let cells = NASNetCells(net: net)
      let filters = penultimate / 24
      var x = net.convolution(
        image, stem, 3, stride: 2, useBias: false, initializer: .heNormal, name: "stem_conv1")
      x = cells.normalized(x, "stem_bn1")
      var previous: Connection?
      (x, previous) = cells.reduction(x, previous, filters / 4, "stem_1")
      (x, previous) = cells.reduction(x, previous, filters / 2, "stem_2")
      for stage in 0..<3 {
        let filters = filters << stage
        if stage > 0 {
          let beforeReduction: Connection
          (x, beforeReduction) = cells.reduction(x, previous, filters, "reduce_\(stage * repeats)")
          if !skipsReduction { previous = beforeReduction }
        }
        for number in 0..<repeats {
          (x, previous) = cells.normal(
            x, previous, filters, "\(stage * repeats + number + (stage > 0 ? 1 : 0))")
        }
      }
      x = net.relu(x)
      return head(net, x, pool: nil, maximumPool: nil)
    }
  }
}

/// The two cells of NASNet-A. Each takes the results of the two cells before it.
private struct NASNetCells {
  let net: FunctionalBuilder

  func normalized(_ x: Connection, _ name: String) -> Connection {
    net.batchNorm(x, momentum: 0.9997, name: name)
  }

  private func point(_ x: Connection, _ filters: Int, _ name: String) -> Connection {
    net.convolution(x, filters, 1, padding: .same, useBias: false, initializer: .heNormal, name: name)
  }

  private func sum(_ x: Connection, _ y: Connection, _ name: String?) -> Connection {
    net.add(Add(), to: [x, y], name: name)
  }

  private func mean(_ x: Connection, _ name: String) -> Connection {
    net.add(AveragePool2D(3, stride: 1, padding: .same), to: x, name: name)
  }

  /// Two separable convolutions, each behind a rectifier.
  private func separable(
    _ input: Connection, _ filters: Int, _ kernel: Int, stride: Int = 1, _ name: String
  ) -> Connection {
    var x = net.relu(input)
    if stride == 2 { x = net.stridePadding(x, kernel: kernel, name: "separable_conv_1_pad_" + name) }
    for number in 1...2 {
      let isStrided = number == 1 && stride == 2
      x = net.add(
        SeparableConv2D(
          filters, kernel: SpatialSize(kernel), stride: isStrided ? 2 : 1,
          padding: isStrided ? .valid : .same,
          useBias: false), to: x, name: "separable_conv_\(number)_\(name)")
      x = normalized(x, "separable_conv_\(number)_bn_\(name)")
      if number == 1 { x = net.relu(x) }
    }
    return x
  }

  /// The result of the cell before the last, brought to the size of the last one's.
  private func adjusted(
    _ previous: Connection?, to x: Connection, _ filters: Int, _ name: String
  ) -> Connection {
    guard let previous else { return x }
    if net.shape(of: previous)[1] != net.shape(of: x)[1] {
      let active = net.relu(previous, name: "adjust_relu_1_" + name)
      var even = net.add(AveragePool2D(1, stride: 2), to: active, name: "adjust_avg_pool_1_" + name)
      even = point(even, filters / 2, "adjust_conv_1_" + name)
      var odd = net.add(ZeroPadding2D(height: (0, 1), width: (0, 1)), to: active)
      odd = net.add(Cropping2D(height: (1, 0), width: (1, 0)), to: odd)
      odd = net.add(AveragePool2D(1, stride: 2), to: odd, name: "adjust_avg_pool_2_" + name)
      odd = point(odd, filters / 2, "adjust_conv_2_" + name)
      return normalized(net.add(Concatenate(), to: [even, odd]), "adjust_bn_" + name)
    }
    guard net.channels(previous) != filters else { return previous }
    return normalized(
      point(net.relu(previous), filters, "adjust_conv_projection_" + name), "adjust_bn_" + name)
  }

  func normal(
    _ x: Connection, _ previous: Connection?, _ filters: Int, _ name: String
  ) -> (Connection, Connection) {
    let p = adjusted(previous, to: x, filters, name)
    let h = normalized(point(net.relu(x), filters, "normal_conv_1_" + name), "normal_bn_1_" + name)
    let first = sum(
      separable(h, filters, 5, "normal_left1_" + name), separable(p, filters, 3, "normal_right1_" + name),
      "normal_add_1_" + name)
    let second = sum(
      separable(p, filters, 5, "normal_left2_" + name), separable(p, filters, 3, "normal_right2_" + name),
      "normal_add_2_" + name)
    let third = sum(mean(h, "normal_left3_" + name), p, "normal_add_3_" + name)
    let fourth = sum(
      mean(p, "normal_left4_" + name), mean(p, "normal_right4_" + name), "normal_add_4_" + name)
    let fifth = sum(separable(h, filters, 3, "normal_left5_" + name), h, "normal_add_5_" + name)
    let joined = net.add(
      Concatenate(), to: [p, first, second, third, fourth, fifth], name: "normal_concat_" + name)
    return (joined, x)
  }

  func reduction(
    _ x: Connection, _ previous: Connection?, _ filters: Int, _ name: String
  ) -> (Connection, Connection) {
    let p = adjusted(previous, to: x, filters, name)
    let h = normalized(point(net.relu(x), filters, "reduction_conv_1_" + name), "reduction_bn_1_" + name)
    let padded = net.stridePadding(h, kernel: 3, name: "reduction_pad_1_" + name)
    func largest(_ name: String) -> Connection { net.add(MaxPool2D(3, stride: 2), to: padded, name: name) }

    let first = sum(
      separable(h, filters, 5, stride: 2, "reduction_left1_" + name),
      separable(p, filters, 7, stride: 2, "reduction_right1_" + name), "reduction_add_1_" + name)
    let second = sum(
      largest("reduction_left2_" + name), separable(p, filters, 7, stride: 2, "reduction_right2_" + name),
      "reduction_add_2_" + name)
    let third = sum(
      net.add(AveragePool2D(3, stride: 2), to: padded, name: "reduction_left3_" + name),
      separable(p, filters, 5, stride: 2, "reduction_right3_" + name), "reduction_add3_" + name)
    let fourth = sum(second, mean(first, "reduction_left4_" + name), nil)
    let fifth = sum(
      separable(first, filters, 3, "reduction_left4_" + name), largest("reduction_right5_" + name),
      "reduction_add4_" + name)
    return (
      net.add(Concatenate(), to: [second, third, fourth, fifth], name: "reduction_concat_" + name), x
    )
  }
}
