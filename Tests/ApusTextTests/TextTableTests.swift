import ApusData
import ApusGraph
import ApusIO
import ApusTasks
import Testing

@testable import ApusText

@Suite struct TextTableTests {
  private func examples(
    _ csv: String, targets: [String] = ["y"], task: String? = nil, for problem: Problem? = nil
  ) throws -> Examples {
    let folder = try TemporaryFolder()
    let path = try folder.write("data.csv", csv)
    let examples = try TextTable(path, text: "text", targets: targets, task: task).read(for: problem, .silent)
    // Texts are read from the file, which goes with the folder.
    let texts = try (0..<examples.count).map(examples.text)
    var result = examples
    result.inputs = [Column("text", .texts(texts))]
    result.names = examples.names.map { String($0.dropFirst(folder.path.count + 1)) }
    return result
  }

  @Test func textsStayInTheFile() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("data.csv", "id,text,y\n1,\"one, \"\"two\"\"\nthree\",a\n2,four,b\n")
    let examples = try TextTable(path, text: "text", targets: ["y"]).read(for: nil, .silent)
    guard case .records = examples.inputs[0].values else {
      Issue.record("texts of a table are to be fetched when they are needed")
      return
    }
    #expect(try examples.text(0) == "one, \"two\"\nthree")
    #expect(try examples.subset([1]).text(0) == "four")
    #expect(examples.names == ["\(path):2", "\(path):4"])
    #expect(examples.categories == ["a", "b"])
  }

  @Test func missingTextsAndTargetsAreCounted() throws {
    let examples = try examples("text;y\none;a\n;b\nNA;a\ntwo;\nthree;b\n")
    #expect(examples.names == ["data.csv:2", "data.csv:5", "data.csv:6"])
    #expect(examples.categories == ["a", nil, "b"])
    #expect(
      examples.skipped.count == 2 && examples.skipped.allSatisfy { $0.problem == "the text is missing" })
    #expect(examples.notes.count == 1 && examples.notes[0].hasPrefix("2 rows without a text left out"))
  }

  @Test func rowsOfOneTextAreOneGroup() throws {
    let examples = try examples("text,y\nsame,a\nother,b\nsame,b\n")
    #expect(examples.groups == [0, 1, 0])
    #expect(examples.notes == ["1 row with the text of another row, kept in one part with it"])
  }

  @Test func columnsSayWhatTheyAre() throws {
    func target(_ csv: String, _ targets: [String] = ["y"], task: String? = nil) throws -> any Target.Type {
      let examples = try examples(csv, targets: targets, task: task)
      for type in everything.targets {
        if let found = try type.propose(examples, rows: Array(0..<examples.count), task: task) {
          return Swift.type(of: found.target as any Target)
        }
      }
      throw DataError(.setting, "none")
    }
    #expect(try target("text,y\na,x\nb,z\n") is Classification.Type)
    #expect(try target("text,y\na,1.5\nb,2\nc,-3e1\n") is Regression.Type)
    #expect(try target("text,y\na,0\nb,1\nc,1\n") is Classification.Type)
    #expect(try target("text,y\na,0\nb,1\nc,1\n", task: "regression") is Regression.Type)
    #expect(try target("text,y\na,1\nb,2\nc,3\n", task: "classification") is Classification.Type)
    #expect(try target("text,y\na,x;z\nb,z\n") is MultiLabel.Type)
    #expect(try target("text,y\na,x;z\nb,z\n", task: "classes") is Classification.Type)
    #expect(try target("text,y\na,x\nb,z\n", task: "multi-label") is MultiLabel.Type)
    #expect(try target("text,y,z\na,1,2.5\nb,2,3\n", ["y", "z"]) is Regression.Type)
    #expect(try target("text,y,z\na,1,0\nb,0,1\n", ["y", "z"]) is MultiLabel.Type)
  }

  @Test func valuesAreRead() throws {
    guard case .numbers(let numbers) = try examples("text,y\na,1.5\nb,\nc,-3e1\nd,4\n").targets[0].values
    else {
      Issue.record("numbers were expected")
      return
    }
    #expect(numbers[0] == 1.5 && numbers[1].isNaN && numbers[2] == -30)
    guard case .tags(let tags) = try examples("text,y\na,x; z\nb,\nc,z\n").targets[0].values else {
      Issue.record("tags were expected")
      return
    }
    #expect(tags == [["x", "z"], [], ["z"]])
    guard
      case .tags(let flags) = try examples("text,y,z\na,1,yes\nb,0,\nc,0,no\n", targets: ["y", "z"]).targets[
        0
      ].values
    else {
      Issue.record("tags were expected")
      return
    }
    #expect(flags == [["y", "z"], nil, []])
  }

  @Test func aModelsTargetDecides() throws {
    let input = try TextInput(words: ["a"], length: 1)
    let problem = Problem(input: input, target: try Classification(["1", "2", "3"]))
    #expect(try examples("text,y\na,1\nb,2\nc,3\n", for: problem).categories == ["1", "2", "3"])
  }

  @Test func wrongCellsAreNamedWithTheirLine() throws {
    let error = #expect(throws: FileError.self) {
      try examples("text,y\na,1\nb,two\n", task: "regression")
    }
    #expect(error?.line == 3 && error?.problem.contains("\"two\"") ?? false)
    let flag = #expect(throws: FileError.self) {
      try examples("text,y,z\na,1,0\nb,1,maybe\n", targets: ["y", "z"], task: "labels")
    }
    #expect(flag?.line == 3)
    #expect(throws: DataError.self) {
      try examples("text,y,z\na,1,0\n", targets: ["y", "z"], task: "classification")
    }
  }

  @Test func columnsThatAreNotThereAreRefused() throws {
    let error = #expect(throws: FileError.self) { try examples("text,z\na,1\n") }
    #expect(error?.problem == "there is no column \"y\"")
    #expect(throws: FileError.self) { try examples("texts,y\na,1\n") }
    #expect(throws: DataError.self) { try examples("text,y\n,1\n,2\n") }
    #expect(throws: DataError.self) { try examples("text,y\na,\nb,NA\n") }
    #expect(throws: DataError.self) { try examples("text,y\n") }
    #expect(throws: FileError.self) { try examples("") }
  }

  @Test func onlyRequestsWithATextColumnAreMeant() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("data.csv", "text,y\na,1\n")
    #expect(try TextTable.recognize(DataRequest(path)) == nil)
    let options = Options(["text": "text", "target": "y, z"])
    let table = try TextTable.recognize(DataRequest(path, options: options))
    #expect(table?.text == "text" && table?.targets == ["y", "z"])
    #expect(throws: DataError.self) {
      try TextTable.recognize(DataRequest(path, options: Options(["text": "text"])))
    }
    #expect(throws: DataError.self) {
      try TextTable.recognize(DataRequest(path, options: Options(["text": "text", "target": "text"])))
    }
    #expect(throws: DataError.self) { try TextTable.recognize(DataRequest(folder.path, options: options)) }
    #expect(throws: DataError.self) { try TextTable.recognize(DataRequest(nil, options: options)) }
  }
}
