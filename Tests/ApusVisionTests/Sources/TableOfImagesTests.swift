import ApusData
import ApusIO
import ApusTestSupport
import Foundation
import Testing

@testable import ApusVision

@Suite struct TableOfImagesTests {
  private func table(
    _ text: String, in folder: String, targets: [String], files: String? = nil,
    task: TableOfImages.Task? = nil
  ) throws -> TableOfImages {
    try AtomicFile.write(text, to: folder + "/table.csv")
    return try TableOfImages(
      path: folder + "/table.csv", folder: folder + "/photos", targets: targets, files: files, task: task)
  }

  private func withImages(_ count: Int = 3, _ body: (String) throws -> Void) throws {
    try withTemporaryFolder { folder in
      for number in 0..<count {
        try writeTinted(to: "\(folder)/photos/\(number).png", red: 10 * number, blue: 9, seed: UInt64(number))
      }
      try body(folder)
    }
  }

  @Test func whatColumnsHoldIsTold() throws {
    try withImages { folder in
      let tags = try table(
        "n,file,tags\n7,0.png,sea;sun\n8,1.png,\n9,2.png,sun\n", in: folder, targets: ["tags"])
      #expect(tags.columns == .init(targets: ["tags"], task: .labels, separator: ";"))
      #expect(tags.names == ["sea", "sun"] && tags.filesColumn == "file")
      #expect(tags.rows.map(\.values) == [[1, 1], [0, 0], [0, 1]])

      let blanks = try table(
        "file,tags\n0.png,sea sun\n1.png,sun\n2.png,sea\n", in: folder, targets: ["tags"])
      #expect(blanks.columns.separator == " " && blanks.rows[0].values == [1, 1])

      let names = try table(
        "file,kind\n0.png,golden retriever\n1.png,tabby cat\n2.png,tabby cat\n", in: folder, targets: ["kind"]
      )
      #expect(names.columns.task == .classes && names.names == ["golden retriever", "tabby cat"])
      #expect(names.rows.map(\.values) == [[0], [1], [1]])
      let asked = try table(
        "file,kind\n0.png,a\n1.png,b\n2.png,b\n", in: folder, targets: ["kind"], task: .labels)
      #expect(asked.columns.task == .labels && asked.rows[1].values == [0, 1])

      let flags = try table(
        "file,sun,sea\n0.png,1,0\n1.png,0,1\n2.png,yes,no\n", in: folder, targets: ["sea", "sun"])
      #expect(flags.columns == .init(targets: ["sea", "sun"], task: .labels))
      #expect(flags.rows.map(\.values) == [[0, 1], [1, 0], [0, 1]])

      let numbers = try table(
        "file,size\n0.png,2.5\n1.png,-3\n2.png,\n", in: folder, targets: ["size"])
      #expect(numbers.columns.task == .numbers && numbers.rows.map(\.values) == [[2.5], [-3]])
      #expect(numbers.notes.contains { $0.contains("without a value") })
    }
  }

  @Test func imagesAreFoundByTheirNames() throws {
    try withImages { folder in
      try writeTinted(to: folder + "/photos/deep/er/x.png", red: 1, blue: 2, seed: 77)
      // With a folder more, a folder less and without an ending; twice alike, and twice with other tags.
      let found = try table(
        "id,tags\nphotos/0.png,a\nx,a;b\n1,b\n1.png,b\n2,a\n2,b\nnone.png,a\n", in: folder, targets: ["tags"],
        files: "id")
      #expect(found.rows.map(\.name) == ["0.png", "deep/er/x.png", "1.png"])
      #expect(found.notes.contains { $0.contains("no such image: none.png") })
      #expect(found.notes.contains { $0.contains("different things") && $0.contains("2.png") })
    }
  }

  @Test func aMissingPhotoIsNoneOfAnotherFolder() throws {
    try withImages { folder in
      try writeTinted(to: folder + "/photos/test/9.png", red: 1, blue: 9, seed: 9)
      try writeTinted(to: folder + "/photos/train/8.png", red: 1, blue: 9, seed: 8)
      // More folders in the table, fewer, no ending; and a image that is missing, but called like another.
      let found = try table(
        "file,kind\ndata/photos/train/8.png,a\n1,b\n0.png,b\ntrain/9.png,a\n", in: folder, targets: ["kind"])
      #expect(found.rows.map(\.name) == ["train/8.png", "1.png", "0.png"])
      #expect(found.notes.contains { $0.contains("no such image") && $0.contains("train/9.png") })
    }
  }

  @Test func tablesOfOtherProgramsAreRead() throws {
    try withImages { folder in
      try writeTinted(to: folder + "/photos/deep/x.png", red: 1, blue: 2, seed: 77)
      // A mark of UTF-8, Windows' line ends and folders, semicolons, a decimal comma, quotes, and a cell without a value.
      let windows = try table(
        "\u{feff}Foto;Größe\r\n\"0.png\";2,5\r\nC:\\Bilder\\deep\\x.png;-3\r\n1.png;NA\r\n2.png;1,25\r\n",
        in: folder,
        targets: ["Größe"])
      #expect(windows.filesColumn == "Foto" && windows.columns.task == .numbers)
      #expect(windows.rows.map(\.name) == ["0.png", "deep/x.png", "2.png"])
      #expect(windows.rows.map(\.values) == [[2.5], [-3], [1.25]])
      #expect(windows.notes.contains { $0.contains("1 row without a value") })
      let tabs = try table("file\ttags\n0.png\tsea;sun\n1.png\tsun\n", in: folder, targets: ["tags"])
      #expect(tabs.columns.separator == ";" && tabs.names == ["sea", "sun"])
      // Where commas separate, a comma in quotes parts labels.
      let quoted = try table("file,tags\n0.png,\"a, b\"\n1.png,b\n", in: folder, targets: ["tags"])
      #expect(quoted.columns.separator == "," && quoted.rows.map(\.values) == [[1, 1], [0, 1]])
      // A table among the images is none of them.
      try AtomicFile.write("file,a\n0.png,1\n1.png,0\n", to: folder + "/photos/table.csv")
      let inside = try TableOfImages(
        path: folder + "/photos/table.csv", folder: folder + "/photos", targets: ["a"])
      #expect(inside.rows.count == 2 && !inside.notes.contains { $0.contains("table.csv") })
    }
  }

  @Test func whatDoesNotFitIsAnError() throws {
    try withImages { folder in
      func problem(
        _ text: String, _ targets: [String], files: String? = nil, task: TableOfImages.Task? = nil
      ) -> String {
        do {
          _ = try table(text, in: folder, targets: targets, files: files, task: task)
          return ""
        } catch { return "\(error)" }
      }
      #expect(problem("file,a\n0.png,1\n", ["b"]).contains("no column \"b\""))
      #expect(problem("x,a\nq,1\nr,0\n", ["a"]).contains("no column names the files"))
      #expect(problem("x,a\nq,1\nr,0\n", ["a"], files: "x").contains("\"q\" first"))
      #expect(problem("file,a,b\n0.png,1,red\n1.png,2,3\n", ["a", "b"]).contains("table.csv:2"))
      #expect(problem("file,a\n0.png,1\n1.png,two\n", ["a"], task: .numbers).contains("\"two\" came"))
      #expect(
        problem("file,a,b\n0.png,1,2\n", ["a", "b"], task: .classes).contains("one column of classes"))
      #expect(problem("file,a\n0.png,\n", ["a"]).contains("empty"))
      #expect(problem("file,a\n", ["a"]).contains("no rows"))
      #expect(problem("file,a\n0.png\n", ["a"]).contains("table.csv:2"))
      #expect(problem("PK\u{3}\u{4}", ["a"]).contains("Save the sheet as CSV"))
      #expect(problem("file,a\n0.png,1\n", ["a", "a"]).contains("each once"))
    }
  }
}
