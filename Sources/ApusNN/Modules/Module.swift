import ApusTensor

/// Anything that holds parameters, itself or in the layers among its stored properties.
///
/// There is nothing to implement, but a module must be sendable, as it is used from the tasks that train and
/// serve it: structs are by themselves, classes by being final with constant properties. Parameters are
/// found through the stored properties and named by them: the kernel of the layer in property `conv1` of the
/// module in property `block` is `block.conv1.kernel`.
public protocol Module: Sendable {}

/// A module that makes one tensor from one tensor.
///
/// Any struct or class can be a layer; the layers it is made of are its stored properties:
///
/// ```swift
/// struct Residual: Layer {
///   let conv1 = Conv2D(64, kernel: 3, padding: .same), norm1 = BatchNorm()
///   let conv2 = Conv2D(64, kernel: 3, padding: .same), norm2 = BatchNorm()
///
///   func callAsFunction(_ x: Tensor) -> Tensor {
///     relu(x + norm2(conv2(relu(norm1(conv1(x))))))
///   }
/// }
/// ```
public protocol Layer: Module {
  /// The layer's result. Errors travel inside the tensor and are thrown when it is read.
  func callAsFunction(_ x: Tensor) -> Tensor
}
