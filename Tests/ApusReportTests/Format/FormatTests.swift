import ApusReport
import Testing

@Suite struct FormatTests {
  @Test(arguments: [
    (0.0, "0.00"), (-0.001, "0.00"), (-0.5, "-0.50"), (1234.567, "1234.57"), (.nan, "–"), (-.infinity, "–"),
  ])
  func fixed(value: Double, expected: String) { #expect(Format.fixed(value, 2) == expected) }

  @Test(arguments: [
    (0.0, "0"), (-0.0, "0"), (0.25, "0.25"), (123456, "1.235e+05"), (0.000012345, "1.234e-05"),
    (9999.6, "1e+04"),
    (.infinity, "–"),
  ])
  func number(value: Double, expected: String) { #expect(Format.number(value) == expected) }

  @Test func percent() {
    #expect(Format.percent(0.9523) == "95.2 %" && Format.percent(1, digits: 0) == "100 %")
    #expect(Format.percent(.nan) == "–")
    #expect(Format.percentRange(0.9312, 0.9678) == "93.1 – 96.8 %")
    #expect(Format.percentRange(.nan, 1) == "")
  }

  @Test(arguments: [
    (0, "0"), (7, "7"), (999, "999"), (1000, "1,000"), (-421642, "-421,642"),
    (Int.min, "-9,223,372,036,854,775,808"),
  ])
  func grouped(number: Int, expected: String) { #expect(Format.grouped(number) == expected) }

  @Test func counts() {
    #expect(Format.count(1, "image") == "1 image" && Format.count(0, "image") == "0 images")
    #expect(Format.count(2000, "class", "classes") == "2,000 classes")
  }

  @Test(arguments: [
    (0.0, "0 s"), (0.0000123, "12.3 µs"), (0.0009999, "1 ms"), (0.0124, "12.4 ms"), (0.9999, "1.0 s"),
    (3.44, "3.4 s"), (59.94, "59.9 s"), (59.96, "1 min 0 s"), (125, "2 min 5 s"), (3599.7, "1 h 0 min"),
    (5400, "1 h 30 min"), (86400, "1 d 0 h"), (2.5 * 86400, "2 d 12 h"), (-3, "-3.0 s"), (.nan, "–"),
    (1e300, "–"),
  ])
  func duration(seconds: Double, expected: String) { #expect(Format.duration(seconds) == expected) }

  @Test(arguments: [
    (1, "1 byte"), (1023, "1,023 bytes"), (1024, "1.0 KiB"), (1_048_575, "1.0 MiB"), (100 << 20, "100.0 MiB"),
    (1 << 40, "1.0 TiB"), (Int.max, "8.0 EiB"), (Int.min, "-8.0 EiB"), (-2048, "-2.0 KiB"),
  ])
  func bytes(count: Int, expected: String) { #expect(Format.bytes(count) == expected) }

  @Test func lists() {
    #expect(Format.list([]) == "" && Format.list(["a"]) == "a" && Format.list(["a", "b"]) == "a and b")
    #expect(Format.list(["a", "b", "c"]) == "a, b and c")
    #expect(Format.list(["a", "b", "c"], limit: 3) == "a, b and c")
    #expect(Format.list(["a", "b", "c", "d"], limit: 2) == "a, b and 2 more")
    #expect(Format.list(["a", "b"], limit: 0) == "a and 1 more")
    #expect(Format.list(["a", "b"], conjunction: "or") == "a or b")
  }

  @Test func tables() {
    let rows = [["class", "images", "note"], ["cat", "1,000", "ok"], ["猫😀", "7"]]
    #expect(
      Format.table(rows, leading: [0, 2]) == """
        class  images  note
        cat     1,000  ok
        猫😀        7
        """)
    #expect(Format.table([]) == "" && Format.table([[], ["a"]]) == "\na")
  }
}
