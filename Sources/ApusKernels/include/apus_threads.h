// Work shared among the threads of libgomp's pool, the same pool that oneDNN uses.
//
// All of it should be called from one engine thread: libgomp keeps a pool per calling thread, and two pools
// on few cores lose the short spin-wait that makes a parallel region cheap (about 2 microseconds).

#pragma once
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Threads that a parallel region uses unless told otherwise: `OMP_NUM_THREADS` or the cores at hand.
int apus_thread_count(void);

/// Sets the thread count (at least 1) for our kernels, and for oneDNN on the calling thread.
void apus_set_thread_count(int count);

/// Makes the calling thread fit to run kernels: denormals are flushed to zero, and oneDNN is given the
/// thread count. The engine thread calls it once when it starts.
void apus_enter_engine_thread(void);

/// Makes another thread fit to run kernels for a while: as above, but parallel regions run inline, so that it gets no
/// pool of its own. Returns what to leave with.
uint64_t apus_enter_caller_thread(void);

/// Puts the thread back as it was before `apus_enter_caller_thread` returned `mode`.
void apus_leave_caller_thread(uint64_t mode);

/// A body of a parallel region: runs once on each thread, `thread` in `0 ..< thread_count`.
typedef void (*apus_parallel_body)(void *context, int thread, int thread_count);

/// Runs `body` on `threads` threads and waits for all. Runs it inline, as thread 0 of 1, when `threads` is
/// at most 1 or when called inside a parallel region. Denormals are flushed to zero while it runs, on
/// every thread alike, so that results do not depend on who calls.
void apus_parallel(int threads, apus_parallel_body body, void *context);

/// A body of a parallel for: handles the indices `begin ..< end`; `thread` says which scratch to use.
typedef void (*apus_parallel_for_body)(void *context, int64_t begin, int64_t end, int thread);

/// Splits `0 ..< count` into chunks of `chunk` indices (the last may be shorter) and gives each thread a
/// contiguous share of whole chunks. `body` is called once for each chunk, whatever the number of threads,
/// so a result built from one partial per chunk never depends on it. `threads` of 0 means all of them.
void apus_parallel_for(int threads, int64_t count, int64_t chunk, apus_parallel_for_body body, void *context);

#ifdef __cplusplus
}
#endif
