import ApusIO
import Foundation
import Testing

/// Files that are no weights are called what they are, with what to do about them.
@Suite struct ForeignFileTests {
  @Test(arguments: [
    ("torch-module.pt", "torch.nn.modules.container.Sequential", "model.state_dict()"),
    ("torch-module-inside.pt", "torch.nn.modules.container.Sequential", "model.state_dict()"),
    ("torch-script.pt", "TorchScript", "state_dict()"),
  ])
  func wholeModelsOfPyTorch(name: String, problem: String, advice: String) throws {
    let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Fixtures/files/\(name)").path
    let error = #expect(throws: FileError.self) { try PyTorchFile(path: path) }
    #expect(error?.reason == .unsupported)
    #expect(error?.problem.contains(problem) == true, "\(error?.problem ?? "")")
    #expect(error?.advice?.contains(advice) == true)
  }

  @Test func aPointerOfGitLFS() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).safetensors").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let text =
      "version https://git-lfs.github.com/spec/v1\noid sha256:\(String(repeating: "0", count: 64))\nsize 46807446\n"
    try AtomicFile.write(Array(text.utf8), to: path)
    let error = #expect(throws: FileError.self) { try Safetensors(path: path) }
    #expect(error?.problem.contains("Git LFS") == true && error?.problem.contains("46807446 bytes") == true)
    #expect(error?.advice?.contains("git lfs pull") == true)
    for open in [{ _ = try PyTorchFile(path: path) }, { _ = try KerasFile(path: path) }]
      as [() throws -> Void]
    {
      #expect(throws: FileError.self) { try open() }
    }
  }

  @Test(arguments: [
    ("<!DOCTYPE html><html>", "web page"), ("GGUF 0000000000", "GGUF"),
    ("\u{08}\u{07}\u{12}\u{07}pytorch", "ONNX"),
  ])
  func otherFormatsAreNamed(text: String, name: String) {
    let error = #expect(throws: FileError.self) {
      try WeightFormat(MemorySource(Array(text.utf8), path: "weights"))
    }
    #expect(error?.problem.contains(name) == true)
  }

  @Test func archivesOfArraysAreNamed() throws {
    let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Fixtures/files/deflated.npz").path
    let error = #expect(throws: FileError.self) { try WeightFormat(FileReader(path: path)) }
    #expect(error?.problem.contains(".npz") == true)
  }
}
