import Apus
import Foundation

/// The networks that the command can make, as a description from which each can be made again.
struct Architecture: Codable, Equatable, Sendable {
  enum Kind: String, Codable, CaseIterable, Sendable {
    /// Convolutions of 3 by 3 with pooling after each, then fully connected layers.
    case convolutional
    /// Fully connected layers.
    case perceptron
  }

  var kind: Kind
  /// Channels of each convolution.
  var filters: [Int] = []
  /// Units of each fully connected layer before the last.
  var hidden: [Int]
  /// The share of the last convolution's and of each hidden layer's outputs that dropout leaves out.
  var dropout = 0.0
  /// Numbers that the network puts out.
  var outputs: Int

  /// The usual network of a kind; tables get five layers of 50 units.
  init(_ kind: Kind, hidden: [Int]? = nil, outputs: Int) {
    self.kind = kind
    self.outputs = outputs
    switch kind {
    case .convolutional:
      filters = [32, 64]
      self.hidden = hidden ?? [128]
      dropout = 0.2
    case .perceptron: self.hidden = hidden ?? [50, 50, 50, 50, 50]
    }
  }

  /// The units of hidden layers, from a list with commas between.
  static func units(_ list: String) throws -> [Int] {
    let units = list.split(separator: ",").map { Int($0.trimmingCharacters(in: .whitespaces)) ?? 0 }
    guard !units.isEmpty, units.count <= 64, units.allSatisfy({ (1...16_384).contains($0) }) else {
      throw Failure(
        .usage, "--hidden is a list of 1 to 64 whole numbers from 1 to 16384, \"\(list)\" came.")
    }
    return units
  }

  /// The network, not built yet.
  func model() -> Sequential {
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
    }
  }

  /// How many numbers the network learns.
  func weightCount(inputShape: Shape) -> Int {
    var count = 0
    var sizes = inputShape.dimensions
    for channels in filters where sizes.count == 3 {
      count += (9 * sizes[2] + 1) * channels
      sizes = [sizes[0] / 2, sizes[1] / 2, channels]
    }
    var width = sizes.reduce(1, *)
    for units in hidden + [outputs] {
      count += (width + 1) * units
      width = units
    }
    return count
  }

  /// Refuses descriptions that no sound file holds.
  func check() throws {
    let limit = 1 << 14
    let sizes = filters + hidden + [outputs]
    guard filters.count <= 8, hidden.count <= 64, sizes.allSatisfy({ (1...limit).contains($0) }),
      dropout >= 0, dropout < 1, (kind == .convolutional) != filters.isEmpty
    else {
      throw Failure(
        .data,
        "The network makes no sense: layers of 1 to \(limit) units and a dropout from 0 to 1 were expected, filters "
          + "\(filters), hidden \(hidden), outputs \(outputs) and dropout \(dropout) came.")
    }
  }

  /// The layers in one line.
  var line: String {
    (filters.map { "\($0) filters" } + hidden.map { "\($0) units" } + [
      "\(outputs) output\(outputs == 1 ? "" : "s")"
    ])
    .joined(separator: " → ")
  }
}
