import ApusKernels
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The one thread that runs programs.
///
/// libgomp keeps a pool of workers for each thread that opens a parallel region; two such pools on a few cores
/// starve each other. So programs run here, whoever asked for them, and callers wait. Only what is too small to be shared
/// among threads may run on the caller's own, while the engine has nothing to do: handing it over would take longer.
public final class Engine: @unchecked Sendable {
  /// The engine of this process.
  public static let shared = Engine()

  /// Work on something that the caller holds. The first time it may return false, before it has changed anything, to be
  /// called again, then on the engine's thread.
  public typealias Work = @convention(c) (UnsafeMutableRawPointer) -> Bool

  /// What a caller waits for; lies on its stack.
  private struct Job {
    let work: Work
    let context: UnsafeMutableRawPointer
    var next: UnsafeMutablePointer<Job>?
    var isDone = false
  }

  /// What the lock guards.
  private struct State {
    var mutex = pthread_mutex_t()
    var arrived = pthread_cond_t()
    var finished = pthread_cond_t()
    var first: UnsafeMutablePointer<Job>?
    var last: UnsafeMutablePointer<Job>?
    /// Whether some thread runs a job.
    var isBusy = false
  }
  private let state = UnsafeMutablePointer<State>.allocate(capacity: 1)
  /// The thread that runs a job now.
  private let owner = Atomic<UInt>(0)

  private init() {
    state.initialize(to: State())
    pthread_mutex_init(&state.pointee.mutex, nil)
    pthread_cond_init(&state.pointee.arrived, nil)
    pthread_cond_init(&state.pointee.finished, nil)
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setstacksize(&attributes, 8 << 20)
    var thread = pthread_t()
    let context = Unmanaged.passRetained(self).toOpaque()
    let status = pthread_create(&thread, &attributes, engineThreadMain, context)
    pthread_attr_destroy(&attributes)
    precondition(status == 0, "the engine's thread could not be started: error \(status)")
  }

  /// Runs a piece of work on the engine's thread and waits for it. Called on that thread it runs at once.
  /// - Parameter body: The work.
  /// - Returns: What the work returns.
  /// - Throws: What the work throws.
  public func run<Result>(_ body: () throws -> Result) throws -> Result {
    if isRunningHere { return try body() }
    var result: Swift.Result<Result, any Error>?
    withoutActuallyEscaping({ result = Swift.Result { try body() } }) { (body: @escaping () -> Void) in
      var body = body
      withUnsafeMutablePointer(to: &body) {
        perform(
          { context in
            context.assumingMemoryBound(to: (() -> Void).self).pointee()
            return true
          }, UnsafeMutableRawPointer($0))
      }
    }
    return try result!.get()
  }

  /// Runs a piece of work and waits for it, without allocating anything.
  /// - Parameters:
  ///   - work: The work.
  ///   - context: What it is given.
  ///   - mayStay: Whether it may run on the caller's thread, if the engine has nothing to do. It gets no other
  ///     threads there.
  public func perform(_ work: Work, _ context: UnsafeMutableRawPointer, mayStay: Bool = false) {
    if isRunningHere {
      // What may not stay where it is called is called again: this is the place.
      if !work(context) { _ = work(context) }
      return
    }
    if mayStay, performHere(work, context) { return }
    var job = Job(work: work, context: context)
    withUnsafeMutablePointer(to: &job) { job in
      lock()
      if let last = state.pointee.last { last.pointee.next = job } else { state.pointee.first = job }
      state.pointee.last = job
      pthread_cond_signal(&state.pointee.arrived)
      while !job.pointee.isDone { pthread_cond_wait(&state.pointee.finished, &state.pointee.mutex) }
      unlock()
    }
  }

  private func performHere(_ work: Work, _ context: UnsafeMutableRawPointer) -> Bool {
    lock()
    guard !state.pointee.isBusy, state.pointee.first == nil else {
      unlock()
      return false
    }
    begin()
    unlock()
    let mode = apus_enter_caller_thread()
    let isDone = work(context)
    apus_leave_caller_thread(mode)
    lock()
    end()
    if state.pointee.first != nil { pthread_cond_signal(&state.pointee.arrived) }
    unlock()
    return isDone
  }

  fileprivate func serve() -> Never {
    apus_enter_engine_thread()
    lock()
    while true {
      guard !state.pointee.isBusy, let job = state.pointee.first else {
        pthread_cond_wait(&state.pointee.arrived, &state.pointee.mutex)
        continue
      }
      state.pointee.first = job.pointee.next
      if state.pointee.first == nil { state.pointee.last = nil }
      begin()
      unlock()
      perform(job.pointee.work, job.pointee.context)
      lock()
      end()
      job.pointee.isDone = true
      pthread_cond_broadcast(&state.pointee.finished)
    }
  }

  private func lock() { pthread_mutex_lock(&state.pointee.mutex) }
  private func unlock() { pthread_mutex_unlock(&state.pointee.mutex) }

  /// With the lock held: the running thread has the engine.
  private func begin() {
    state.pointee.isBusy = true
    owner.store(threadIdentity(), ordering: .relaxed)
  }

  private func end() {
    owner.store(0, ordering: .relaxed)
    state.pointee.isBusy = false
  }

  private var isRunningHere: Bool { owner.load(ordering: .relaxed) == threadIdentity() }
}

private func engineThreadMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  Unmanaged<Engine>.fromOpaque(context!).takeUnretainedValue().serve()
}

/// The running thread as a number: `pthread_t` is an integer on Linux and a pointer elsewhere.
private func threadIdentity() -> UInt {
  #if canImport(Glibc)
    UInt(pthread_self())
  #else
    UInt(bitPattern: pthread_self())
  #endif
}
