extension VisionArchitecture {
  /// Every architecture that is here, family by family.
  public static let all: [VisionArchitecture] = [
    .xception, .vgg16, .vgg19, .resNet50, .resNet101, .resNet152, .resNet50V2, .resNet101V2, .resNet152V2,
    .inceptionV3, .inceptionResNetV2, .mobileNet, .mobileNetV2, .mobileNetV3Small, .mobileNetV3Large,
    .denseNet121,
    .denseNet169, .denseNet201, .nasNetMobile, .nasNetLarge, .efficientNetB0, .efficientNetB1,
    .efficientNetB2,
    .efficientNetB3, .efficientNetB4, .efficientNetB5, .efficientNetB6, .efficientNetB7, .efficientNetV2B0,
    .efficientNetV2B1, .efficientNetV2B2, .efficientNetV2B3, .efficientNetV2S, .efficientNetV2M,
    .efficientNetV2L,
    .convNeXtTiny, .convNeXtSmall, .convNeXtBase, .convNeXtLarge, .convNeXtXLarge, .efficientNetLite0,
    .efficientNetLite1, .efficientNetLite2, .leNet5, .alexNet, .resNet9, .resNet18, .resNet34, .squeezeNet,
    .squeezeNet11, .vitB16, .vitB32, .vitL16, .uNet,
    .capsNet,
  ]
}
