import ApusIO
import Testing

@Suite struct DataHomeTests {
  @Test(arguments: [
    (["APUS_DATA": "/mine", "XDG_DATA_HOME": "/data", "HOME": "/home/me"], "/mine"),
    (["XDG_DATA_HOME": "/data", "HOME": "/home/me"], "/data/apus"),
    (["APUS_DATA": "", "XDG_DATA_HOME": "", "HOME": "/home/me"], "/home/me/.local/share/apus"),
    // The specification says that relative paths are to be ignored.
    (["XDG_DATA_HOME": "data", "HOME": "/home/me"], "/home/me/.local/share/apus"),
  ])
  func whereItIs(environment: [String: String], expected: String) {
    #expect(DataHome(environment: environment).path == expected)
  }

  @Test func folderNamesAndOrder() {
    let home = DataHome(environment: ["HOME": "/home/me"])
    #expect(home.folder(of: .weights, named: "net") == "/home/me/.local/share/apus/weights/net")
    #expect(
      home.folders(of: .datasets, named: "mnist") == [
        "/home/me/.local/share/apus/datasets/mnist", "/usr/share/datasets/mnist", "data/mnist",
      ])
    // Where files were before there was a folder for each kind.
    #expect(
      DataHome(environment: ["APUS_DATA": "/mine"]).folders(of: .weights, named: "net").prefix(2) == [
        "/mine/weights/net", "/mine/net",
      ])
  }

  /// An archive holds weights, and the command in it finds them wherever it is unpacked.
  @Test func besideTheExecutable() {
    func searched(_ executable: String?) -> [String] {
      DataHome(environment: ["HOME": "/home/me"], executable: executable).folders(of: .weights, named: "net")
    }
    #expect(searched("/opt/apus/bin/apus")[1] == "/opt/apus/share/apus/weights/net")
    #expect(searched("/work/.build/release/apus") == searched(nil))
  }
}
