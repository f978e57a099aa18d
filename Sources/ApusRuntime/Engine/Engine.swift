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
/// starve each other. So every program runs here, whoever asked for it, and callers wait.
public final class Engine: @unchecked Sendable {
  /// The engine of this process.
  public static let shared = Engine()

  private var mutex = pthread_mutex_t()
  private var arrived = pthread_cond_t()
  private var finished = pthread_cond_t()
  private var queue: [Job] = []
  private var thread = pthread_t()
  private let identity = Mutex<UInt>(0)

  private final class Job {
    private var body: (() -> Void)?
    var isDone = false
    init(_ body: @escaping () -> Void) { self.body = body }

    /// Runs the body and lets go of it: the caller may be gone as soon as the job is done.
    func perform() {
      body?()
      body = nil
    }
  }

  private init() {
    pthread_mutex_init(&mutex, nil)
    pthread_cond_init(&arrived, nil)
    pthread_cond_init(&finished, nil)
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setstacksize(&attributes, 8 << 20)
    let context = Unmanaged.passRetained(self).toOpaque()
    let status = pthread_create(&thread, &attributes, engineThreadMain, context)
    pthread_attr_destroy(&attributes)
    precondition(status == 0, "the engine's thread could not be started: error \(status)")
  }

  /// Runs a piece of work on the engine's thread and waits for it. Called on that thread it runs at once.
  public func run<Result>(_ body: () throws -> Result) throws -> Result {
    if isEngineThread { return try body() }
    return try withoutActuallyEscaping(body) { body in
      let outcome = Outcome<Result>()
      let job = Job { outcome.value = Swift.Result { try body() } }
      pthread_mutex_lock(&mutex)
      queue.append(job)
      pthread_cond_signal(&arrived)
      while !job.isDone { pthread_cond_wait(&finished, &mutex) }
      pthread_mutex_unlock(&mutex)
      return try outcome.value!.get()
    }
  }

  private final class Outcome<Value> {
    var value: Swift.Result<Value, any Error>?
  }

  private var isEngineThread: Bool {
    identity.withLock { $0 } == threadIdentity()
  }

  fileprivate func serve() -> Never {
    identity.withLock { $0 = threadIdentity() }
    apus_enter_engine_thread()
    while true {
      pthread_mutex_lock(&mutex)
      while queue.isEmpty { pthread_cond_wait(&arrived, &mutex) }
      let job = queue.removeFirst()
      pthread_mutex_unlock(&mutex)
      job.perform()
      pthread_mutex_lock(&mutex)
      job.isDone = true
      pthread_cond_broadcast(&finished)
      pthread_mutex_unlock(&mutex)
    }
  }
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
