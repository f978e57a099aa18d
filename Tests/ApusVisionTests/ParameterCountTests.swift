import ApusNN
import ApusVision
import Testing

/// Architectures against the figures of Keras 3.
@Suite struct ParameterCountTests {
  /// Total and trainable parameters, layers with parameters and longest path of Keras's models with 1,000 classes
  /// (`weights=None`), and the side of the square pictures.
  struct Expected: Sendable, CustomStringConvertible {
    let architecture: VisionArchitecture
    let total: Int
    let trainable: Int
    let weighted: Int
    let path: Int
    let side: Int

    init(
      _ architecture: VisionArchitecture, _ total: Int, _ trainable: Int, _ weighted: Int, _ path: Int,
      side: Int = 224
    ) {
      self.architecture = architecture
      self.total = total
      self.trainable = trainable
      self.weighted = weighted
      self.path = path
      self.side = side
    }

    var description: String { architecture.name }
  }

  static let expected = [
    Expected(.xception, 22_910_480, 22_855_952, 81, 126, side: 299),
    Expected(.vgg16, 138_357_544, 138_357_544, 16, 23),
    Expected(.vgg19, 143_667_240, 143_667_240, 19, 26),
    Expected(.resNet50, 25_636_712, 25_583_592, 107, 169),
    Expected(.resNet50V2, 25_613_800, 25_568_360, 103, 185),
    Expected(.resNet101, 44_707_176, 44_601_832, 209, 339),
    Expected(.resNet101V2, 44_675_560, 44_577_896, 205, 372),
    Expected(.resNet152, 60_419_944, 60_268_520, 311, 509),
    Expected(.resNet152V2, 60_380_648, 60_236_904, 307, 559),
    Expected(.inceptionV3, 23_851_784, 23_817_352, 189, 159, side: 299),
    Expected(.inceptionResNetV2, 55_873_736, 55_813_192, 449, 572, side: 299),
    Expected(.mobileNet, 4_253_864, 4_231_976, 55, 91),
    Expected(.mobileNetV2, 3_538_984, 3_504_872, 105, 156),
    Expected(.mobileNetV3Small, 2_554_968, 2_542_856, 88, 182),
    Expected(.mobileNetV3Large, 5_507_432, 5_483_032, 110, 210),
    Expected(.denseNet121, 8_062_504, 7_978_856, 242, 429),
    Expected(.denseNet169, 14_307_880, 14_149_480, 338, 597),
    Expected(.denseNet201, 20_242_984, 20_013_928, 402, 709),
    Expected(.nasNetMobile, 5_326_716, 5_289_978, 389, 214),
    Expected(.nasNetLarge, 88_949_818, 88_753_150, 533, 280, side: 331),
    Expected(.efficientNetB0, 5_330_571, 5_288_548, 132, 240),
    Expected(.efficientNetB1, 7_856_239, 7_794_184, 186, 342, side: 240),
    Expected(.efficientNetB2, 9_177_569, 9_109_994, 186, 342, side: 260),
    Expected(.efficientNetB3, 12_320_535, 12_233_232, 210, 387, side: 300),
    Expected(.efficientNetB4, 19_466_823, 19_341_616, 258, 477, side: 380),
    Expected(.efficientNetB5, 30_562_527, 30_389_784, 312, 579, side: 456),
    Expected(.efficientNetB6, 43_265_143, 43_040_704, 360, 669, side: 528),
    Expected(.efficientNetB7, 66_658_687, 66_347_960, 438, 816, side: 600),
    Expected(.efficientNetV2B0, 7_200_312, 7_139_704, 151, 273),
    Expected(.efficientNetV2B1, 8_212_124, 8_141_052, 185, 337, side: 240),
    Expected(.efficientNetV2B2, 10_178_374, 10_096_086, 193, 352, side: 260),
    Expected(.efficientNetV2B3, 14_467_622, 14_358_406, 225, 412, side: 300),
    Expected(.efficientNetV2S, 21_612_360, 21_458_488, 281, 516, side: 384),
    Expected(.efficientNetV2M, 54_431_388, 54_139_356, 403, 743, side: 480),
    Expected(.efficientNetV2L, 119_027_848, 118_515_272, 557, 1031, side: 480),
    Expected(.convNeXtTiny, 28_589_128, 28_589_128, 96, 153),
    Expected(.convNeXtSmall, 50_223_688, 50_223_688, 186, 297),
    Expected(.convNeXtBase, 88_591_464, 88_591_464, 186, 297),
    Expected(.convNeXtLarge, 197_767_336, 197_767_336, 186, 297),
    Expected(.convNeXtXLarge, 350_196_968, 350_196_968, 186, 297),
  ]

  @Test(arguments: expected) func countsAndDepths(expected: Expected) throws {
    let model = try VisionModel(expected.architecture)
    #expect(try model.parameterCount() == expected.total)
    #expect(try model.trainableParameterCount() == expected.trainable)
    #expect(try model.network.weightedLayerCount() == expected.weighted)
    #expect(model.network.pathLength == expected.path)
    #expect(model.inputShape == [expected.side, expected.side, 3])
    #expect(model.network.outputShape == [1000])
  }
}
