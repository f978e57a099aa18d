import ApusGraph
import ApusIO
import ApusTestSupport
import Foundation
import Testing

@testable import ApusTasks

@Suite struct ModelPackageTests {
  private func package() throws -> ModelPackage {
    var package = try ToyModel(Regression(["y"]), scale: 2).package()
    package.files = [
      "vocabulary.txt": Array("one\ntwo".utf8), "empty": [], "trees/1": (0...255).map { UInt8($0) },
    ]
    package.manifest.profile = ["mean": 1.5, "none": .nan, "large": .infinity]
    package.manifest.kept = KeptLoss(loss: .nan, measure: "loss")
    package.manifest.origin.data = "photos “é”"
    return package
  }

  @Test func comesBackWithFilesAndEveryNumber() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/deep/er/model.safetensors"
      let package = try package()
      try package.write(to: path)
      let read = try ModelPackage(path: path)
      #expect(read.files == package.files)
      #expect(Array(read.tensors.keys) == ["scale"])
      #expect(read.tensors["scale"]?.scalars(as: Float.self) == [2])
      #expect(read.manifest.profile["mean"] == 1.5)
      #expect(read.manifest.profile["none"]?.isNaN ?? false)
      #expect(read.manifest.profile["large"] == .infinity)
      #expect(read.manifest.kept?.loss.isNaN ?? false)
      #expect(read.manifest.origin == package.manifest.origin)
      #expect(read.manifest.input == package.manifest.input)
      #expect(read.manifest.target == package.manifest.target)
      // Equal packages are equal bytes.
      try read.write(to: folder + "/again")
      #expect(try SHA256.hash(ofFile: path) == SHA256.hash(ofFile: folder + "/again"))
    }
  }

  @Test func opensWhatIsWholeAndSaysWhatIsNot() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/model.safetensors"
      #expect(throws: FileError.self) { try Toy.registry.open(path) }
      try package().write(to: path)
      #expect(try (Toy.registry.open(folder) as? ToyModel)?.scale == 2)
      let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))

      func attempt(_ bytes: some Sequence<UInt8>) throws -> (any Error)? {
        try Data(bytes).write(to: URL(filePath: path))
        do {
          _ = try Toy.registry.open(path)
          return nil
        } catch {
          return error
        }
      }
      for count in bytes.indices {
        let error = try attempt(bytes.prefix(count))
        #expect(
          error is any ApusError,
          "\(count) of \(bytes.count) bytes: \(error.map { "\($0)" } ?? "it was opened")")
      }
      // A flipped bit in a number or in a name may go unseen, but is never anything but a typed error.
      for place in bytes.indices {
        var damaged = bytes
        damaged[place] ^= 1 << UInt8(place % 8)
        if let error = try attempt(damaged) {
          #expect(error is any ApusError, "bit \(place % 8) of byte \(place): \(error)")
        }
      }
    }
  }

  @Test func namesKindsThatItDoesNotKnow() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/model.safetensors"
      var oracle = try package()
      oracle.manifest.kind = "oracle"
      try oracle.write(to: path)
      // No closures inside of #expect here: Swift 6.3.1 gives the next closure of the function the same symbol.
      let model = message { _ = try Toy.registry.open(path) }
      #expect(model.contains("oracle"), "\(model)")
      try package().write(to: path)
      let text = message { _ = try Toy.withoutInputs.open(path) }
      #expect(text.contains("toy") && text.contains("newer version"), "\(text)")
      let other = message { _ = try Toy.withoutTargets.open(path) }
      #expect(other.contains("regression") && other.contains("newer version"), "\(other)")
    }
  }

  @Test func namesNewerVersionsAndOtherFormats() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/model.safetensors"
      try package().write(to: path)
      let file = try Safetensors(path: path)
      for (key, value, expected) in [
        ("version", "99", "99"), ("version", "x", "x"), ("format", "another", "no model"),
        ("manifest", "{}", "manifest"),
      ] {
        var metadata = file.metadata
        metadata[key] = value
        try Safetensors.write(file.literals(), metadata: metadata, to: folder + "/other")
        let text = message { _ = try Toy.registry.open(folder + "/other") }
        #expect(text.contains(expected), "\(text)")
      }
    }
  }
}
