import ApusGraph
import ApusNN
import ApusReport
import ApusTensor

/// A network as data: enough to make it again, without its parameters.
public protocol NetworkBlueprint: Codable, Sendable {
  /// The name in files, such as `vision`.
  static var kind: String { get }
  /// Makes the network, without computing or allocating anything.
  /// - Parameter problem: What it takes and puts out.
  /// - Throws: `DataError` or `GraphError` for networks that there are not or that do not fit the problem.
  /// - Returns: The network.
  func network(for problem: Problem) throws -> Network
  /// The network in a few words, such as "EfficientNetLite0".
  var summary: String { get }
}

/// A module and how it is called.
public struct Network: Sendable {
  /// What holds the parameters.
  public let module: any Module
  /// The outputs `[batch, …]` for the features of a batch, each `[batch, …]`, with all that belongs between.
  public let forward: @Sendable ([Tensor]) -> Tensor

  /// A module that is called by a closure.
  public init(_ module: any Module, forward: @escaping @Sendable ([Tensor]) -> Tensor) {
    self.module = module
    self.forward = forward
  }

  /// A layer of one input.
  public init(_ layer: some Layer) { self.init(layer) { layer($0[0]) } }
}
