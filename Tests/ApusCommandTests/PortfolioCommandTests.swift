import ApusIO
import Foundation
import Testing

/// Many estimators on one table, what comes of them, and groups of rows, through the built command.
@Suite(.serialized) struct PortfolioCommandTests {
  private func write(_ path: String, rows: Range<Int>) throws {
    let lines = rows.map { row -> String in
      let (x, z) = (row * 37 % 101, row * 53 % 97)
      return "\(x),\(z),\(["red", "green"][row % 2]),\(Double(3 * x - z) + (row % 2 == 0 ? 40 : 0))"
    }
    try AtomicFile.write((["x,z,color,y"] + lines).joined(separator: "\n") + "\n", to: path)
  }

  @Test func fitsComparesExplainsAndRepeats() throws {
    try withFolder { folder in
      try write(folder + "/t.csv", rows: 0..<150)
      try write(folder + "/new.csv", rows: 150..<200)
      func fit(_ name: String, _ estimators: String) throws -> CommandRun {
        try Command.run(
          "fit", "t.csv", "--target", "y", "--estimators", estimators, "--output", name, "--json", in: folder)
      }
      let good = try fit("good", "constant,linear,random-forest"), bad = try fit("bad", "constant")
      try #require(good.status == 0 && bad.status == 0, "\(good.errors)\(bad.errors)")
      #expect(try good.json()["recipe"]?.stringValue == "portfolio")
      #expect((try #require(CommandRun.score("r2", in: good.json()))) > 0.95)

      let compared = try Command.run("compare", "good", "bad", "new.csv", in: folder)
      #expect(compared.status == 0, "\(compared.errors)")
      #expect(compared.output.contains("good is better, by more than chance explains."), "\(compared.output)")
      let json = try Command.run("compare", "bad", "good", "new.csv", "--json", in: folder).json()
      #expect(json["examples"]?.integerValue == 50 && (json["loss_difference"]?.doubleValue ?? 0) > 0)

      let explained = try Command.run("explain", "--model", "good", "new.csv", "--row", "2", in: folder)
      #expect(
        explained.status == 0 && explained.output.contains("x = "), "\(explained.output)\(explained.errors)")
      #expect(
        try Command.run("explain", "--model", "good", "new.csv", "--row", "51", in: folder).status == 64)

      let predicted = try Command.run("predict", "--model", "good", "new.csv", "--csv", in: folder)
      #expect(predicted.output.hasPrefix("row,prediction,lower 90 %,upper 90 %\n"), "\(predicted.output)")

      let again = try Command.run("fit", "--replay", "good", "--output", "again", in: folder)
      #expect(
        again.status == 0 && again.errors.contains("The same model as in good, bit for bit."),
        "\(again.errors)")
      #expect(try Command.run("fit", "t.csv", "--replay", "good", in: folder).status == 64)
      #expect(try Command.run("fit", "--replay", "none", in: folder).status == 66)
      let unknown = try fit("other", "linear,magic")
      #expect(unknown.status == 64 && unknown.output.contains("magic"), "\(unknown.output)\(unknown.errors)")
    }
  }

  @Test func groupsAreFoundAndWritten() throws {
    try withFolder { folder in
      let rows = (0..<90).map { row in
        "\(row % 3 * 10 + row * 7 % 5),\(row % 3 * 20 + row * 11 % 7),\(["a", "b", "c"][row % 3])"
      }
      try AtomicFile.write((["x,z,kind"] + rows).joined(separator: "\n") + "\n", to: folder + "/t.csv")
      let run = try Command.run("cluster", "t.csv", "--k", "2..5", "--output", "grouped.csv", in: folder)
      try #require(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("3 clusters in") && run.output.contains("kind=a higher"), "\(run.output)")
      let lines = try String(contentsOfFile: folder + "/grouped.csv", encoding: .utf8).split(separator: "\n")
      #expect(lines.count == 91 && lines[0] == "cluster,x,z,kind")
      #expect(Set(lines.dropFirst().map { "\($0.prefix(1))\($0.suffix(1))" }).count == 3)
      // A file that is there is never written over.
      #expect(try Command.run("cluster", "t.csv", "--output", "grouped.csv", in: folder).status == 73)
      let json = try Command.run(
        "cluster", "t.csv", "--method", "dbscan", "--radius", "0.8", "--json", in: folder
      ).json()
      #expect(json["labels"]?.arrayValue?.count == 90)
      #expect(try Command.run("cluster", "t.csv", "--k", "zero", in: folder).status == 64)
      #expect(try Command.run("cluster", "t.csv", "--radius", "1", in: folder).status == 64)
      #expect(try Command.run("cluster", "none.csv", in: folder).status == 66)
    }
  }
}
