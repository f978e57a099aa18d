import ApusTensor
import Testing

@testable import ApusData

@Suite struct TensorDatasetTests {
  @Test func tensorsBecomeSamples() throws {
    let features: Tensor = [[1, 2], [3, 4], [5, 6]]
    let data = try ArrayDataset(
      features * 2, targets: Tensor([0, 1, 1], dtype: .int32), classNames: ["no", "yes"])
    #expect(try data.batch(at: [2, 0]).features[0].floats == [10, 12, 2, 4])
    #expect(try data.classCounts() == [1, 2])
    #expect(throws: DataError.self) {
      _ = try ArrayDataset(features, targets: Tensor([0, 1], dtype: .int32))
    }
  }

  @Test func imagesBecomeTensors() throws {
    let image = try Image(width: 2, height: 1, channels: 1, pixels: [0, 51])
    #expect(image.tensor().shape == [1, 2, 1])
    #expect(try image.tensor().scalars(as: Float.self) == [0, 0.2])
  }
}
