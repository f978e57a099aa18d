/// The number of spatial axes of a layer that exists for sequences, images and volumes.
///
/// `Conv1D`, `Conv2D` and `Conv3D` are one class, `Convolution`, with the rank as its parameter; so are the pooling
/// layers.
public protocol SpatialRank: Sendable {
  /// Number of spatial axes: those between the batch axis and the channels.
  static var axisCount: Int { get }
}

/// One spatial axis: sequences `[batch, steps, channels]`.
public enum Spatial1D: SpatialRank {
  /// 1
  public static let axisCount = 1
}

/// Two spatial axes: images `[batch, height, width, channels]`.
public enum Spatial2D: SpatialRank {
  /// 2
  public static let axisCount = 2
}

/// Three spatial axes: volumes `[batch, depth, height, width, channels]`.
public enum Spatial3D: SpatialRank {
  /// 3
  public static let axisCount = 3
}

/// A layer over spatial axes whose channels other frameworks may have first.
protocol SpatialLayer: Module {}

extension SpatialRank {
  /// The shape of a batch, for messages.
  static var inputDescription: String { ConvolutionSettings.axisNames[axisCount] ?? "" }
}
