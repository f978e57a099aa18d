import ApusIO
import Testing

/// The list of networks for pictures.
@Suite struct ModelsTests {
  /// Name, parameters, depth as it is counted now, and depth as the longest way, of Keras's table.
  static let listed: [(String, Int, Int, Int)] = [
    ("Xception", 22_910_480, 81, 126), ("VGG16", 138_357_544, 16, 23), ("VGG19", 143_667_240, 19, 26),
    ("ResNet50", 25_636_712, 107, 169), ("InceptionV3", 23_851_784, 189, 159),
    ("InceptionResNetV2", 55_873_736, 449, 572), ("MobileNet", 4_253_864, 55, 91),
    ("MobileNetV2", 3_538_984, 105, 156), ("DenseNet121", 8_062_504, 242, 429),
    ("DenseNet169", 14_307_880, 338, 597), ("DenseNet201", 20_242_984, 402, 709),
    ("NASNetMobile", 5_326_716, 389, 214), ("NASNetLarge", 88_949_818, 533, 280),
  ]

  @Test func listsTheThirteenOfKerasTable() throws {
    let run = try Command.run("models", "--json")
    #expect(run.status == 0)
    let models = try #require(try run.json()["models"]?.arrayValue)
    for (name, parameters, layers, path) in Self.listed {
      let model = try #require(models.first { $0["name"]?.stringValue == name })
      #expect(model["parameters"]?.integerValue == parameters)
      #expect(model["depth"]?["layers_with_parameters"]?.integerValue == layers)
      #expect(model["depth"]?["longest_path"]?.integerValue == path)
      #expect(model["input"]?.arrayValue?.count == 3)
      #expect((model["size_mb"]?.integerValue ?? 0) > 0)
    }
  }

  @Test func filtersByName() throws {
    let run = try Command.run("models", "densenet")
    #expect(run.status == 0)
    #expect(run.output.split(separator: "\n").count == 4)
    #expect(run.output.contains("8,062,504"))
  }

  @Test func anUnknownNameIsToldWhatThereIs() throws {
    let run = try Command.run("models", "resnext")
    #expect(run.status == 64)
    #expect(run.errors.contains("ResNet50"))
  }
}
