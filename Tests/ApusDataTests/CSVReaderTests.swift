import ApusIO
import Foundation
import ApusTestSupport
import Testing

@testable import ApusData

@Suite struct CSVReaderTests {
  private func rows(_ text: String, _ format: CSVFormat = CSVFormat(hasHeader: false)) throws -> [[String]] {
    try rows(Array(text.utf8), format)
  }

  private func rows(_ bytes: [UInt8], _ format: CSVFormat) throws -> [[String]] {
    var reader = try CSVReader(MemorySource(bytes, path: "a.csv"), format: format)
    var result: [[String]] = []
    while let record = try reader.next() { result.append(record.fields) }
    return result
  }

  private func error(_ text: String, _ format: CSVFormat = CSVFormat(hasHeader: false)) -> FileError? {
    do {
      _ = try rows(text, format)
      return nil
    } catch {
      return error as? FileError
    }
  }

  @Test func readsRFC4180() throws {
    #expect(try rows("a,b\r\nc,d\r\n") == [["a", "b"], ["c", "d"]])
    #expect(try rows("a,b\nc,d") == [["a", "b"], ["c", "d"]])
    #expect(try rows("a,b\rc,d\r") == [["a", "b"], ["c", "d"]])
    #expect(try rows("\"a,1\",\"b \"\"x\"\"\",\"c\r\nd\"\n") == [["a,1", "b \"x\"", "c\r\nd"]])
    #expect(try rows(",\n\"\",") == [["", ""], ["", ""]])
    #expect(try rows("5\" disk,é😀\n") == [["5\" disk", "é😀"]])
    #expect(try rows("\n\na,b\n\n\r\nc,d\n\n") == [["a", "b"], ["c", "d"]])
    #expect(try rows("\u{feff}a,b\n") == [["a", "b"]])
  }

  @Test func blanksFallAwayUnlessQuotedOrKept() throws {
    #expect(try rows(" a ,\t b c , \" d \" \n") == [["a", "b c", " d "]])
    let keeping = CSVFormat(hasHeader: false, trimsBlanks: false)
    #expect(try rows(" a , b\n", keeping) == [[" a ", " b"]])
    #expect(try rows("a\t\tb\n", CSVFormat(separator: "\t", hasHeader: false)) == [["a", "", "b"]])
    #expect(try rows("a;\"b;c\"\n", CSVFormat(separator: ";", hasHeader: false)) == [["a", "b;c"]])
  }

  @Test func headersNameTheColumns() throws {
    let reader = try CSVReader(MemorySource(Array("\"\",x,\"y z\"\n1,2,3\n".utf8), path: "a"))
    #expect(reader.columnNames == ["column 1", "x", "y z"])
    #expect(try rows("x,y\n1,2\n", CSVFormat()) == [["1", "2"]])
    let without = try CSVReader(
      MemorySource(Array("1,2\n".utf8), path: "a"), format: CSVFormat(hasHeader: false))
    #expect(without.columnNames == ["column 1", "column 2"])
    #expect(error("x,x\n", CSVFormat())?.problem.contains("both called \"x\"") == true)
    #expect(error("", CSVFormat())?.problem.contains("empty") == true)
  }

  @Test func raggedRowsNameTheLine() {
    let ragged = error("a,b\n\"x\ny\",2\n3\n")
    #expect(ragged?.line == 4)
    #expect(ragged?.problem.contains("2 fields expected") == true)
    #expect(ragged?.problem.contains("1 came") == true)
    #expect(error("a,b\n1,2,3\n")?.line == 2)
  }

  @Test func brokenQuotesNameTheirPlace() {
    let open = error("a,b\nc,\"d\ne,f\n")
    #expect(open?.reason == .truncated && open?.line == 2 && open?.column == 3)
    let behind = error("a,\"b\"c\n")
    #expect(behind?.line == 1 && behind?.column == 6)
  }

  @Test func whatIsNoTextIsRefused() throws {
    let format = CSVFormat(hasHeader: false)
    for (bytes, part) in [
      ([0x61, 0x2c, 0xe9, 0x0a], "UTF-8"), ([0xff, 0xfe, 0x61, 0], "UTF-16"), ([0x1f, 0x8b, 8, 0], "gzip"),
      ([0x61, 0, 0x0a], "byte of zero"),
    ] as [([UInt8], String)] {
      #expect(message { _ = try rows(bytes, format) }.contains(part))
    }
    #expect(throws: DataError.self) { _ = try rows("a", CSVFormat(separator: "ab")) }
    #expect(throws: DataError.self) { _ = try rows("a", CSVFormat(separator: "\"")) }
  }

  @Test func endlessFieldsAreRefused() {
    let format = CSVFormat(hasHeader: false, maximumFieldByteCount: 1000)
    let text = "a,b\n1," + String(repeating: "x", count: 1001)
    let long = error(text, format)
    #expect(long?.reason == .tooLarge && long?.line == 2 && long?.column == 3)
    #expect(error("a,b\n\"" + String(repeating: "\n", count: 2000), format)?.reason == .tooLarge)
  }

  /// Fields of awkward characters, written as RFC 4180 says and read back; long enough to cross chunks.
  @Test func readsBackWhatWasWritten() throws {
    var random = PhiloxGenerator(seed: 11)
    let pieces = ["a", ",", "\"", "\n", "\r\n", "é", "😀", " ", ";", "\t", "0", "\"\""]
    let table = (0..<3000).map { row in
      (0..<4).map { column in
        // The first field is never empty, or a record of blanks would be a blank line.
        (column == 0 ? "r\(row)" : "")
          + (0..<random.uniform(below: 12)).map { _ in pieces[random.uniform(below: pieces.count)] }.joined()
      }
    }
    let text = table.map { row in
      row.map { "\"" + $0.replacingOccurrences(of: "\"", with: "\"\"") + "\"" }.joined(separator: ",")
    }.joined(separator: "\r\n")
    #expect(text.utf8.count > 1 << 16)
    #expect(try rows(text) == table)
  }

  @Test func survivesAnyBytes() throws {
    var random = PhiloxGenerator(seed: 12)
    let alphabet: [UInt8] = [0x61, 0x2c, 0x22, 0x0a, 0x0d, 0x20, 0xc3, 0xa9, 0, 0xff, 0x09]
    for _ in 0..<3000 {
      let bytes = (0..<random.uniform(below: 30)).map { _ in alphabet[random.uniform(below: alphabet.count)] }
      do {
        _ = try rows(bytes, CSVFormat(hasHeader: false))
      } catch {
        #expect(error is FileError)
      }
    }
  }
}
