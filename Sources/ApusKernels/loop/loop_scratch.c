// Scratch memory, one block for each thread: loops that run one after the other on a thread find it in its
// cache.

#include <pthread.h>
#include <stdlib.h>

#include "loop_internal.h"

typedef struct {
  char *memory;
  int64_t capacity;
} scratch_block;

static _Thread_local scratch_block block;
static pthread_key_t cleanup;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void create_key(void) { pthread_key_create(&cleanup, free); }

char *loop_thread_scratch(int64_t bytes) {
  if (block.capacity >= bytes) return block.memory;
  pthread_once(&once, create_key);
  // Whole steps, so that it grows a few times only.
  const int64_t step = 256 << 10;
  int64_t capacity = divided_up(bytes, step) * step;
  char *memory = aligned_alloc(256, (size_t)capacity);
  if (memory == NULL) return NULL;
  free(block.memory);
  block = (scratch_block){memory, capacity};
  // The key's destructor frees it when the thread ends.
  pthread_setspecific(cleanup, memory);
  return memory;
}
