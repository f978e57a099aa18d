import Apus

/// A convolution without bias, its batch normalisation and, if wanted, a rectifier.
struct NormalizedConvolution: Layer {
  let convolution: Conv2D
  let norm = BatchNorm(momentum: 0.9, epsilon: 1e-5)
  let isRectified: Bool

  /// Zeros around the image keep its size at stride 1, on all sides alike as in PyTorch.
  init(_ filters: Int, kernel: Int, stride: Int = 1, isRectified: Bool = true) {
    convolution = Conv2D(
      filters, kernel: SpatialSize(kernel), stride: SpatialSize(stride),
      padding: .symmetric(SpatialSize((kernel - 1) / 2), axes: 2), useBias: false,
      kernelInitializer: .heNormal)
    self.isRectified = isRectified
  }

  func callAsFunction(_ x: Tensor) -> Tensor {
    let y = norm(convolution(x))
    return isRectified ? relu(y) : y
  }
}

/// 1×1, 3×3 (with the stride, as in version 1.5) and 1×1 convolutions beside a shortcut.
struct Bottleneck: Layer {
  let reduce: NormalizedConvolution, spatial: NormalizedConvolution, expand: NormalizedConvolution
  let shortcut: NormalizedConvolution?

  init(width: Int, stride: Int, changesShape: Bool) {
    reduce = NormalizedConvolution(width, kernel: 1)
    spatial = NormalizedConvolution(width, kernel: 3, stride: stride)
    expand = NormalizedConvolution(4 * width, kernel: 1, isRectified: false)
    shortcut =
      changesShape ? NormalizedConvolution(4 * width, kernel: 1, stride: stride, isRectified: false) : nil
  }

  func callAsFunction(_ x: Tensor) -> Tensor {
    relu(expand(spatial(reduce(x))) + (shortcut?(x) ?? x))
  }
}

/// ResNet-50 version 1.5 for images `[batch, height, width, 3]`; gives logits `[batch, classes]`.
///
/// He et al., arXiv:1512.03385, with the stride in the 3×3 convolutions, as torchvision has it: 25,557,032 weights for
/// a thousand classes.
struct ResNet50: Layer {
  /// Floating-point operations of the convolutions and the classifier for one image of 224×224.
  static let operations = 8_178_368_512.0

  let stem = NormalizedConvolution(64, kernel: 7, stride: 2)
  let pool = MaxPool2D(3, stride: 2, padding: .symmetric(1, axes: 2))
  let blocks: Sequential
  let mean = GlobalAveragePool2D()
  let classifier: Dense

  init(classes: Int = 1000) {
    let stages: [(width: Int, count: Int)] = [(64, 3), (128, 4), (256, 6), (512, 3)]
    blocks = Sequential(
      stages.enumerated().flatMap { stage, size in
        (0..<size.count).map { index in
          Bottleneck(
            width: size.width, stride: stage > 0 && index == 0 ? 2 : 1, changesShape: index == 0)
        }
      })
    classifier = Dense(classes)
  }

  func callAsFunction(_ x: Tensor) -> Tensor { classifier(mean(blocks(pool(stem(x))))) }
}
