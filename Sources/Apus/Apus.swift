// Everything that a practitioner needs, by one import. `ApusGraph` is among it for its vocabulary (shapes, element
// types, errors), not because anybody has to write graphs by hand.
@_exported import ApusData
@_exported import ApusGraph
@_exported import ApusIO
@_exported import ApusLearn
@_exported import ApusNN
@_exported import ApusReport
@_exported import ApusStudy
@_exported import ApusTabular
@_exported import ApusTasks
@_exported import ApusTensor
@_exported import ApusText
@_exported import ApusTrain
@_exported import ApusVision
