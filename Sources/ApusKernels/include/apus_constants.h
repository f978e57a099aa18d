// Codes and limits that several kernels share.
#pragma once

/// The most axes that kernels with explicit coordinates accept.
#define APUS_MAXIMUM_RANK 8

/// What a kernel does to its result before it is stored.
enum {
  APUS_ACTIVATION_NONE = 0,
  APUS_ACTIVATION_RELU = 1,
  APUS_ACTIVATION_GELU = 2,
  APUS_ACTIVATION_GELU_TANH = 3,
  APUS_ACTIVATION_SILU = 4,
  APUS_ACTIVATION_TANH = 5,
  APUS_ACTIVATION_SIGMOID = 6,
};

/// Below this many elements, kernels that go by them do without a second thread: it would cost more than it brings.
enum { APUS_SERIAL_ELEMENTS = 32768 };

/// Codes of `apus_fault` and results of the kernels that validate data.
enum {
  /// An index lies outside its axis.
  APUS_FAULT_INDEX = 1,
  /// A class label lies outside `0 ..< classes`.
  APUS_FAULT_LABEL = 2,
  /// A value is not a number.
  APUS_FAULT_NAN = 3,
  /// A value is infinite.
  APUS_FAULT_INFINITE = 4,
  /// The kernel has no variant for the element type.
  APUS_FAULT_DTYPE = 5,
};
