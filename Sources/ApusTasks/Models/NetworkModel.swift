import ApusData
import ApusGraph
import ApusNN
import ApusReport
import ApusTensor
import ApusTrain

/// A network with everything that it takes to use it: how examples are encoded, and what its outputs mean. The one model
/// for all problems that a network solves.
public struct NetworkModel: Predictor {
  /// The name in files.
  public static let kind = "network"
  /// What it takes and predicts.
  public var problem: Problem
  /// The network as data.
  public let blueprint: any NetworkBlueprint
  /// The network.
  public let network: Network
  /// Where it came from.
  public var origin: ModelOrigin
  /// The shape of the output for one example.
  public let outputShape: Shape
  private let program: CompiledFunction

  /// A network with first weights, or with those that it has.
  ///
  /// - Parameters:
  ///   - blueprint: The network as data.
  ///   - problem: What it takes and predicts.
  ///   - network: The network where it was made already, with pretrained weights say; made from the blueprint when nil.
  ///   - origin: Where it comes from.
  ///   - seed: What first weights depend on.
  /// - Throws: `DataError` and `GraphError` for networks that do not fit the problem.
  public init(
    _ blueprint: any NetworkBlueprint, for problem: Problem, network: Network? = nil,
    origin: ModelOrigin = ModelOrigin(), seed: UInt64
  ) throws {
    try self.init(blueprint, problem, network ?? blueprint.network(for: problem), origin) { network, inputs in
      try network.module.build(seed: seed) { network.forward(inputs()) }
    }
  }

  private init(
    _ blueprint: any NetworkBlueprint, _ problem: Problem, _ network: Network, _ origin: ModelOrigin,
    made: (Network, () -> [Tensor]) throws -> Shape
  ) throws {
    let types = problem.input.types
    let shape = try made(network) {
      // Made inside of the trace, as outside they would count as pending.
      types.map { Tensor(.input($0.dtype, Shape([2] + $0.shape.dimensions))) }
    }
    self.blueprint = blueprint
    self.problem = problem
    self.network = network
    self.origin = origin
    outputShape = Shape(Array(shape.dimensions.dropFirst()))
    let forward = network.forward
    program = CompiledFunction { [forward($0)] }
  }

  /// Reads a model.
  public init(_ package: ModelPackage, registry: any KindReader) throws {
    let manifest = package.manifest
    let problem = try registry.problem(of: package)
    guard let coded = manifest.network else { throw package.corrupt("it has no network") }
    let blueprint = try registry.network(coded, in: package)
    do {
      try self.init(blueprint, problem, blueprint.network(for: problem), manifest.origin) { network, inputs in
        let shape = try network.module.plan { network.forward(inputs()) }
        let expected = try network.module.parameters()
        for (name, parameter) in expected {
          guard let tensor = package.tensors[name], tensor.shape == parameter.shape else {
            throw package.corrupt("its parameters do not fit its network: '\(name)' differs")
          }
        }
        guard expected.count == package.tensors.count else {
          throw package.corrupt(
            "it holds \(package.tensors.count) tensors, its network has \(expected.count)")
        }
        try network.module.load(named: package.tensors)
        return shape
      }
    } catch let error as DataError {
      throw package.corrupt(error.problem)
    } catch let error as GraphError {
      throw package.corrupt("\(error.operation): \(error.problem)")
    }
  }

  /// Everything that it takes to read it again.
  public func package() throws -> ModelPackage {
    var manifest = try Manifest(kind: Self.kind, problem: problem, network: blueprint, origin: origin)
    manifest.signature = Manifest.Signature(
      inputs: problem.input.types.map { "\($0)" }, output: "\(TensorType(.float32, outputShape))")
    return ModelPackage(manifest, tensors: try network.module.namedLiterals())
  }

  /// Numbers that were fitted, and statistics.
  public var parameterCount: Int { get throws { try network.module.parameterCount() } }

  /// The network, what goes in and what comes out.
  public var facts: [Report.Fact] {
    [Report.Fact("Network", blueprint.summary)] + problem.input.facts + (problem.target?.facts ?? [])
  }

  /// Elements of features that are fed at once, at most: some 32 images of 224 by 224.
  private static let elementLimit = 5_000_000

  /// Runs the network over examples; of test-time augmentations the mean of the outputs counts.
  @discardableResult
  public func outputs(
    _ examples: Examples, rows: [Int]?, progress: (Int) -> Void,
    _ body: (_ row: Int, _ output: [Float]) throws -> Void
  ) throws -> [Skipped] {
    let input = problem.input
    let elements = max(1, input.types.reduce(0) { $0 + $1.shape.elementCount })
    let step = min(256, max(1, Self.elementLimit / elements))
    let count = rows?.count ?? examples.count
    var skipped: [Skipped] = []
    for start in stride(from: 0, to: count, by: step) {
      try Task.checkCancellation()
      let places = start..<min(start + step, count)
      let read = parallelMap(places.count) { place in
        let row = rows?[places.lowerBound + place] ?? places.lowerBound + place
        return (row, Result { try input.features(examples, row: row) })
      }
      var known: [(row: Int, variants: Int)] = []
      var features: [[Literal]] = []
      for (row, result) in read {
        switch result {
        case .success(let variants):
          known.append((row, variants.count))
          features += variants
        case .failure(let error):
          skipped.append(Skipped(examples.names[row], (error as? any ApusError)?.problem ?? "\(error)"))
        }
      }
      if !known.isEmpty {
        // Batches of one size, so that one program serves all: a short last one repeats its first row.
        let size = count <= step ? features.count : max(features.count, step * known[0].variants)
        features += Array(repeating: features[0], count: size - features.count)
        let batch = try Batch(
          collating: features.enumerated().map { Sample(features: $1, id: $0) })
        let numbers = try program(batch.features)[0].scalars(as: Float.self)
        var offset = 0
        let width = outputShape.elementCount
        for (row, variants) in known {
          try body(row, Self.mean(numbers[offset..<offset + variants * width], of: variants, width: width))
          offset += variants * width
        }
      }
      progress(places.upperBound)
    }
    return skipped
  }

  private static func mean(_ numbers: ArraySlice<Float>, of count: Int, width: Int) -> [Float] {
    guard count > 1 else { return Array(numbers) }
    return (0..<width).map { place in
      let sum = stride(from: numbers.startIndex + place, to: numbers.endIndex, by: width)
        .reduce(0.0) { $0 + Double(numbers[$1]) }
      return Float(sum / Double(count))
    }
  }
}
