import Foundation
import Testing

@testable import ApusData

/// Values in files that older versions wrote are still read, and written in the same way.
@Suite struct StoredFormatTests {
  private func decoded<Value: Codable & Equatable>(_ type: Value.Type, _ text: String) throws -> Value {
    let value = try JSONDecoder().decode(type, from: Data(text.utf8))
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    #expect(String(decoding: try encoder.encode(value), as: UTF8.self) == text)
    return value
  }

  @Test func statisticsKeepTheirKeys() throws {
    let statistics = try decoded(ChannelStatistics.self, #"{"deviations":[2,4],"means":[1,-1]}"#)
    #expect(statistics.stds == [2, 4] && statistics.means == [1, -1])
  }

  @Test func readingsOfMasksKeepTheirKeys() throws {
    #expect(try decoded(MaskReading.self, #"{"values":{}}"#) == .values)
    #expect(try decoded(MaskReading.self, #"{"threshold":{"_0":127}}"#) == .threshold(127))
    let colors = try decoded(MaskReading.self, #"{"colours":{"_0":[[0,0,0],[255,0,9]]}}"#)
    #expect(colors == .colors([[0, 0, 0], [255, 0, 9]]))
  }

  @Test func fittingsKeepTheirKeys() throws {
    #expect(try decoded(ImageFitting.self, #"{"crop":{"share":0.5}}"#) == .crop(share: 0.5))
    #expect(try decoded(ImageFitting.self, #"{"pad":{"background":7}}"#) == .pad(background: 7))
    #expect(try decoded(ImageFitting.self, #"{"stretch":{}}"#) == .stretch)
  }

  @Test func columnsOfTablesKeepTheirKeys() throws {
    let input = try decoded(
      TableEncoder.Input.self,
      #"{"deviation":3,"flagsMissing":false,"mean":2,"name":"size","replacement":2,"replacementIndex":0}"#)
    #expect(input.std == 3 && input.name == "size" && input.vocabulary == nil)
  }
}
