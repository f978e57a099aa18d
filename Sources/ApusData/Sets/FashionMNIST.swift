/// 70,000 gray images of clothes, 28 by 28, in ten classes of 7,000.
///
/// Xiao, Rasul and Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine learning
/// algorithms" (2017). MIT licence. Debian and Ubuntu have it as the package `dataset-fashion-mnist`.
public enum FashionMNIST {
  /// The names of the classes, in the order of their labels.
  public static let classNames = [
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
  ]

  static let files = MNISTFiles(
    name: "Fashion-MNIST", folderName: "fashion-mnist",
    advice: "Install it with `apt-get install dataset-fashion-mnist`, or put the four files of "
      + "github.com/zalandoresearch/fashion-mnist into a folder and pass that, or put them into "
      + "datasets/fashion-mnist below the data home ($APUS_DATA or ~/.local/share/apus).",
    classNames: classNames)

  /// Loads the 60,000 training and the 10,000 test samples.
  ///
  /// Features are `float32` `[28, 28, 1]` in 0...1, held as bytes until they are fetched; targets are
  /// `int32`. The files must have exactly the sizes of the original.
  /// - Parameter folder: The folder of the four files. By default `DataHome().folders(of: .datasets, named:
  ///   "fashion-mnist")` are searched: `$APUS_DATA` or the user's data home first, `data/fashion-mnist` in
  ///   the working directory last.
  /// - Returns: The training and the test set.
  /// - Throws: `FileError` that says where the files were searched and how to get them.
  public static func load(from folder: String? = nil) throws -> (train: ArrayDataset, test: ArrayDataset) {
    try files.load(from: folder)
  }

  /// The first of the usual folders that holds the set; nil if none does.
  public static func location() -> String? { files.location() }
}
