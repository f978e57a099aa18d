"""What the peers have in common: they answer the driver's commands, one line each.

    variants NAME          the ways in which the peer can do a row, the first as most would write it;
                           or `none REASON` where it cannot
    NAME COUNT             runs a row COUNT times: milliseconds of the first run ever, or 0, and of each run
    check NAME RESULTS     runs three times with nothing random: how far the results are from those in the file

Arguments: VARIANT FOLDER, where FOLDER holds NAME.safetensors for each row, with the parameters and inputs that Apus
starts from.
"""

import os
import sys
import time

import numpy
from safetensors.numpy import load_file

# Adam's: so small that it makes no difference at which place a library adds it.
EPSILON = 1e-12


def folder():
    """Where Apus writes what the peers start from."""
    return sys.argv[2]


class Row:
    """A row of the table as a peer does it.

    `make(tensors, variant, checking)` returns a function that runs once and returns what a user would read back, ready
    to be read. Random parts are left out when checking.
    """

    def __init__(self, make, variants):
        self.make = make
        self.variants = variants


def distance(mine, theirs):
    """The largest difference in units of the largest number."""
    mine, theirs = numpy.asarray(mine, numpy.float64), numpy.asarray(theirs, numpy.float64)
    if mine.size != theirs.size:
        raise ValueError(f"a result of shape {mine.shape}, Apus gives {theirs.shape}")
    scale = max(float(numpy.abs(theirs).max()), 1e-30)
    return float(numpy.abs(mine.reshape(theirs.shape) - theirs).max()) / scale


def serve(rows, unavailable, to_numpy):
    variant = sys.argv[1]
    ready = {}

    def make(name, checking):
        path = os.path.join(folder(), name + ".safetensors")
        return rows[name].make(load_file(path) if os.path.exists(path) else {}, variant, checking)

    def answer(words):
        if words[0] == "variants":
            name = words[1]
            return " ".join(rows[name].variants) if name in rows else f"none {unavailable.get(name, 'not written')}"
        if words[0] == "check":
            run = make(words[1], True)
            expected = load_file(words[2])
            distances = []
            for index in range(3):
                distances.append(distance(to_numpy(run()), expected[str(index)]))
            return f"{max(distances):.3g}"
        name, count = words
        first = 0.0
        if name not in ready:
            start = time.perf_counter()
            ready[name] = make(name, False)
            ready[name]()
            first = (time.perf_counter() - start) * 1e3
        run = ready[name]
        times = []
        for _ in range(int(count)):
            start = time.perf_counter()
            run()
            times.append((time.perf_counter() - start) * 1e3)
        return " ".join(f"{t:.5f}" for t in [first] + times)

    for line in sys.stdin:
        try:
            text = answer(line.split())
        except Exception as error:  # told to the driver, which goes on with the other contestants
            text = f"error {type(error).__name__}: {error}"
        print(" ".join(text.split()), flush=True)
