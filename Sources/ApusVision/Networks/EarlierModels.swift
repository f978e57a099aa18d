import ApusData
import ApusGraph
import ApusIO
import ApusTasks
import ApusTrain
import Foundation

/// The files of models for images that versions before 0.2 wrote: one format for each of classes, labels or numbers, and
/// masks. They are read for one more version.
enum EarlierModels {
  static let formats = [
    format("apus.photos") { try JSONDecoder().decode(ClassCard.self, from: $0) },
    format("apus.photo-targets") { try JSONDecoder().decode(TargetCard.self, from: $0) },
    format("apus.photo-masks") { try JSONDecoder().decode(MaskCard.self, from: $0) },
    ApusTasks.EarlierCard.format { input in
      guard case .picture(let height, let width, let channels) = input else { return nil }
      return try ImageInput(
        size: ImageSize(width: width, height: height), channels: channels, fitting: .stretch)
    },
  ]

  private static func format(
    _ name: String, _ decode: @escaping @Sendable (Data) throws -> any ImageCard
  ) -> EarlierFormat {
    EarlierFormat(recognizes: { format, _ in format == name }) { file, path, registry in
      guard let text = file.metadata["card"],
        let card = try? decode(Data(text.utf8))
      else {
        throw FileError(
          path: path, reason: .corrupt, problem: "what it says of its network cannot be read",
          advice: "Train the model again.")
      }
      do {
        var manifest = try Manifest(
          kind: NetworkModel.kind, problem: card.problem(), network: card.network(), origin: card.origin.now)
        manifest.origin = card.origin.now
        return try NetworkModel(
          ModelPackage(manifest, tensors: file.literals(), path: path), registry: registry)
      } catch let error as DataError {
        throw FileError(
          path: path, reason: .corrupt, problem: error.problem, advice: "Train the model again.")
      }
    }
  }

  private struct Origin: Codable {
    var folder: String?
    var trainingCount: Int?
    var validationCount: Int?
    var firstWeights: String?

    var now: ModelOrigin {
      ModelOrigin(
        data: folder, trainingCount: trainingCount, validationCount: validationCount,
        pretraining: firstWeights)
    }
  }

  private struct View: Codable {
    var share: Double, across: Double, down: Double
    var isMirrored: Bool
    var crop: TestTimeCrop { TestTimeCrop(share: share, across: across, down: down, isFlipped: isMirrored) }
  }

  private protocol ImageCard: Codable {
    var origin: Origin { get }
    func problem() throws -> Problem
    func network() throws -> any NetworkBlueprint
  }

  private struct ClassCard: ImageCard {
    var architecture: String
    var classNames: [String]
    var size: ImageSize
    var channels: Int
    var fitting: ImageFitting
    var interpolation: Image.Interpolation
    var temperature: Double
    var views: [View]
    var origin: Origin

    func problem() throws -> Problem {
      Problem(
        input: try ImageInput(
          size: size, channels: channels, fitting: fitting, interpolation: interpolation,
          crops: views.map(\.crop)),
        target: try Classification(classNames, temperature: temperature))
    }
    func network() throws -> any NetworkBlueprint { VisionNetwork(try .required(architecture)) }
  }

  private struct TargetCard: ImageCard {
    struct Columns: Codable { var task: String }
    struct Scaling: Codable { var statistics: Statistics }
    struct Statistics: Codable { var means: [Double], deviations: [Double] }
    var architecture: String
    var columns: Columns
    var names: [String]
    var thresholds: [Double]
    var scaling: Scaling?
    var size: ImageSize
    var channels: Int
    var fitting: ImageFitting
    var views: [View]
    var origin: Origin

    func problem() throws -> Problem {
      Problem(
        input: try ImageInput(size: size, channels: channels, fitting: fitting, crops: views.map(\.crop)),
        target: columns.task == "labels"
          ? try MultiLabel(names, thresholds: thresholds)
          : try Regression(names, means: scaling?.statistics.means, stds: scaling?.statistics.deviations))
    }
    func network() throws -> any NetworkBlueprint { VisionNetwork(try .required(architecture)) }
  }

  private struct MaskCard: ImageCard {
    var architecture: String
    var classes: MaskClasses
    var size: ImageSize
    var origin: Origin

    func problem() throws -> Problem {
      Problem(
        input: try ImageInput(size: size, fitting: .stretch), target: try Segmentation(classes, size: size))
    }
    func network() throws -> any NetworkBlueprint { SegmentationNetwork(try .required(architecture)) }
  }
}
