// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "Apus",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Apus", targets: ["Apus"]),
    .library(name: "ApusStartup", targets: ["ApusStartup"]),
    .executable(name: "apus", targets: ["ApusCommand"]),
    .executable(name: "apus-bench", targets: ["ApusBenchmark"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    // Native libraries: a module map each, nothing else. `scripts/setup` installs them.
    .systemLibrary(name: "COneDNN", pkgConfig: "dnnl"),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "CJPEG", pkgConfig: "libjpeg", providers: [.apt(["libjpeg-dev"])]),
    .systemLibrary(name: "CWebP", pkgConfig: "libwebpdemux", providers: [.apt(["libwebp-dev"])]),
    .systemLibrary(name: "CGIF", providers: [.apt(["libgif-dev"])]),
    .systemLibrary(name: "CTIFF", pkgConfig: "libtiff-4", providers: [.apt(["libtiff-dev"])]),

    // The engine, from the ground up: a target imports only targets listed before it.
    .target(
      name: "ApusKernels", dependencies: ["COneDNN"],
      // A folder a family; these three hold headers that the others share.
      cSettings: [.headerSearchPath("support"), .headerSearchPath("loop"), .headerSearchPath("product")],
      linkerSettings: [.linkedLibrary("gomp", .when(platforms: [.linux])), .linkedLibrary("m")]),
    .target(name: "ApusGraph"),
    .target(name: "ApusRuntime", dependencies: ["ApusGraph", "ApusKernels", "COneDNN"]),
    .target(name: "ApusTensor", dependencies: ["ApusGraph", "ApusRuntime"]),
    .target(name: "ApusIO", dependencies: ["ApusGraph", "ApusTensor", "CZlib"]),
    // Pages about data, models and training runs, and how numbers are written.
    .target(name: "ApusReport", dependencies: ["ApusIO"]),
    // Searches for hyper-parameters of anything that yields a number; needs no engine.
    .target(name: "ApusStudy", dependencies: ["ApusGraph", "ApusIO"]),
    .target(name: "ApusNN", dependencies: ["ApusGraph", "ApusTensor", "ApusIO"]),
    // Keeps libjpeg's way of failing, longjmp, out of Swift.
    .target(name: "ApusJPEG", dependencies: ["CJPEG"], linkerSettings: [.linkedLibrary("jpeg")]),
    // Takes libtiff's messages, variable arguments, which Swift cannot.
    .target(name: "ApusTIFF", dependencies: ["CTIFF"], linkerSettings: [.linkedLibrary("tiff")]),
    // Looks for libheif at run time; nothing needs it to build.
    .target(name: "ApusHEIF", linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
    .target(
      name: "ApusData",
      dependencies: [
        "ApusKernels", "ApusGraph", "ApusTensor", "ApusIO", "ApusJPEG", "ApusTIFF", "ApusHEIF", "CZlib",
        "CPNG",
        "CWebP", "CGIF",
      ]),
    // Classical machine learning on matrices of features: estimators, transformers, cross-validation.
    .target(name: "ApusLearn", dependencies: ["ApusKernels", "ApusGraph", "ApusIO", "ApusNN", "ApusData"]),
    .target(
      name: "ApusTrain",
      dependencies: ["ApusGraph", "ApusTensor", "ApusIO", "ApusReport", "ApusNN", "ApusData"]),
    // Problems of any kind: data, recipes, models, runs.
    .target(
      name: "ApusTasks",
      dependencies: [
        "ApusGraph", "ApusTensor", "ApusIO", "ApusReport", "ApusStudy", "ApusNN", "ApusData", "ApusTrain",
      ]),
    .target(
      name: "ApusVision",
      dependencies: [
        "ApusGraph", "ApusTensor", "ApusIO", "ApusReport", "ApusStudy", "ApusNN", "ApusData", "ApusTrain",
        "ApusTasks",
      ]),
    .target(
      name: "ApusTabular",
      dependencies: [
        "ApusGraph", "ApusIO", "ApusReport", "ApusStudy", "ApusNN", "ApusData", "ApusLearn", "ApusTrain",
        "ApusTasks",
      ]),
    .target(
      name: "ApusText",
      dependencies: [
        "ApusGraph", "ApusTensor", "ApusIO", "ApusReport", "ApusStudy", "ApusNN", "ApusData", "ApusTrain",
        "ApusTasks",
      ]),
    .target(
      name: "Apus",
      dependencies: [
        "ApusTensor", "ApusIO", "ApusReport", "ApusNN", "ApusData", "ApusLearn", "ApusTrain", "ApusTasks",
        "ApusVision", "ApusTabular", "ApusText", "ApusStudy",
      ]),
    // For executables: has libgomp's threads wait for less long. Nothing to import.
    .target(name: "ApusStartup"),
    .executableTarget(
      name: "ApusCommand",
      dependencies: [
        "Apus", "ApusReport", "ApusRuntime", "ApusStartup",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // Small complete programs; `make test` builds and runs them.
    .executableTarget(
      name: "ApusBenchmark", dependencies: ["Apus", "ApusRuntime", "ApusStartup"], path: "Benchmarks/Sources"),
    .executableTarget(
      name: "ThirtyLines", dependencies: ["Apus", "ApusStartup"], path: "Examples/ThirtyLines"),
    .executableTarget(
      name: "TabularRegression", dependencies: ["Apus", "ApusStartup"], path: "Examples/TabularRegression",
      exclude: ["make_weather.py", "weather.csv"]),

    .executableTarget(name: "Photos", dependencies: ["Apus", "ApusStartup"], path: "Examples/Photos"),
    .executableTarget(
      name: "PhotoTargets", dependencies: ["Apus", "ApusStartup"], path: "Examples/PhotoTargets"),
    .executableTarget(
      name: "Segmentation", dependencies: ["Apus", "ApusStartup"], path: "Examples/Segmentation"),

    .executableTarget(
      name: "Texts", dependencies: ["Apus", "ApusStartup"], path: "Examples/Texts"),

    // Reads the reference values of Tests/Fixtures; in no product.
    .target(name: "ApusFixtures", path: "Tests/ApusFixtures"),
    // Folders, paths and errors that tests need; in no product.
    .target(name: "ApusTestSupport", path: "Tests/ApusTestSupport"),
    // Operations to try on every executor; in no product.
    .target(name: "ApusOpSamples", dependencies: ["ApusGraph"], path: "Tests/ApusOpSamples"),
    // Small models at work, to compile in different ways; in no product.
    .target(
      name: "ApusModelSamples", dependencies: ["ApusGraph", "ApusRuntime", "ApusTensor", "ApusNN"],
      path: "Tests/ApusModelSamples"),
    .testTarget(name: "ApusFixturesTests", dependencies: ["ApusFixtures"]),
    .testTarget(name: "ApusKernelsTests", dependencies: ["ApusKernels"]),
    .testTarget(name: "ApusGraphTests", dependencies: ["ApusGraph", "ApusFixtures", "ApusOpSamples"]),
    .testTarget(
      name: "ApusRuntimeTests", dependencies: ["ApusRuntime", "ApusGraph", "ApusFixtures", "ApusOpSamples"]),
    .testTarget(name: "ApusTensorTests", dependencies: ["ApusTensor", "ApusFixtures"]),
    .testTarget(name: "ApusReportTests", dependencies: ["ApusReport", "ApusTestSupport"]),
    // What the tests of studies kill and start again; in no product.
    .executableTarget(name: "ApusStudyProbe", dependencies: ["ApusStudy"], path: "Tests/ApusStudyProbe"),
    .testTarget(name: "ApusStudyTests", dependencies: ["ApusStudy", "ApusStudyProbe", "ApusTestSupport"]),
    .testTarget(
      name: "ApusIOTests", dependencies: ["ApusIO", "ApusTensor", "ApusGraph", "ApusTestSupport"]),
    .testTarget(name: "ApusNNTests", dependencies: ["ApusNN", "ApusFixtures", "ApusTestSupport"]),
    // Asks for more memory than it may have; in no product.
    .executableTarget(name: "ApusMemoryProbe", dependencies: ["ApusNN"], path: "Tests/ApusMemoryProbe"),
    .testTarget(
      name: "ApusModelTests",
      dependencies: [
        "ApusMemoryProbe", "ApusModelSamples", "ApusGraph", "ApusKernels", "ApusRuntime", "ApusTensor",
        "ApusNN", "ApusFixtures",
      ]),
    .testTarget(
      name: "ApusDataTests",
      dependencies: ["ApusData", "ApusIO", "ApusTensor", "ApusGraph", "ApusTestSupport"]),
    // What the tests kill and start again; in no product.
    .executableTarget(name: "ApusTrainProbe", dependencies: ["ApusTrain"], path: "Tests/ApusTrainProbe"),
    .testTarget(name: "ApusLearnTests", dependencies: ["ApusLearn", "ApusFixtures", "ApusTestSupport"]),
    .testTarget(
      name: "ApusTrainTests",
      dependencies: ["ApusTrain", "ApusTrainProbe", "ApusFixtures", "ApusTestSupport"]),
    // Compares networks with Keras by hand: scripts/check-vision; in no product.
    .executableTarget(name: "ApusVisionProbe", dependencies: ["ApusVision"], path: "Tests/ApusVisionProbe"),
    .testTarget(
      name: "ApusTasksTests",
      dependencies: ["ApusTasks", "ApusReport", "ApusTrain", "ApusData", "ApusIO", "ApusTestSupport"]),
    .testTarget(name: "ApusTabularTests", dependencies: ["ApusTabular", "ApusTasks", "ApusTestSupport"]),
    // Runs from data to a model, for the tests of all kinds to kill and start again; in no product.
    .executableTarget(
      name: "ApusRunProbe", dependencies: ["Apus", "ApusStartup"], path: "Tests/ApusRunProbe"),
    .testTarget(name: "ApusKindTests", dependencies: ["Apus", "ApusRunProbe", "ApusTestSupport"]),
    .testTarget(
      name: "ApusTextTests", dependencies: ["ApusText", "ApusTasks", "ApusData", "ApusIO", "ApusTrain"]),
    .testTarget(
      name: "ApusVisionTests", dependencies: ["ApusVision", "Apus", "ApusFixtures", "ApusTestSupport"]),
    // Counts what a training step allocates. No test links it: it puts its own functions in the place of malloc.
    .target(name: "ApusAllocationCounter", path: "Tests/ApusAllocationCounter"),
    .executableTarget(
      name: "ApusAllocationProbe", dependencies: ["Apus", "ApusAllocationCounter"],
      path: "Tests/ApusAllocationProbe"),
    // The Swift of the guides for those who come from Keras, PyTorch and NumPy.
    .testTarget(
      name: "ApusDocsTests",
      dependencies: [
        "ApusData", "ApusGraph", "ApusIO", "ApusNN", "ApusTensor", "ApusTestSupport", "ApusTrain",
      ]),
    .testTarget(name: "ApusCommandTests", dependencies: ["ApusCommand", "Apus", "ApusTestSupport"]),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .gnu11
)
