import ApusData
import ApusNN
import ApusStudy

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
  /// The activation of convolutions and hidden layers.
  public var activation: Activation

  /// An activation by its name.
  public enum Activation: String, Sendable, Codable, CaseIterable {
    case relu, gelu, silu, tanh, elu

    /// The function.
    var function: ActivationFunction {
      switch self {
      case .relu: .relu
      case .gelu: .gelu
      case .silu: .silu
      case .tanh: .tanh
      case .elu: .elu()
      }
    }
  }

  private enum CodingKeys: String, CodingKey { case filters, hidden, dropout, activation }

  /// A network with its layers.
  public init(filters: [Int] = [], hidden: [Int], dropout: Double = 0, activation: Activation = .relu) {
    (self.filters, self.hidden, self.dropout, self.activation) = (filters, hidden, dropout, activation)
  }

  /// Reads a network of this or an earlier version.
  /// - Parameter decoder: Where it was saved.
  /// - Throws: `DecodingError` for something else.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      filters: try values.decode([Int].self, forKey: .filters),
      hidden: try values.decode([Int].self, forKey: .hidden),
      dropout: try values.decode(Double.self, forKey: .dropout),
      activation: try values.decodeIfPresent(Activation.self, forKey: .activation) ?? .relu)
  }

  /// What a person may ask for.
  public static let options = [
    OptionDescription(
      "hidden", "units", "Tables and small images: units of each hidden layer, with commas between them.",
      values: .units),
    OptionDescription(
      "activation", "name",
      "Tables and small images: relu, gelu, silu, tanh or elu. (default: relu)"),
  ]

  /// Takes what a person asked for.
  /// - Throws: `DataError` for values that make no sense.
  public mutating func take(_ options: Options) throws {
    if let units = try options.units("hidden") { hidden = units }
    if let name = try options.choice("activation", of: Activation.self) { activation = name }
  }

  /// The layers that a trial suggests, of those that nobody fixed.
  /// - Parameters:
  ///   - trial: Who suggests.
  ///   - options: What the person fixed.
  /// - Throws: `StudyError` for spaces that cannot be searched.
  /// - Returns: The network to try.
  public func suggested(by trial: Trial, fixed options: Options) throws -> SmallNetwork {
    var result = self
    if options.text("hidden") == nil {
      let layers = try trial.int("hidden-layers", in: 1...5)
      result.hidden = Array(repeating: try trial.int("units", in: 16...512, scale: .log), count: layers)
    }
    if options.text("activation") == nil {
      let name = try trial.categorical("activation", in: Activation.allCases.map(\.rawValue))
      result.activation = Activation(rawValue: name) ?? .relu
    }
    if !filters.isEmpty {
      let first = try trial.int("filters", in: 16...64, scale: .log)
      result.filters = (0..<(try trial.int("convolutions", in: 1...3))).map { first << $0 }
    }
    result.dropout = try trial.float("dropout", in: 0...0.5)
    return result
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
          Conv2D(channels, kernel: 3, padding: .same, activation: activation.function)
          MaxPool2D(2)
        }
        if dropout > 0 { Dropout(dropout) }
        Flatten()
        for units in hidden {
          Dense(units, activation: activation.function, kernelInitializer: .heUniform)
          if dropout > 0 { Dropout(dropout) }
        }
        Dense(outputs)
      })
  }

  /// The layers in one line.
  public var summary: String {
    let layers = filters.map { "\($0) filters" } + hidden.map { "\($0) units" }
    guard !layers.isEmpty else { return "linear" }
    return layers.joined(separator: " → ") + (activation == .relu ? "" : ", \(activation.rawValue)")
  }
}
