import ApusData
import ApusNN

/// A small network as data: convolutions for images, and fully connected layers for everything.
public struct SmallNetwork: NetworkBlueprint, Equatable {
  /// The name in files.
  public static let kind = "small"
  /// Filters of each 3×3 convolution, each with pooling after it; none for input other than images.
  public var filters: [Int]
  /// Units of each hidden layer.
  public var hidden: [Int]
  /// The dropout rate before the first and after each hidden layer.
  public var dropout: Double

  /// A network with its layers.
  public init(filters: [Int] = [], hidden: [Int], dropout: Double = 0) {
    self.filters = filters
    self.hidden = hidden
    self.dropout = dropout
  }

  /// The network with an output for each of the target's.
  public func network(for problem: Problem) throws -> Network {
    let outputs = problem.target?.outputCount ?? 1
    let limit = 1 << 14
    guard filters.count <= 8, hidden.count <= 64, (filters + hidden).allSatisfy({ (1...limit).contains($0) }),
      dropout >= 0, dropout < 1
    else {
      throw DataError(
        .setting,
        "up to 8 convolutions and 64 hidden layers of 1 to \(limit) units, and a dropout rate from 0 to below 1 were "
          + "expected; filters \(filters), hidden \(hidden) and dropout \(dropout) came")
    }
    return Network(
      Sequential {
        for channels in filters {
          Conv2D(channels, kernel: 3, padding: .same, activation: .relu)
          MaxPool2D(2)
        }
        if dropout > 0 { Dropout(dropout) }
        Flatten()
        for units in hidden {
          Dense(units, activation: .relu, kernelInitializer: .heUniform)
          if dropout > 0 { Dropout(dropout) }
        }
        Dense(outputs)
      })
  }

  /// The layers in one line.
  public var summary: String {
    let layers = filters.map { "\($0) filters" } + hidden.map { "\($0) units" }
    return layers.isEmpty ? "linear" : layers.joined(separator: " → ")
  }
}
