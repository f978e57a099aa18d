"""A program that takes part in the benchmark, spoken to over its standard input and output."""

import os
import select
import subprocess
import time

THREADS = 2
# Longer than any compiler needs on a quiet machine; whoever has not answered by then is out.
PATIENCE_SECONDS = 240


def processors():
    """As many processors as there are threads, of different cores where possible."""
    allowed = sorted(os.sched_getaffinity(0))

    def core(processor):
        folder = f"/sys/devices/system/cpu/cpu{processor}/topology"
        try:
            with open(f"{folder}/physical_package_id") as package, open(f"{folder}/core_id") as core:
                return package.read().strip(), core.read().strip()
        except OSError:
            return processor

    firsts = {}
    for processor in allowed:
        firsts.setdefault(core(processor), processor)
    chosen = list(firsts.values())[:THREADS]
    return set(chosen + [p for p in allowed if p not in chosen][:THREADS - len(chosen)])


class Failure(Exception):
    """What a contestant answered instead of a result."""


class Contestant:
    """One process: a library, and one of its ways of doing a row."""

    def __init__(self, name, variant, command):
        self.name, self.variant = name, variant
        self.start = time.perf_counter()
        chosen = processors()
        environment = dict(os.environ, OMP_NUM_THREADS=str(THREADS), MKL_NUM_THREADS=str(THREADS))
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env=environment, preexec_fn=lambda: os.sched_setaffinity(0, chosen))

    def ask(self, *words):
        """The answer to a command."""
        try:
            self.process.stdin.write(" ".join(map(str, words)) + "\n")
            self.process.stdin.flush()
            # Every command has one line for an answer, so nothing is left in the buffer that select does not see.
            if not select.select([self.process.stdout], [], [], PATIENCE_SECONDS)[0]:
                self.process.kill()
                raise Failure(f"no answer in {PATIENCE_SECONDS} seconds")
            answer = self.process.stdout.readline().strip()
        except BrokenPipeError:
            answer = ""
        if not answer or answer.startswith("error"):
            raise Failure(answer.removeprefix("error ") or f"ended with status {self.process.wait()}")
        return answer

    def first_step(self, row):
        """Milliseconds from the start of the process to the end of its first run."""
        self.ask(row, 0)
        return (time.perf_counter() - self.start) * 1e3

    def turn(self, row, count):
        """Milliseconds of each of `count` runs."""
        return [float(word) for word in self.ask(row, count).split()[1:]]

    def peak_memory(self):
        """The largest resident set of the process and its children so far, in bytes."""
        total = 0
        for process in [self.process.pid, *self.children(self.process.pid)]:
            with open(f"/proc/{process}/status") as status:
                total += sum(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
        return total

    def children(self, process):
        with open(f"/proc/{process}/task/{process}/children") as file:
            direct = [int(word) for word in file.read().split()]
        return direct + [below for child in direct for below in self.children(child)]

    def close(self):
        self.process.stdin.close()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
