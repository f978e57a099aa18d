import ApusIO
import Foundation
import Testing

/// The look at a table, and predictions as CSV, through the built command.
@Suite struct InspectTests {
  @Test func namesWhatIsOdd() throws {
    try withFolder { folder in
      let rows = (0..<60).map { "\($0),\($0 == 7 ? "n/a" : "\($0 * 37 % 101).5"),\($0 * 53 % 97)" }
      try AtomicFile.write((["id,x,y"] + rows).joined(separator: "\n"), to: folder + "/t.csv")
      let run = try Command.run("inspect", "t.csv", "--target", "y", in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("60 rows, 3 columns") && run.output.contains("“n/a”"), "\(run.output)")
      let json = try Command.run("inspect", "t.csv", "--strict", "--json", in: folder)
      #expect(json.status == 1)
      #expect(
        try json.json()["findings"]?.arrayValue?.compactMap { $0["kind"]?.stringValue } == [
          "unused", "mixed",
        ])
      #expect(try Command.run("inspect", "t.csv", "--ignore", "x", in: folder).status == 64)
      #expect(try Command.run("inspect", "none.csv", in: folder).status == 66)
      let empty = try Command.run("inspect", "-", in: folder)
      #expect(empty.status == 65 && empty.errors.contains("standard input"), "\(empty.errors)")
    }
  }

  @Test func predictionsAreRowsOfATable() throws {
    try withFolder { folder in
      let rows = (0..<60).map { "r\($0),\(Double($0 % 10) / 2),\($0 % 10 > 4 ? "\"big, red\"" : "small")" }
      try AtomicFile.write((["name,x,kind"] + rows).joined(separator: "\n"), to: folder + "/t.csv")
      let fit = try Command.run(
        "fit", "t.csv", "--target", "kind", "--epochs", "30", "--hidden", "8", "--batch-size", "8",
        "--output",
        "run", in: folder)
      #expect(fit.status == 0, "\(fit.errors)")
      #expect(fit.errors.contains("\"name\" is left out"), "\(fit.errors)")
      try AtomicFile.write("x,more,name\n4.5,1,a\n0,2,b\n99,3,c\n", to: folder + "/new.csv")
      let run = try Command.run("predict", "--model", "run", "new.csv", "--csv", in: folder)
      let lines = run.output.split(separator: "\n").map(String.init)
      try #require(run.status == 0 && lines.count == 4, "\(run.errors)")
      #expect(lines[0] == "name,prediction,\"probability big, red\",probability small")
      #expect(lines[1].hasPrefix("a,\"big, red\",0.") && lines[2].hasPrefix("b,small,"), "\(run.output)")
      #expect(run.errors.contains("outside of the training set's range") && run.errors.contains("\"more\""))
      let file = try Command.run("predict", "--model", "run", "new.csv", "--output", "p.csv", in: folder)
      #expect(file.status == 0 && file.output.contains("3 predictions"))
      #expect(try String(contentsOfFile: folder + "/p.csv", encoding: .utf8) == run.output)
      let missing = try Command.run("predict", "--model", "run", "t.csv", "--csv", "--json", in: folder)
      #expect(missing.status == 64)
    }
  }
}
