import ApusGraph
import ApusIO
import Foundation
import ApusTestSupport
import Testing

@testable import ApusData

@Suite struct MNISTTests {
  /// Writes files of the right form: every image of one value, labels in turn.
  private func write(to folder: String, trainingCount: Int = 60_000, labelsOf modulus: Int = 10) throws {
    func idx(_ sizes: [Int], _ bytes: [UInt8]) -> [UInt8] {
      [0, 0, 8, UInt8(sizes.count)]
        + sizes.flatMap { size in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: size >> $0) } } + bytes
    }
    for (prefix, count) in [("train", trainingCount), ("t10k", 10_000)] {
      let pixels = [UInt8](repeating: 51, count: count * 784)
      try AtomicFile.write(
        Gzip.compress(idx([count, 28, 28], pixels), level: 1), to: "\(folder)/\(prefix)-images-idx3-ubyte.gz")
      let labels = (0..<count).map { UInt8($0 % modulus) }
      try AtomicFile.write(idx([count], labels), to: "\(folder)/\(prefix)-labels-idx1-ubyte")
    }
  }

  @Test func loadsFilesOfTheRightSize() throws {
    try withTemporaryFolder { folder in
      try write(to: folder)
      let (train, test) = try MNIST.load(from: folder)
      #expect(train.count == 60_000 && test.count == 10_000)
      #expect(train.classNames == ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"])
      let batch = try train.batch(at: [59_999, 12])
      #expect(batch.features[0].shape == [2, 28, 28, 1])
      #expect(batch.features[0].floats.allSatisfy { $0 == 0.2 })
      #expect(batch.targets?.scalars(as: Int32.self) == [9, 2])
      #expect(try test.classCounts() == [Int](repeating: 1000, count: 10))
    }
  }

  @Test func refusesOtherSizesAndLabels() throws {
    try withTemporaryFolder { folder in
      try write(to: folder, trainingCount: 59_999)
      let text = message { _ = try FashionMNIST.load(from: folder) }
      #expect(text.contains("[60000, 28, 28]") && text.contains("[59999, 28, 28]"))
      try write(to: folder, labelsOf: 11)
      #expect(message { _ = try FashionMNIST.load(from: folder) }.contains("sample 10 has the class 10"))
    }
  }

  @Test func saysWhatToInstall() throws {
    try withTemporaryFolder { folder in
      let text = message { _ = try FashionMNIST.load(from: folder) }
      #expect(text.contains(folder) && text.contains("apt-get install dataset-fashion-mnist"))
      #expect(message { _ = try MNIST.load(from: folder) }.contains("t10k-labels-idx1-ubyte.gz"))
      try AtomicFile.write([0], to: folder + "/train-images-idx3-ubyte")
      #expect(message { _ = try MNIST.load(from: folder) }.contains("4 bytes expected"))
    }
  }

  @Test func searchesTheUsualPlaces() {
    let folders = FashionMNIST.files.defaultFolders(DataHome(environment: ["APUS_DATA": "/mine"]))
    #expect(
      folders == [
        "/mine/datasets/fashion-mnist", "/mine/fashion-mnist", "/usr/share/datasets/fashion-mnist",
        "data/fashion-mnist",
      ])
  }

  /// With the real files where the system package puts them.
  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/usr/share/datasets/fashion-mnist")))
  func loadsTheRealFashionMNIST() throws {
    let (train, test) = try FashionMNIST.load(from: "/usr/share/datasets/fashion-mnist")
    #expect(try train.classCounts() == [Int](repeating: 6000, count: 10))
    #expect(try test.classCounts() == [Int](repeating: 1000, count: 10))
    #expect(train.targets?.scalars(as: Int32.self).prefix(4) == [9, 0, 0, 3])
  }
}
