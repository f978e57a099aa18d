/// 70,000 gray images of handwritten digits, 28 by 28.
///
/// LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition" (1998).
/// No system package has it: the four files must be put into a folder.
public enum MNIST {
  /// The digits, in the order of their labels.
  public static let classNames = (0..<10).map(String.init)

  static let files = MNISTFiles(
    name: "MNIST", folderName: "mnist",
    advice: "Put its four files (train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, "
      + "t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz) into a folder and pass that, or into "
      + "datasets/mnist below the data home ($APUS_DATA or ~/.local/share/apus).",
    classNames: classNames)

  /// Loads the 60,000 training and the 10,000 test samples.
  ///
  /// Features are `float32` `[28, 28, 1]` in 0...1, held as bytes until they are fetched; targets are
  /// `int32`. The files must have exactly the sizes of the original.
  /// - Parameter folder: The folder of the four files. By default `DataHome().folders(of: .datasets, named:
  ///   "mnist")` are searched: `$APUS_DATA` or the user's data home first, `data/mnist` in the working
  ///   directory last.
  /// - Returns: The training and the test set.
  /// - Throws: `FileError` that says where the files were searched and how to get them.
  public static func load(from folder: String? = nil) throws -> (train: ArrayDataset, test: ArrayDataset) {
    try files.load(from: folder)
  }

  /// The first of the usual folders that holds the set; nil if none does.
  public static func location() -> String? { files.location() }
}
