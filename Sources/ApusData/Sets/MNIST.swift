/// 70,000 grey pictures of handwritten digits, 28 by 28.
///
/// LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition" (1998).
/// No system package has it: the four files must be put into a folder.
public enum MNIST {
  /// The digits, in the order of their labels.
  public static let classNames = (0..<10).map(String.init)

  static let files = MNISTFiles(
    name: "MNIST", folderName: "mnist",
    advice: "Put its four files (train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, "
      + "t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz) into a folder and pass that, or set APUS_DATA to "
      + "the folder that holds mnist/.",
    classNames: classNames)

  /// Loads the 60,000 samples to train on and the 10,000 to test with.
  ///
  /// Features are `float32` `[28, 28, 1]` in 0...1, held as bytes until they are fetched; targets are
  /// `int32`. The files must have exactly the sizes of the original.
  ///
  /// - Parameter folder: The folder of the four files. By default `$APUS_DATA/mnist`, then
  ///   `/usr/share/datasets/mnist`, then `data/mnist` are searched.
  public static func load(from folder: String? = nil) throws -> (train: ArrayDataset, test: ArrayDataset) {
    try files.load(from: folder)
  }

  /// The first of the usual folders that holds the set; nil if none does.
  public static func location() -> String? { files.location() }
}
