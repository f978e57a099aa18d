import Apus
import ApusTestSupport
import Foundation
import Testing

@testable import ApusVision

/// Models of images in files.
@Suite struct ModelFileTests {
  @Test func isTheSameAfterSavingAndLoading() throws {
    try withTemporaryFolder { folder in
      let file = try writeDrawn(to: folder + "/a.png", hue: 3, width: 50, height: 32)
      var model = try leNet(temperature: 1.5, crops: TestTimeCrop.both)
      model.origin.data = "photos"
      try model.save(to: folder + "/model")
      let loaded = try #require(Registry.standard.open(folder + "/model") as? NetworkModel)
      let target = try #require(loaded.problem.target as? Classification)
      #expect(target.names == ["déjà vu", "new one"] && target.temperature == 1.5)
      let input = try #require(loaded.problem.input as? ImageInput)
      #expect(
        input.crops == TestTimeCrop.both && input.loading == (model.problem.input as? ImageInput)?.loading)
      #expect(loaded.origin == model.origin)
      #expect(try loaded.predict(files: [file]) == model.predict(files: [file]))
    }
  }

  @Test func refusesFilesThatAreNoModels() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/model.safetensors"
      try leNet(temperature: 1.5).save(to: folder)
      let file = try Safetensors(path: path)
      let (tensors, metadata) = (try file.literals(), file.metadata)
      func refused(_ tensors: [String: Literal], _ changes: [String: String]) throws {
        try Safetensors.write(tensors, metadata: metadata.merging(changes) { $1 }, to: path)
        #expect(throws: FileError.self, "\(changes)") { try Registry.standard.open(folder) }
      }
      let manifest = try #require(metadata["manifest"])
      func changed(_ from: String, _ to: String) throws -> [String: String] {
        try #require(manifest.contains(from), "\(from) in \(manifest)")
        return ["manifest": manifest.replacingOccurrences(of: from, with: to)]
      }
      try refused(tensors, ["format": "other"])
      try refused(tensors, ["version": "99"])
      try refused(tensors, ["manifest": "{"])
      try refused(tensors, changed("LeNet5", "NoNet"))
      try refused(tensors, changed("1.5", "-1"))
      try refused(tensors.filter { $0.key != "conv1.kernel" }, [:])
      try refused(tensors.merging(["more": Literal([Float(1)], shape: [1])]) { $1 }, [:])
      #expect(throws: FileError.self) { try Registry.standard.open(folder + "/none") }
    }
  }

  @Test func aNetworkThatDoesNotFitItsTargetIsRefused() throws {
    let model = try VisionModel(.leNet5, classes: 2, inputShape: [32, 32, 3])
    #expect(throws: DataError.self) { try NetworkModel(model, target: Classification(["a", "b", "c"])) }
  }
}
