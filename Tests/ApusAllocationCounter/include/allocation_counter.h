// Counts what a process that links this target allocates.

#pragma once
#include <stdint.h>

/// Allocations so far, by any thread, but those that oneDNN makes while it runs a primitive: its interface leaves no
/// way around them.
int64_t allocation_count(void);
