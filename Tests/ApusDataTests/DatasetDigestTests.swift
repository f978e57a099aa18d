import ApusGraph
import ApusIO
import ApusTestSupport
import Foundation
import Testing

@testable import ApusData

@Suite struct ContentHashTests {
  /// Values of the Python package xxhash for the bytes (37 · i + 11) mod 256, without and with the seed 42.
  @Test(
    arguments: [
      (0, 0xef46_db37_51d8_e999, 0x98b1_582b_0977_e704), (1, 0xf592_c0c7_639c_4cb6, 0x0ed0_d6a1_3cc5_2e0a),
      (3, 0x22c0_8528_601d_4f27, 0x1d78_b776_eafa_43d8), (4, 0xfb1e_5cf2_f1ae_4d95, 0x25ad_71c2_76a8_8f81),
      (7, 0x5613_ac51_0496_c04e, 0x23ce_f44b_0ba0_8fbc), (8, 0x57cb_2b75_21f3_e21a, 0x48f7_6c20_5ce2_21a1),
      (31, 0xe4a0_e629_e519_a4ae, 0xb5ff_3fef_2755_3617), (32, 0xcc6b_8aaa_da79_0b2d, 0x397c_f7d1_2b7e_438c),
      (33, 0x35ec_4985_0475_a832, 0xe394_69f4_2e2f_d6e4), (63, 0xbf9f_0ba3_cf95_b28a, 0xd615_15af_63d7_08d1),
      (64, 0x155c_cce4_bf32_befc, 0xd86c_de23_b501_d126), (100, 0x4826_e367_566e_a023, 0x311b_dd41_dac2_d78e),
    ] as [(Int, UInt64, UInt64)])
  func equalsTheReference(count: Int, plain: UInt64, seeded: UInt64) {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: 37 * $0 + 11) }
    // Whatever the pieces in which the bytes come.
    for size in [1, 5, 31, 32, 100] {
      for (seed, expected) in [(0, plain), (42, seeded)] as [(UInt64, UInt64)] {
        var hash = ContentHash(seed: seed)
        for start in stride(from: 0, to: count, by: size) {
          bytes[start..<min(start + size, count)].withUnsafeBytes { hash.update($0) }
        }
        #expect(hash.value == expected, "\(count) bytes in pieces of \(size), seed \(seed)")
      }
    }
  }

  @Test func textsDoNotRunTogether() {
    var first = ContentHash(), second = ContentHash()
    for text in ["ab", "c"] { first.update(text) }
    for text in ["a", "bc"] { second.update(text) }
    #expect(first.value != second.value)
  }
}

@Suite struct DatasetDigestTests {
  private func table(_ labels: [Int32], from first: Float = 0, names: [String]? = nil) throws -> ArrayDataset
  {
    try ArrayDataset(
      Literal(labels.indices.map { first + Float($0) }, shape: [labels.count, 1]),
      targets: Literal(labels, shape: [labels.count]), classNames: names)
  }

  @Test func tellsWhatDiffers() throws {
    let data = try table([0, 1, 0, 1], names: ["a", "b"]).digest()
    #expect(try table([0, 1, 0, 1], names: ["a", "b"]).digest() == data)
    func difference(_ other: ArrayDataset) throws -> String? { try other.digest().difference(from: data) }
    #expect(try difference(table([0, 1, 0, 1], names: ["a", "b"])) == nil)
    #expect(
      try difference(table([1, 0, 1, 0], names: ["a", "b"])) == "the targets differ, in 4 samples as before")
    #expect(
      try difference(table([0, 1, 0, 1], from: 5, names: ["a", "b"]))
        == "the features differ, in 4 samples as before")
    #expect(
      try difference(table([0, 1, 0, 1], names: ["b", "a"]))
        == "the names of the classes differ, in 4 samples as before")
    #expect(
      try difference(table([1, 1, 0, 1], from: 5, names: ["a", "b"]))
        == "the features and the targets differ, in 4 samples as before")
    #expect(
      try difference(table([0, 1, 0], names: ["a", "b"])) == "it has 3 samples instead of 4")
  }

  @Test func theLastSampleCountsInAThousand() throws {
    var labels = [Int32](repeating: 0, count: 1000)
    let before = try table(labels).digest()
    labels[999] = 1
    #expect(try table(labels).digest() != before)
    // As rows of a subset, too.
    let subset = try table(labels).subset(500..<1000)
    #expect(try subset.digest() != table([Int32](repeating: 0, count: 1000)).subset(500..<1000).digest())
    #expect(try subset.digest() == table(labels).subset(Array(500..<1000)).digest())
    #expect(try subset.digest() != table(labels).subset((500..<1000).reversed()).digest())
  }

  @Test func datasetsOfDatasets() throws {
    let data = try table([0, 1, 0, 1, 1])
    let doubled = data.mapped { sample in
      var sample = sample
      sample.features = sample.features.map { Literal($0.floats.map { $0 * 2 }, shape: $0.shape) }
      return sample
    }
    let negated = data.mapped { sample in
      var sample = sample
      sample.features = sample.features.map { Literal($0.floats.map { -$0 }, shape: $0.shape) }
      return sample
    }
    let digests = [
      try data.digest(), try doubled.digest(), try negated.digest(),
      try data.normalized(mean: 1, std: 2).digest(), try data.normalized(mean: 1, std: 3).digest(),
      try data.concatenated(with: data).digest(), try data.concatenated(with: doubled).digest(),
      try doubled.concatenated(with: data).digest(),
    ]
    #expect(Set(digests).count == digests.count)
    #expect(
      try data.concatenated(with: doubled).digest() == data.concatenated(with: doubled).digest())
    #expect(try data.mapped { $0 }.digest() == data.mapped { $0 }.digest())
  }

  @Test func tablesOnDisk() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/table.csv"
      func digest(_ rows: [String]) throws -> DatasetDigest {
        try (["x,y"] + rows).joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
        return try CSVDataset(path: path, target: "y").digest()
      }
      let rows = (0..<40).map { "\($0),\(Double($0 % 7) + 0.5)" }
      let before = try digest(rows)
      #expect(try digest(rows) == before)
      let changed = try digest((0..<40).map { "\($0),\(Double($0 % 7) + ($0 == 39 ? 1.5 : 0.5))" })
      #expect(changed.difference(from: before) == "the targets differ, in 40 samples as before")
    }
  }

  @Test func imagesInFiles() throws {
    try withTemporaryFolder { folder in
      func write(_ value: UInt8, _ name: String, in folder: String) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let image = try Image(width: 8, height: 8, channels: 1, pixels: [UInt8](repeating: value, count: 64))
        try image.writePNG(to: folder + "/" + name)
      }
      func digest(_ root: String, side: Int = 8) throws -> DatasetDigest {
        try ImageDataset(folder: root, loading: ImageLoading(ImageSize(side))).digest()
      }
      let first = folder + "/first", second = folder + "/second"
      for root in [first, second] {
        for index in 0..<4 { try write(UInt8(40 * index), "\(index).png", in: root + "/\(index % 2)") }
      }
      // A copy is the same dataset, wherever it lies and whatever its dates.
      #expect(try digest(first) == digest(second))
      #expect(try digest(first, side: 4) != digest(first))
      try write(7, "3.png", in: second + "/1")
      #expect(
        try digest(second).difference(from: digest(first)) == "the features differ, in 4 samples as before")
      try write(120, "3.png", in: second + "/1")
      #expect(try digest(second) == digest(first))
      // The same images in other classes.
      try FileManager.default.moveItem(atPath: second + "/1/3.png", toPath: second + "/0/3.png")
      #expect(try digest(second).targets != digest(first).targets)
    }
  }
}
