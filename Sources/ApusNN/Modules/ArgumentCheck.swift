/// Conditions on the arguments of initializers that cannot throw: what does not hold is kept as text and thrown as a
/// `GraphError` at the first use.
enum ArgumentCheck {
  /// The first condition that does not hold, in words; nil when all hold.
  static func firstProblem(_ conditions: [(holds: Bool, otherwise: String)]) -> String? {
    conditions.first { !$0.holds }?.otherwise
  }

  /// A number from 0 up.
  static func isAtLeastZero(_ number: Double, _ name: String) -> (holds: Bool, otherwise: String) {
    (number >= 0 && number.isFinite, "\(name) \(number) must be a finite number of at least 0")
  }

  /// A number above 0.
  static func isPositive(_ number: Double, _ name: String) -> (holds: Bool, otherwise: String) {
    (number > 0 && number.isFinite, "\(name) \(number) must be a finite number above 0")
  }

  /// A whole number from 1 up.
  static func isCount(_ number: Int, _ name: String) -> (holds: Bool, otherwise: String) {
    (number >= 1, "\(name) \(number) must be at least 1")
  }

  /// The part of a running mean that stays: below 1, or nothing would ever be learned.
  static func isDecay(_ number: Double, _ name: String) -> (holds: Bool, otherwise: String) {
    (number >= 0 && number < 1, "\(name) \(number) must be at least 0 and below 1")
  }

  /// A part of a whole.
  static func isFraction(_ number: Double, _ name: String) -> (holds: Bool, otherwise: String) {
    (number >= 0 && number <= 1, "\(name) \(number) must be in 0…1")
  }
}
