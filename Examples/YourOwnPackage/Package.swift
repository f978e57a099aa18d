// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "YourOwnPackage",
  platforms: [.macOS(.v15)],
  dependencies: [
    // In a package of your own: the path to where you cloned Apus, or its address and a version.
    .package(name: "Apus", path: "../..")
  ],
  targets: [
    .executableTarget(name: "YourOwnPackage", dependencies: [.product(name: "Apus", package: "Apus")])
  ],
  swiftLanguageModes: [.v6]
)
