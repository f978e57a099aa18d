/// Image formats that are not read: files in them are named by their format, not passed over.
enum ForeignImageFormat {
  /// The format of a file, by its first bytes or by its ending; nil where it is none that is known.
  /// - Parameters:
  ///   - start: The file's first bytes.
  ///   - fileExtension: The ending of its name, in lower case.
  /// - Returns: The name of the format.
  static func name(startingWith start: [UInt8], fileExtension: String) -> String? {
    signatures.first { start.starts(with: $0.bytes) }?.name
      ?? (start.count >= 12 && start[4..<12].elementsEqual("ftypcrx ".utf8) ? rawName : nil)
      ?? endings[fileExtension]
  }

  /// Whether a file that begins as TIFF is a camera's raw file, of which the first page is a preview.
  static func isRawTIFF(startingWith start: [UInt8], fileExtension: String) -> Bool {
    endings[fileExtension] == rawName || (start.count >= 10 && start[8..<10].elementsEqual("CR".utf8))
  }

  static let rawName = "camera raw"

  private static let signatures: [(bytes: [UInt8], name: String)] = [
    (Array("8BPS".utf8), "Photoshop"),
    ([0xff, 0x0a], "JPEG XL"),
    ([0, 0, 0, 0x0c, 0x4a, 0x58, 0x4c, 0x20], "JPEG XL"),
    ([0, 0, 0, 0x0c, 0x6a, 0x50, 0x20, 0x20], "JPEG 2000"),
    ([0xff, 0x4f, 0xff, 0x51], "JPEG 2000"),
    ([0x76, 0x2f, 0x31, 0x01], "OpenEXR"),
    (Array("#?RADIANCE".utf8), "Radiance HDR"),
    (Array("DDS ".utf8), "DirectDraw surface"),
    (Array("qoif".utf8), "QOI"),
    (Array("SIMPLE  =".utf8), "FITS"),
    (Array("gimp xcf".utf8), "GIMP"),
    (Array("farbfeld".utf8), "farbfeld"),
    (Array("P7\n".utf8), "Netpbm PAM"),
    (Array("PF\n".utf8), "Netpbm PFM"),
    (Array("Pf\n".utf8), "Netpbm PFM"),
    (Array("FUJIFILMCCD-RAW".utf8), rawName),
    (Array("IIU\0".utf8), rawName),
    (Array("IIRO".utf8), rawName),
    (Array("MMOR".utf8), rawName),
  ]

  private static let endings: [String: String] = {
    let groups: [(name: String, endings: [String])] = [
      ("Photoshop", ["psd", "psb"]), ("SVG", ["svg", "svgz"]), ("JPEG XL", ["jxl"]),
      ("JPEG 2000", ["jp2", "j2k", "j2c", "jpx", "jpf"]), ("icon", ["ico", "cur", "icns"]),
      ("Targa", ["tga"]),
      ("OpenEXR", ["exr"]), ("Radiance HDR", ["hdr"]), ("DirectDraw surface", ["dds"]), ("QOI", ["qoi"]),
      ("FITS", ["fits", "fit", "fts"]), ("GIMP", ["xcf"]), ("DICOM", ["dcm", "dicom"]), ("NIfTI", ["nii"]),
      ("PCX", ["pcx"]), ("PICT", ["pct", "pict"]), ("metafile", ["wmf", "emf"]), ("PostScript", ["eps"]),
      ("Illustrator", ["ai"]), ("Netpbm PAM", ["pam"]), ("Netpbm PFM", ["pfm"]),
      ("X bitmap", ["xbm", "xpm"]),
      ("Sun raster", ["ras"]), ("SGI", ["sgi"]), ("JPEG XR", ["jxr", "wdp", "hdp"]),
      ("DjVu", ["djvu", "djv"]),
      (
        rawName,
        [
          "raw", "cr2", "cr3", "crw", "nef", "nrw", "arw", "sr2", "srf", "dng", "orf", "rw2", "raf", "pef",
          "srw",
          "x3f", "3fr", "erf", "kdc", "dcr", "mos", "mrw", "iiq", "rwl",
        ]
      ),
    ]
    return Dictionary(
      uniqueKeysWithValues: groups.flatMap { group in group.endings.map { ($0, group.name) } })
  }()
}
