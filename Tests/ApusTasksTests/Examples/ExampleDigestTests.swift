import ApusData
import ApusGraph
import ApusIO
import ApusTestSupport
import Foundation
import Testing

@testable import ApusTasks

@Suite struct ExampleDigestTests {
  private func examples(
    _ input: Column.Values = .texts(["one", "two"]), _ target: Column.Values = .categories(["a", nil])
  ) throws -> Examples {
    try Examples(
      modality: "toy", title: "toys", names: ["1", "2"], inputs: [Column("x", input)],
      targets: [Column("y", target)])
  }

  @Test func changesWithEverythingThatModelsAreFittedTo() throws {
    let base = try examples()
    func changed(_ change: (inout Examples) -> Void) -> Examples {
      var other = base
      change(&other)
      return other
    }
    let all: [Examples] = [
      base,
      changed { $0.modality = "other" }, changed { $0.names = ["1", "3"] },
      changed { $0.names = ["12", ""] },
      changed { $0.parts = [.test, nil] }, changed { $0.parts = [nil, .test] },
      changed { $0.groups = [0, 1] },
      changed { $0.groups = [0, 0] }, changed { $0.attributes = ["a": "b=c"] },
      changed { $0.attributes = ["a=b": "c"] },
      changed { $0.inputs[0].name = "z" }, changed { $0.inputs += $0.targets },
      changed { ($0.inputs, $0.targets) = ($0.targets, $0.inputs) },
      try examples(.texts(["two", "one"])), try examples(.texts(["onetwo", ""])),
      try examples(.categories(["one", "two"])),
      try examples(.numbers([1, 2])), try examples(.numbers([1, .nan])), try examples(.numbers([0, 2])),
      try examples(.numbers([-0.0, 2])),
      try examples(.texts(["one", "two"]), .categories(["a", "-"])),
      try examples(.texts(["one", "two"]), .categories(["a", ""])),
      try examples(.texts(["one", "two"]), .tags([["a"], nil])),
      try examples(.texts(["one", "two"]), .tags([["a"], []])),
      try examples(.texts(["one", "two"]), .tags([["a"], ["-"]])),
      try examples(.texts(["one", "two"]), .tags([["a"], ["b", "c"]])),
      try examples(.texts(["one", "two"]), .tags([["a"], ["b\u{1F}c"]])),
      try examples(.texts(["one", "two"]), .tags([["a"], [""]])),
      try examples(.samples(ArrayDataset(features: [Literal([Float(1), 2, 3, 4], shape: [2, 2])]))),
      try examples(.samples(ArrayDataset(features: [Literal([Float(1), 2, 3, 4], shape: [2, 2, 1])]))),
      try examples(.samples(ArrayDataset(features: [Literal([Float(1), 2, 3, 5], shape: [2, 2])]))),
    ]
    var seen: [ExampleDigest] = []
    for (place, examples) in all.enumerated() {
      let digest = try examples.digest()
      if let earlier = seen.firstIndex(of: digest) {
        Issue.record("number \(place) has the digest of number \(earlier)")
      }
      seen.append(digest)
    }
  }

  @Test func doesNotDependOnTitlesAndNotes() throws {
    var other = try examples()
    other.title = "elsewhere"
    other.notes = ["a note"]
    other.skipped = [Skipped("a", "b")]
    #expect(try other.digest() == examples().digest())
  }

  @Test func findsReplacedFiles() throws {
    try withTemporaryFolder { folder in
      let paths = [folder + "/1", folder + "/2"]
      try Data(repeating: 1, count: 50_000).write(to: URL(filePath: paths[0]))
      try Data(repeating: 2, count: 10).write(to: URL(filePath: paths[1]))
      let digest = try examples(.files(paths)).digest()
      #expect(try examples(.files(paths)).digest() == digest)
      // The contents count, not where they lie: the same files by another way have the same digest.
      let way = folder + "/../" + URL(filePath: folder).lastPathComponent
      #expect(try examples(.files([way + "/1", way + "/2"])).digest() == digest)
      for change in [0, 25_000, 49_999] {
        var bytes = Data(repeating: 1, count: 50_000)
        bytes[change] = 7
        try bytes.write(to: URL(filePath: paths[0]))
        #expect(try examples(.files(paths)).digest() != digest, "byte \(change)")
      }
      try FileManager.default.removeItem(atPath: paths[1])
      #expect(throws: FileError.self) { try examples(.files(paths)).digest() }
    }
  }
}
