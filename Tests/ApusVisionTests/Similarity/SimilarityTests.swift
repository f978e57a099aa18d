import ApusData
import ApusGraph
import ApusIO
import ApusTasks
import ApusTensor
import ApusTestSupport
import ApusVision
import Testing

@Suite struct SimilarityTests {
  private func index() throws -> SimilarityIndex {
    try SimilarityIndex(
      names: ["east", "north", "north-east", "west", "far east"],
      vectors: Literal([1, 0, 0, 2, 1, 1, -1, 0, 7, 0] as [Float], shape: [5, 2]), embedder: "compass")
  }

  @Test func findsTheNearestDirections() throws {
    let index = try index()
    let found = try index.matches(Literal([3, 1, 0, -1] as [Float], shape: [2, 2]), count: 3)
    #expect(found[0].map(\.name) == ["east", "far east", "north-east"])
    // (3, 1) and (1, 1) are at an angle whose cosine is 4 / √20.
    #expect(abs(found[0][2].similarity - 0.894427) < 1e-5)
    #expect(found[1].count == 3 && found[1][0].similarity == 0)
    #expect(try index.matches(Literal([1, 0] as [Float], shape: [1, 2]), count: 99)[0].count == 5)
    #expect(try index.matches(Literal([1, 0] as [Float], shape: [1, 2]), count: 0)[0].isEmpty)
    #expect(throws: DataError.self) { try index.matches(Literal([1] as [Float], shape: [1, 1])) }
  }

  @Test func pairsOfNearlyTheSame() throws {
    let pairs = try index().nearDuplicates(similarity: 0.7)
    #expect(pairs.map { [$0.first, $0.second] }.first == ["east", "far east"])
    // Of three that are like each other, two pairs say so.
    #expect(pairs.count == 3 && pairs[0].similarity > 0.9999)
    // Across the blocks in which products are made.
    var many: [Float] = []
    for number in 0..<600 {
      let place = Float(number % 300)
      many += [place + 1, 300 - place]
    }
    let names = (0..<600).map { "\($0)" }
    let large = try SimilarityIndex(names: names, vectors: Literal(many, shape: [600, 2]), embedder: "")
    let same = try large.nearDuplicates(similarity: 0.999999)
    #expect(Set(same.map { $0.first + " " + $0.second }).contains("7 307"))
  }

  @Test func filesKeepAll() throws {
    try withTemporaryFolder { folder in
      let index = try index()
      try index.save(to: folder + "/i.safetensors")
      let read = try SimilarityIndex.load(from: folder + "/i.safetensors")
      #expect(read.names == index.names && read.embedder == "compass" && read.count == 5)
      #expect(read.vectors.doubles == index.vectors.doubles)
      try Safetensors.write([String: Literal](), to: folder + "/other.safetensors")
      #expect(throws: FileError.self) { try SimilarityIndex.load(from: folder + "/other.safetensors") }
      try Safetensors.write(
        ["vectors": index.vectors],
        metadata: ["format": "apus.similarity", "embedder": "", "names": "[\"a\"]"],
        to: folder + "/few.safetensors")
      #expect(throws: FileError.self) { try SimilarityIndex.load(from: folder + "/few.safetensors") }
    }
    #expect(throws: DataError.self) {
      try SimilarityIndex(names: [], vectors: Literal([Float](), shape: [0, 2]), embedder: "")
    }
    #expect(throws: DataError.self) {
      try SimilarityIndex(names: ["a"], vectors: Literal([.nan] as [Float], shape: [1, 1]), embedder: "")
    }
  }

  @Test func imagesFindThemselvesAndTheirKind() throws {
    try withTemporaryFolder { folder in
      // Three images, each beside a brighter one of the same.
      let files = try (0..<6).map { number -> String in
        let path = try writeDrawn(to: "\(folder)/\(number).png", hue: number / 2)
        guard number % 2 == 1 else { return path }
        let image = try Image(contentsOf: path)
        try Image(
          width: image.width, height: image.height, channels: 3,
          pixels: image.pixels.map { $0 < 250 ? $0 + 5 : 255 }
        ).writePNG(to: path)
        return path
      }
      let model = try VisionModel(.mobileNetV2(width: 0.35), inputShape: [32, 32, 3], includeTop: false)
      try model.build(inputShape: [32, 32, 3], seed: 3)
      let embedder = try ImageEmbedder(model)
      let index = try SimilarityIndex(of: files, by: embedder)
      #expect(index.vectors.shape == [6, embedder.width] && index.embedder == embedder.description)
      let vectors = try #require(try embedder.vectors(of: files).vectors)
      for (number, matches) in try index.matches(vectors, count: 2).enumerated() {
        #expect(matches[0].index == number && abs(matches[0].similarity - 1) < 1e-5)
        #expect(matches[1].index / 2 == number / 2)
      }
      let images = try files.prefix(2).map { try Image(contentsOf: $0) }
      let inMemory = try embedder.vectors(of: images).doubles
      #expect(zip(inMemory, vectors.doubles).allSatisfy { abs($0 - $1) < 1e-4 })

      try AtomicFile.write("no image", to: folder + "/broken.png")
      let mixed = try embedder.vectors(of: [folder + "/broken.png", files[0]], skipsDamaged: true)
      #expect(mixed.places == [1] && mixed.skipped.count == 1 && mixed.vectors?.shape[0] == 1)
      #expect(throws: FileError.self) { try embedder.vectors(of: [folder + "/broken.png"]) }

      let page = try SimilarityPage(
        title: "Like <these>", rows: [.init(query: files[0], matches: index.matches(vectors, count: 2)[0])]
      ).html(thumbnailSide: 8)
      #expect(page.contains("Like &lt;these&gt;") && page.contains("1.000") && !page.contains("http"))
    }
  }

  @Test func classifiersGiveWhatTheyNameClassesBy() throws {
    let model = try VisionModel(.mobileNetV2(width: 0.35), classes: 3, inputShape: [32, 32, 3])
    try model.build(inputShape: [32, 32, 3], seed: 3)
    let embedder = try ImageEmbedder(NetworkModel(model, target: Classification(["a", "b", "c"])))
    #expect(embedder.width == 1280)
    // Another training, another description.
    let other = try VisionModel(.mobileNetV2(width: 0.35), classes: 3, inputShape: [32, 32, 3])
    try other.build(inputShape: [32, 32, 3], seed: 4)
    #expect(try ImageEmbedder(other, fitting: .crop).description != embedder.description)
  }
}
