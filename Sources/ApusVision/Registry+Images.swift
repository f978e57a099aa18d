import ApusTasks

extension Registry {
  /// Images.
  public static let images = Registry(
    sources: [NamedDataset.self, ImageTable.self, MaskFolder.self, ImageFolder.self],
    inputs: [ImageInput.self], targets: [Segmentation.self],
    recipes: [SmallConvNet.self, TransferLearning.self, FromScratch.self, UNetTraining.self],
    networks: [VisionNetwork.self, SegmentationNetwork.self], earlierFormats: EarlierModels.formats)
}
