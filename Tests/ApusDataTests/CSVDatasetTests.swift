import ApusGraph
import ApusIO
import Foundation
import ApusTestSupport
import Testing

@testable import ApusData

@Suite struct CSVDatasetTests {
  private func table(_ text: String, _ format: CSVFormat = CSVFormat()) throws -> CSVTable {
    try CSVTable(MemorySource(Array(text.utf8), path: "made.csv"), format: format)
  }

  private let pets = """
    id,weight,kind,age,note
    1,2.5,cat,3,aa
    2,30,dog,NA,bb
    3,3.5,cat,5,cc
    4,?,emu,7,dd
    """

  @Test func tablesAreReadInAnyOrder() throws {
    let table = try table("a,b\n1,\"x\ny\"\n\n3,z\n")
    #expect(table.rowCount == 2)
    #expect(try table[1].fields == ["3", "z"])
    #expect(try table[0].fields == ["1", "x\ny"])
    #expect(table.line(ofRow: 1) == 5)
    #expect(message { _ = try table[2] }.contains("row 2 was asked for"))
    #expect(message { _ = try table.column(named: "c") }.contains("\"a\", \"b\""))
  }

  @Test func tablesOnTheDiskNoticeChanges() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.csv"
      try AtomicFile.write("a,b\n1,2\n3,4\n", to: path)
      let table = try CSVTable(path: path)
      #expect(try table[1].fields == ["3", "4"])
      // In place, so that the open file itself changes.
      let handle = try #require(FileHandle(forWritingAtPath: path))
      handle.write(Data("a,b\n1,2\n3\n4\n".utf8))
      try handle.close()
      #expect(message { _ = try table[1] }.contains("changed since it was opened"))
    }
  }

  @Test func schemasTellNumbersFromCategories() throws {
    let schema = try TableSchema(of: table(pets), maximumCategoryCount: 3)
    #expect(schema.rowCount == 4)
    #expect(schema.columns.map(\.kind) == [.number, .number, .category, .number, .text])
    let weight = try #require(schema.column(named: "weight"))
    #expect(weight.missingCount == 1 && weight.mean == 12 && weight.range == 2.5...30)
    #expect(abs(weight.std - (486.5 / 3).squareRoot()) < 1e-12)
    let kind = try #require(schema.column(named: "kind"))
    #expect(kind.categories == ["cat", "dog", "emu"] && kind.categoryCounts == [2, 1, 1])
  }

  @Test func statisticsAreExact() throws {
    var text = "x\n"
    for index in 0..<1000 { text += "\(1_000_000_000 + index)\n" }
    let column = try TableSchema(of: table(text)).columns[0]
    #expect(column.mean == 1_000_000_499.5)
    #expect(abs(column.std - (999_999.0 / 12).squareRoot()) < 1e-6)
  }

  @Test func kindsCanBeSaid() throws {
    let text = "code,y\n10,1\n9,2\n10,3\n"
    let schema = try TableSchema(of: table(text), kinds: ["code": .category])
    #expect(schema.columns[0].kind == .category && schema.columns[0].categories == ["9", "10"])
    #expect(
      message { _ = try TableSchema(of: table(pets), kinds: ["kind": .number]) }.contains("\"cat\" came"))
    #expect(message { _ = try TableSchema(of: table(pets), kinds: ["none": .number]) }.contains("no column"))
    #expect(
      message { _ = try TableSchema(of: table(text), kinds: ["y": .category], maximumCategoryCount: 2) }
        .contains("more than 2"))
  }

  @Test(arguments: ["inf", "-Infinity", "0x10", "1,5", "12a", "1e999"])
  func notEveryTextIsANumber(text: String) throws {
    let schema = try TableSchema(of: table("x\n1\n\"\(text)\"\n"))
    #expect(schema.columns[0].kind == .category)
  }

  @Test func encodingIsLearnt() throws {
    let table = try table(pets)
    let encoder = try TableEncoder(
      schema: TableSchema(of: table, maximumCategoryCount: 3), target: "kind", ignoring: ["id"])
    #expect(encoder.featureNames == ["weight", "weight is missing", "age", "age is missing"])
    #expect(encoder.classNames == ["cat", "dog", "emu"])
    #expect(encoder.warnings == ["column \"note\" is left out: its texts are too many to be categories"])
    let data = try CSVDataset(table, encoder: encoder)
    let batch = try data.batch(at: [3, 0])
    #expect(batch.targets?.scalars(as: Int32.self) == [2, 0])
    #expect(batch.ids == [3, 0])
    let values = batch.features[0].floats
    #expect(batch.features[0].shape == [2, 4])
    #expect(values[0] == 0 && values[1] == 1 && values[3] == 0)
    // Ages 3, 5 and 7: the mean is 5, the deviation the root of 8/3.
    #expect(abs(values[2] - 2 / Float(8.0 / 3).squareRoot()) < 1e-6)
    #expect(values[5] == 0)
    #expect(try data.classCounts() == [2, 1, 1])
    #expect(try data[0].target?.shape == .scalar)
  }

  @Test func regressionTargetsAreColumns() throws {
    let data = try CSVDataset(
      table("x,c,y\n1,a,10\n2,b,20\n3,a,30\n"),
      encoder: TableEncoder(
        schema: TableSchema(of: table("x,c,y\n1,a,10\n2,b,20\n3,a,30\n")), target: "y", numbers: .raw))
    let batch = try data.batch(at: [1, 2])
    #expect(batch.targets?.shape == [2, 1])
    #expect(batch.targets?.floats == [20, 30])
    #expect(batch.features[0].floats == [2, 0, 1, 3, 1, 0])
    #expect(data.encoder.featureNames == ["x", "c=a", "c=b"])
    #expect(data.classNames == nil)
    #expect(try data.classLabels() == nil)
  }

  @Test func categoriesByIndexAreAFeatureOfTheirOwn() throws {
    let train = try table("x,c,d,y\n1,a,u,0\n2,b,v,1\n3,b,u,0\n")
    let encoder = try TableEncoder(
      schema: TableSchema(of: train), target: "y", task: .classification, numbers: .raw, categories: .index)
    #expect(encoder.indexedColumns.map(\.name) == ["c", "d"])
    #expect(encoder.indexedColumns.map(\.count) == [3, 3])
    let test = try CSVDataset(table("d,c,x,y\nw,b,5,1\nv,z,6,0\n"), encoder: encoder)
    let batch = try test.batch(at: [0, 1])
    #expect(batch.features[0].floats == [5, 6])
    #expect(batch.features[1].scalars(as: Int32.self) == [1, 2, 2, 1])
    #expect(test.warnings.count == 2)
    #expect(
      test.warnings[0].contains("column \"c\" has 1 value that")
        && test.warnings[0].contains("\"z\" on line 3"))
  }

  @Test func unknownCategoriesAreAllZerosInOneHot() throws {
    let encoder = try TableEncoder(
      schema: TableSchema(of: table("c,y\na,1\nb,2\n")), target: "y")
    let test = try CSVDataset(table("c,y\nz,1\nb,2\n"), encoder: encoder)
    #expect(try test.batch(at: [0, 1]).features[0].floats == [0, 0, 0, 1])
    #expect(test.warnings.count == 1)
  }

  @Test func missingValuesThatTrainingLackedAreReported() throws {
    let encoder = try TableEncoder(
      schema: TableSchema(of: table("x,c,y\n1,a,1\n3,a,2\n5,b,3\n")), target: "y")
    let test = try CSVDataset(table("x,c,y\n,,1\n"), encoder: encoder)
    #expect(try test.batch(at: [0]).features[0].floats == [0, 1, 0])
    #expect(test.warnings.contains { $0.contains("\"x\" lacks 1 value, on line 2") })
  }

  @Test func dataWithoutTheTargetHaveNone() throws {
    let encoder = try TableEncoder(schema: TableSchema(of: table("x,y\n1,1\n3,2\n")), target: "y")
    let test = try CSVDataset(table("x\n2\n"), encoder: encoder)
    #expect(try test.batch(at: [0]).targets == nil)
    #expect(try test.classLabels() == nil)
  }

  @Test func errorsNameTheLine() throws {
    let encoder = try TableEncoder(schema: TableSchema(of: table("x,y\n1,a\n3,b\n")), target: "y")
    #expect(
      message { _ = try CSVDataset(table("x,y\n1,a\nfoo,b\n"), encoder: encoder) }.contains("made.csv:3"))
    #expect(
      message { _ = try CSVDataset(table("x,y\n1,c\n"), encoder: encoder) }.contains("none of the classes"))
    #expect(message { _ = try CSVDataset(table("z,y\n1,a\n"), encoder: encoder) }.contains("no column \"x\""))
    #expect(message { _ = try CSVDataset(table("x,y\n1e300,a\n"), encoder: encoder) }.contains("float32"))
    let missing = try table("x,y\n1,a\n2,\n3,b\n")
    #expect(message { _ = try CSVDataset(missing, encoder: encoder) }.contains("made.csv:3"))
    let kept = try CSVDataset(missing, encoder: encoder, droppingRowsWithoutTarget: true)
    #expect(kept.rows == [0, 2] && kept.warnings.contains { $0.contains("1 row without a target") })
    #expect(try kept.classLabels() == [0, 1])
  }

  @Test func encodersThatMakeNoSenseAreRefused() throws {
    let schema = try TableSchema(of: table("x,c,y\n1,a,1\n2,a,2\n"))
    #expect(message { _ = try TableEncoder(schema: schema, target: "z") }.contains("no column \"z\""))
    #expect(message { _ = try TableEncoder(schema: schema, target: "c") }.contains("only one class"))
    #expect(
      message { _ = try TableEncoder(schema: schema, target: "c", task: .regression) }.contains("category"))
    #expect(
      message { _ = try TableEncoder(schema: schema, target: "y", ignoring: ["x", "c"]) }.contains(
        "no column is left"))
    let empty = try TableSchema(of: table("x,y\n"))
    #expect(message { _ = try TableEncoder(schema: empty, target: "y") }.contains("no rows"))
  }

  @Test func encodersAreSavedAndRead() throws {
    let encoder = try TableEncoder(
      schema: TableSchema(of: table(pets), maximumCategoryCount: 3), target: "weight", categories: .index)
    let back = try JSONDecoder().decode(TableEncoder.self, from: JSONEncoder().encode(encoder))
    #expect(back == encoder)
    #expect(back.featureNames == encoder.featureNames)
    #expect(back.indexedColumns.map(\.count) == encoder.indexedColumns.map(\.count))
  }

  /// Fifteen of Fisher's irises, five of each kind.
  private let irises = """
    "sepal length","sepal width","petal length","petal width",species
    5.1,3.5,1.4,0.2,setosa
    4.9,3.0,1.4,0.2,setosa
    4.7,3.2,1.3,0.2,setosa
    4.6,3.1,1.5,0.2,setosa
    5.0,3.6,1.4,0.2,setosa
    7.0,3.2,4.7,1.4,versicolor
    6.4,3.2,4.5,1.5,versicolor
    6.9,3.1,4.9,1.5,versicolor
    5.5,2.3,4.0,1.3,versicolor
    6.5,2.8,4.6,1.5,versicolor
    6.3,3.3,6.0,2.5,virginica
    5.8,2.7,5.1,1.9,virginica
    7.1,3.0,5.9,2.1,virginica
    6.3,2.9,5.6,1.8,virginica
    6.5,3.0,5.8,2.2,virginica
    """

  @Test func irisesSplitWithoutLookingAtTestData() throws {
    let table = try table(irises)
    let (train, test) = try table.datasets(target: "species", testFraction: 0.2, seed: 1)
    #expect(train.count == 12 && test.count == 3)
    #expect(try train.classCounts() == [4, 4, 4])
    #expect(try test.classCounts() == [1, 1, 1])
    #expect(Set(train.rows).isDisjoint(with: test.rows))
    let all = try train.batch(at: Array(0..<12)).features[0].floats
    for column in 0..<4 {
      let values = stride(from: column, to: 48, by: 4).map { all[$0] }
      #expect(abs(values.reduce(0, +)) < 1e-4)
      #expect(abs(values.map { $0 * $0 }.reduce(0, +) / 12 - 1) < 1e-4)
    }
    #expect(try train.inMemory().batch(at: [3]).ids == [train.rows[3]])
  }

  @Test func loadersDealTablesOut() throws {
    let (train, _) = try table(irises).datasets(target: "species")
    let iterator = try DataLoader(train, batchSize: 5, shuffled: true, workers: 2).batches()
    var ids: [Int] = []
    while let batch = try iterator.next() { ids += batch.ids }
    #expect(ids.sorted() == train.rows.sorted())
  }
}
