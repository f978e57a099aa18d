import ApusGraph
import ApusNN
import ApusTensor

extension VisionArchitecture {
  /// A transformer over patches of 16 by 16 pixels, of the base size.
  public static let vitB16 = visionTransformer("ViT-B/16", patch: 16, layers: 12, features: 768, heads: 12)
  /// A transformer over patches of 32 by 32 pixels, of the base size.
  public static let vitB32 = visionTransformer("ViT-B/32", patch: 32, layers: 12, features: 768, heads: 12)
  /// A transformer over patches of 16 by 16 pixels, of the large size.
  public static let vitL16 = visionTransformer("ViT-L/16", patch: 16, layers: 24, features: 1024, heads: 16)

  /// The first token, which comes from no pixel, stands for the image in the end.
  static func visionTransformer(
    _ name: String, patch: Int, layers: Int, features: Int, heads: Int
  ) -> VisionArchitecture {
    VisionArchitecture(
      name, source: "Dosovitskiy et al., arXiv:2010.11929", preprocessing: .imageNet,
      conversion: .visionTransformer
    ) { net, image, head in
      var x = net.convolution(
        image, features, SpatialSize(patch), stride: SpatialSize(patch), initializer: .lecunNormal,
        name: "conv_proj")
      x = net.add(Reshape([-1, features]), to: x, name: "patches")
      x = net.add(ClassToken(), to: x, name: "class_token")
      x = net.add(
        PositionEmbedding(net.shape(of: x)[0], initializer: .randomNormal(standardDeviation: 0.02)), to: x,
        name: "pos_embedding")
      for layer in 0..<layers {
        x = net.add(
          TransformerBlock(features, heads: heads, activation: .gelu, epsilon: 1e-6), to: x,
          name: "encoder_layer_\(layer)")
      }
      x = net.add(LayerNorm(epsilon: 1e-6), to: x, name: "ln")
      guard let classes = head.classes else {
        guard let pooling = head.pooling else { return x }
        return pooling == .average
          ? net.add(GlobalAveragePool1D(), to: x, name: "avg_pool")
          : net.add(GlobalMaxPool1D(), to: x, name: "max_pool")
      }
      x = net.add(
        Lambda("FirstToken") { $0.split(sizes: [1, $0.shape[1] - 1], axis: 1)[0].squeezed(axis: 1) }, to: x)
      return net.add(
        Dense(classes, activation: head.activation, kernelInitializer: .zeros), to: x, name: "head")
    }
  }
}

/// A learned vector in front of the vectors of an image's patches.
struct ClassToken: Layer {
  let token = Parameter(.zeros)

  /// `[batch, patches, features]` → `[batch, 1 + patches, features]`
  func callAsFunction(_ x: Tensor) -> Tensor {
    let token = token.tensor([1, 1, x.shape[2]], dtype: x.dtype)
    return concatenated([token.broadcast(to: [x.shape[0], 1, x.shape[2]]), x], axis: 1)
  }
}
