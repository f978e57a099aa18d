// How long a thread of libgomp's pool waits at full speed for the next piece of work before it sleeps.
//
// With the usual 300,000 turns a machine that has other work as well is several times slower: the waiting threads take
// the cores from those that they wait for. 10,000 turns cost a quiet machine some per cent at most. libgomp reads the
// number from the environment in its constructor, which runs before any code of the executable, but for the functions
// in `.preinit_array`. The C library takes up the environment's array only after those, so that setenv would have no
// effect, and there is no room to add an entry. So the place of a variable that no constructor cares about is borrowed
// until the shared libraries are up. Shared libraries may not have such a section: this target is for executables.

#if defined(__linux__)
#include <stddef.h>
#include <string.h>

static char setting[] = "GOMP_SPINCOUNT=10000";
static char **place;
static char *borrowed;

static char **find(char **environment, const char *prefix) {
  for (char **entry = environment; *entry != NULL; entry++) {
    if (strncmp(*entry, prefix, strlen(prefix)) == 0) return entry;
  }
  return NULL;
}

static void set_spin_count(int argument_count, char **arguments, char **environment) {
  (void)argument_count;
  (void)arguments;
  if (find(environment, "GOMP_SPINCOUNT=") || find(environment, "OMP_WAIT_POLICY=")) return;
  // What shells and service managers leave behind.
  static const char *const idle[] = {
      "_=", "OLDPWD=", "SHLVL=", "PWD=", "LS_COLORS=", "LOGNAME=", "USER=", "SHELL=", "INVOCATION_ID="};
  for (size_t i = 0; i < sizeof idle / sizeof *idle && place == NULL; i++) place = find(environment, idle[i]);
  if (place == NULL) return;
  borrowed = *place;
  *place = setting;
}

__attribute__((section(".preinit_array"), used)) static void (*const before_libraries)(int, char **, char **) =
    set_spin_count;

__attribute__((constructor)) static void give_back(void) {
  if (place != NULL) *place = borrowed;
}
#endif
