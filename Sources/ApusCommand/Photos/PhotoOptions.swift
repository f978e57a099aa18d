import Apus
import ArgumentParser

/// What `fit` takes for a folder of photos.
struct PhotoOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "A folder of photos, in a folder for each class, or in train and test folders of such.",
      valueName: "photos")) var photos: String?
  @Option(
    help: ArgumentHelp(
      "Photos: a CSV file that says what they show, in the columns of --target.", valueName: "file"))
  var table: String?
  @Option(
    help: ArgumentHelp(
      "Photos: the column of --table with their files. (default: the one whose values are such)",
      valueName: "column"))
  var files: String?
  @Option(
    help: ArgumentHelp(
      "Photos: a folder of masks, pictures of the photos' names whose pixels say which class each is of.",
      valueName: "folder"))
  var masks: String?
  @Option(
    help: ArgumentHelp("Photos: the names of the masks' classes, with commas between.", valueName: "names"))
  var classNames: String?
  @Flag(help: "Photos: use nothing that a network learned before.") var fromScratch = false
  @Option(
    help: ArgumentHelp("Photos: the side of the pictures that the network sees.", valueName: "pixels"))
  var side: Int?
  @Flag(
    inversion: .prefixedNo,
    help: "Photos: whether all layers learn after the classifier. (default: where that alone is not good)")
  var fineTune: Bool?
  @Flag(help: "Photos: left and right matter, as in letters and arrows.") var noMirror = false
  @Option(
    help: ArgumentHelp(
      "Photos: what is done about classes of unequal size: weights (rarer ones count for more), sampling (they come "
        + "more often) or none. (default: weights)", valueName: "method"))
  var balance: ClassBalance?

  /// Whether any option was given that only photos have.
  var areGiven: Bool {
    table != nil || masks != nil || classNames != nil || files != nil || fromScratch || side != nil
      || fineTune != nil || noMirror
      || balance != nil
  }
}

extension ClassBalance: ExpressibleByArgument {}
