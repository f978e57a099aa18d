#pragma once

/// Runs `body(context, thread, count)` on `threads` threads and waits for all of them.
void apus_parallel(int threads, void (*body)(void *context, int thread, int count), void *context);
